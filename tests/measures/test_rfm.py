from __future__ import annotations

import re

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.rfm import GRID, RFM_GROUPS, UNSCORED, rfm_customers, rfm_moves
from retention_lib.models.rfm import BEST, CORE, SLIPPING
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)

# The grid as tools print it: the score of recency, then that of frequency.
PUBLISHED = {
    "[1-2][1-2]": "dormant",
    "[1-2][3-4]": "at_risk",
    "[1-2]5": "cannot_lose",
    "3[1-2]": "almost_lost",
    "33": "needs_attention",
    "[3-4][4-5]": "loyal",
    "41": "promising",
    "51": "new",
    "[4-5][2-3]": "potential_loyal",
    "5[4-5]": "champions",
}


def frame(customers: ibis.Table) -> pd.DataFrame:
    return customers.order_by("customer_id").to_pandas().set_index("customer_id")


def test_every_pair_of_scores_falls_in_one_group_and_the_published_one() -> None:
    for recency in range(1, 6):
        assert len(GRID[recency]) == 5
        for frequency, group in enumerate(GRID[recency], start=1):
            matching = [name for cell, name in PUBLISHED.items() if re.fullmatch(cell, f"{recency}{frequency}")]
            assert matching == [group]
    assert {name for names in GRID.values() for name in names} == set(RFM_GROUPS)


def test_models_name_groups_that_there_are() -> None:
    assert CORE < BEST <= set(RFM_GROUPS)
    assert BEST | SLIPPING | {"new", "promising"} == set(RFM_GROUPS)


def test_a_customer_at_both_ends_by_hand() -> None:
    purchases = bought(ann="2019-01-05 2020-01-31 2020-02-29 2020-03-31", bob="2020-02-10", cid="2020-03-15")
    table = frame(rfm_customers(purchases, month=MARCH, lookback_days=31))
    ann = table.loc["ann"]
    # 31 days before 1 March begin on 30 January, 31 before 1 April on 1 March; a year before on 2 March 2019.
    assert (ann["silence_start"], ann["silence_end"]) == (1, 1)
    assert (ann["frequency_start"], ann["frequency_end"]) == (2, 1)
    assert (float(ann["revenue_start"]), ann["purchases_year"], ann["known_days"]) == (20.0, 2, 421)
    bob = table.loc["bob"]
    assert (bob["silence_end"], bob["frequency_end"], bob["group_end"]) == (51, 0, UNSCORED)
    cid = table.loc["cid"]
    assert pd.isna(cid["silence_start"])
    assert (cid["group_start"], cid["silence_end"], cid["frequency_end"], cid["known_days"]) == (UNSCORED, 17, 1, -14)


def test_scores_are_fifths_and_equal_values_share_one() -> None:
    # Five customers, each a fifth of both; the last bought oftenest.
    days = {f"c{place}": " ".join(["2020-01-0" + str(day) for day in range(1, place + 1)]) for place in range(1, 6)}
    table = frame(rfm_customers(bought(**days), month=MARCH))
    assert table["group_start"].tolist() == ["dormant", "dormant", "needs_attention", "loyal", "champions"]
    # All alike: nobody is worse than anybody, so all have the lowest scores.
    alike = frame(rfm_customers(bought(ann="2020-01-01", bob="2020-01-01"), month=MARCH))
    assert alike["group_start"].tolist() == ["dormant", "dormant"]


def test_the_edges_of_the_start_hold_at_the_end() -> None:
    # At the start silences are 10, 20, 30, 40 and 50 days, one a fifth; nobody buys in March.
    days = ["2020-02-20", "2020-02-10", "2020-01-31", "2020-01-21", "2020-01-11"]
    purchases = bought(**dict(zip("abcde", days, strict=True)))
    table = frame(rfm_customers(purchases, month=MARCH))
    assert table["group_start"].tolist() == ["new", "promising", "almost_lost", "dormant", "dormant"]
    # At the end a is silent for 41 days, beyond the last edge of 40; the others for longer than the history was.
    assert table["group_end"].tolist() == ["dormant", *[UNSCORED] * 4]


def test_a_short_history_gives_both_ends_the_same_lookback() -> None:
    purchases = bought(ann="2020-02-01 2020-02-20 2020-03-05", bob="2020-02-15")
    table = frame(rfm_customers(purchases, month=MARCH))
    # 29 days before 1 March, and 29 before 1 April: what was bought on 1 February is no longer counted then.
    assert table.loc["ann", ["frequency_start", "frequency_end"]].tolist() == [2, 1]


@pytest.mark.parametrize("seed", range(4))
def test_against_pandas_on_a_random_store(seed: int) -> None:
    month = Month(2020, 12)
    days = engine_days(random_sales(seed, customers=60))
    table = frame(rfm_customers(days, month=month, lookback_days=200))
    bought_days = days.to_pandas().assign(day=lambda rows: pd.to_datetime(rows["day"]))
    start = pd.Timestamp(month.start)
    before = bought_days[bought_days["day"] < start]
    last = (start - before.groupby("customer_id")["day"].max()).dt.days
    count = before[before["day"] >= start - pd.Timedelta(days=200)].groupby("customer_id").size()
    assert table["silence_start"].dropna().astype(int).to_dict() == last.to_dict()
    assert table.loc[table["frequency_start"] > 0, "frequency_start"].to_dict() == count.to_dict()
    silence = last[count.index]
    recency = [int((silence > days).sum()) * 5 // len(count) + 1 for days in silence]
    often = [int((count < times).sum()) * 5 // len(count) + 1 for times in count]
    expected = [GRID[r][f - 1] for r, f in zip(recency, often, strict=True)]
    assert table.loc[count.index, "group_start"].tolist() == expected


def test_moves_count_every_scored_customer_once_in_order() -> None:
    customers = rfm_customers(engine_days(random_sales(7, customers=80)), month=Month(2020, 12), lookback_days=120)
    moves, table = rfm_moves(customers), frame(customers)
    known = table[(table["group_start"] != UNSCORED) | (table["group_end"] != UNSCORED)]
    assert moves["customers"].sum() == len(known)
    assert moves["revenue_start"].sum() == pytest.approx(float(known["revenue_start"].astype(float).sum()))
    assert moves["from_group"].cat.categories.tolist() == [*RFM_GROUPS, UNSCORED]
    pairs = list(zip(moves["from_group"].cat.codes, moves["to_group"].cat.codes, strict=True))
    assert pairs == sorted(set(pairs))
    assert (moves["silence_least"] <= moves["silence_most"]).all()


def test_nobody_yet_has_no_moves() -> None:
    moves = rfm_moves(rfm_customers(bought(ann="2020-03-05").limit(0), month=MARCH))
    assert moves.empty
    assert np.array_equal(moves["to_group"].cat.categories, [*RFM_GROUPS, UNSCORED])
