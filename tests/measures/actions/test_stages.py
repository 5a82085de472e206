from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.actions.stages import STAGES, customer_stages, rhythms_before, stage_counts

AT = date(2026, 7, 1)
RULES = {"lapse_days": 60, "at_risk_days": 30}


def days_ago(*days: int) -> str:
    return " ".join((AT - timedelta(days=back)).isoformat() for back in days)


def told(**customers: str) -> pd.DataFrame:
    purchases = bought(**customers)
    rhythms = rhythms_before(purchases, until=AT, window_days=0)
    frame = customer_stages(purchases, rhythms, at=AT, **RULES).to_pandas()
    return frame.set_index("customer_id").sort_index()


# Bought every ten days for fifty days: own intervals of 10, so that nobody else's rhythm matters much.
TEN = (50, 40, 30, 20, 10)


def test_stages_by_hand() -> None:
    stages = told(
        active=days_ago(*(back - 5 for back in TEN)),
        overdue=days_ago(*(back + 15 for back in TEN)),
        new=days_ago(40),
        quiet=days_ago(140, 61),
        edge=days_ago(60),
        lapsed=days_ago(121),
        still=days_ago(120),
    )
    assert stages["stage"].to_dict() == {
        "active": "active",
        "overdue": "overdue",
        "new": "new",
        "quiet": "quiet",
        "edge": "new",
        "lapsed": "lapsed",
        "still": "quiet",
    }
    assert stages.loc["quiet", "silence_days"] == 61


def test_the_usual_interval_is_drawn_towards_the_stores() -> None:
    # means 10 (four intervals), 20 and 40 (one each): the store's is 20, and counts as three intervals
    stages = told(often=days_ago(*TEN), some=days_ago(25, 5), seldom=days_ago(45, 5), once=days_ago(3))
    usual = stages["usual_days"].to_dict()
    assert usual == {"often": round((60 + 40) / 7), "some": 20, "seldom": 25, "once": 20}
    assert stages.loc["some", "expected_day"] == pd.Timestamp(AT) + pd.Timedelta(days=15)


def test_due_comes_between_active_and_overdue() -> None:
    # usual (3 x 12 + 4 x 12) / 7 = 12; own intervals 8, 8, 16, 16: four of five are 16 at most
    lengths = {f"c{back}": days_ago(back + 48, back + 40, back + 32, back + 16, back) for back in (12, 13, 16, 17)}
    assert told(**lengths)["stage"].to_dict() == {"c12": "active", "c13": "due", "c16": "due", "c17": "overdue"}


def test_nobody_is_due_where_nobody_bought_twice() -> None:
    stages = told(a=days_ago(10), b=days_ago(59))
    assert stages["stage"].tolist() == ["new", "new"]
    assert stages["usual_days"].tolist() == [365, 365]


def test_counts_of_today_and_of_those_who_bought_since() -> None:
    purchases = bought(
        a=days_ago(*(back + 21 for back in TEN), 3),  # active a window ago, bought since
        b=days_ago(*(back + 21 for back in TEN)),  # the same, and did not: silent for 31 days
        c=days_ago(200),
        d=days_ago(5),
    )
    people = ibis.memtable({"customer_id": ["a", "b", "c", "d", "e"], "row": [0, 1, 2, 3, 4]})
    rhythms = rhythms_before(purchases, until=AT, window_days=21)
    counts = stage_counts(purchases, people, rhythms, until=AT, window_days=21, **RULES)
    assert counts["stage"].tolist() == list(STAGES)
    rows = counts.set_index("stage")
    assert rows["customers"].to_dict() == {
        "never": 1,
        "new": 1,
        "active": 1,
        "due": 0,
        "overdue": 1,
        "quiet": 0,
        "lapsed": 1,
    }
    assert rows.loc["active", ["past_customers", "buyers"]].tolist() == [2, 1]
    assert rows.loc["lapsed", ["past_customers", "buyers"]].tolist() == [1, 0]
    assert rows["past_customers"].sum() == 3


def test_rhythms_end_before_the_window() -> None:
    purchases = bought(a=days_ago(*(back + 21 for back in TEN), 3), d=days_ago(5))
    found = rhythms_before(purchases, until=AT, window_days=21)
    assert found.customers == 1
    assert found.to_frame().to_numpy().tolist() == [[10, True, 1]]


@pytest.mark.parametrize("seed", range(4))
@settings(max_examples=5, deadline=None)
@given(lapse=st.integers(5, 200), risk=st.integers(1, 100))
def test_every_buyer_has_one_stage_that_fits_the_silence(seed: int, lapse: int, risk: int) -> None:
    until = date(2021, 2, 4)
    purchases = engine_days(random_sales(seed))
    rhythms = rhythms_before(purchases, until=until, window_days=0)
    stages = customer_stages(purchases, rhythms, at=until, lapse_days=lapse, at_risk_days=risk).to_pandas()
    assert stages["customer_id"].is_unique
    assert set(stages["stage"]) <= set(STAGES[1:])
    beyond = stages["silence_days"] > lapse
    assert (stages["stage"].isin(["quiet", "lapsed"]) == beyond).all()
    assert ((stages["stage"] == "lapsed") == (stages["silence_days"] > 2 * lapse)).all()
    late = stages["stage"].isin(["due", "overdue"])
    assert (stages.loc[late, "silence_days"] > stages.loc[late, "usual_days"]).all()
