from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from retention_lib.estimates import NotEnough
from retention_lib.models.first_experience import FirstOrderExperience, first_order_experience


def orders(count: int, *, back: int, **features: object) -> pd.DataFrame:
    """New customers alike, of whom the first `back` bought again on day 30."""
    second = [30.0] * back + [np.nan] * (count - back)
    known = {"seen_days": 200.0, "lines": 1, "amount": 10.0, **features}
    return pd.DataFrame({"second_days": second, **known})


def experience(*parts: pd.DataFrame) -> FirstOrderExperience:
    result = first_order_experience(pd.concat(parts, ignore_index=True))
    assert isinstance(result, FirstOrderExperience)
    return result


def levels(result: FirstOrderExperience, feature: str) -> pd.DataFrame:
    return result.table[result.table["feature"] == feature].set_index("level")


def test_late_and_on_time_by_hand() -> None:
    result = experience(orders(100, back=20, late_days=2.0), orders(300, back=120, late_days=-1.0))
    late = levels(result, "late").loc["yes"]
    assert (late["customers"], late["came_back"], late["share"]) == (100, 20, 0.2)
    assert late["difference"] == pytest.approx(-0.2)
    assert result.largest == 0
    # One test for the two levels, which is that of the table.
    assert result.tests == 1
    expected = chi2_contingency([[20, 80], [120, 180]], correction=False).pvalue
    assert late["p_adjusted"] == pytest.approx(expected)
    assert levels(result, "late").loc["no", "p_adjusted"] == pytest.approx(expected)


def test_a_delivery_on_the_promised_day_is_on_time() -> None:
    result = experience(orders(40, back=9, late_days=0.0), orders(40, back=9, late_days=0.5))
    assert levels(result, "late")["customers"].to_dict() == {"yes": 40, "no": 40}


def test_days_of_delivery_in_their_order() -> None:
    parts = [orders(40, back=10, delivered_days=float(days)) for days in (0, 1, 2, 3, 4, 7, 8, 30)]
    result = experience(*parts, orders(5, back=0, delivered_days=np.nan))
    assert levels(result, "delivery_days")["customers"].to_dict() == {"0": 80, "2": 80, "4": 80, "8": 80}


def test_who_is_not_seen_long_enough_is_left_out() -> None:
    young = orders(50, back=50, seen_days=90.0, late_days=1.0)
    result = experience(young, orders(40, back=10, late_days=1.0), orders(40, back=10, late_days=0.0))
    assert (result.overall.n, result.overall.value) == (80, 0.25)


def test_a_second_purchase_counts_on_the_last_day_of_the_horizon() -> None:
    result = experience(
        orders(40, back=40, late_days=1.0).assign(second_days=90.0),
        orders(40, back=40, late_days=0.0).assign(second_days=91.0),
    )
    assert levels(result, "late")["came_back"].to_dict() == {"yes": 40, "no": 0}


def test_thin_levels_are_shown_and_not_tested_and_the_rarest_not_named() -> None:
    result = experience(
        orders(100, back=20, channel="site"),
        orders(60, back=20, channel="app"),
        orders(29, back=29, channel="shop"),
        orders(4, back=4, channel="Ms Smith"),
    )
    channels = levels(result, "channel")
    assert list(channels.index) == ["shop", "app", "site"]
    assert list(channels["thin"]) == [True, False, False]
    assert list(channels["p_adjusted"].isna()) == [True, False, False]
    assert list(result.shown["level"]) == ["app", "site"]


def test_a_coupon_is_a_discount() -> None:
    result = experience(
        orders(50, back=5, discount_share=0.0, coupon=True),
        orders(50, back=5, discount_share=0.1, coupon=False),
        orders(50, back=5, discount_share=0.0, coupon=False),
    )
    assert levels(result, "discount")["customers"].to_dict() == {"yes": 100, "no": 50}


def test_a_crowded_chart_leaves_the_amount_out() -> None:
    rng = np.random.default_rng(1)
    parts = [
        orders(40, back=10, delivered_days=days, late_days=days - 5.0, discount_share=share, lines=lines)
        for days in (0.0, 2.0, 4.0, 8.0)
        for share in (0.0, 0.2)
        for lines in (1, 2, 4)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(
        amount=rng.uniform(1, 100, len(frame)), channel=rng.choice(["a", "b", "c"], len(frame)), category="one"
    )
    result = experience(frame)
    assert set(result.table["feature"]) == {"delivery_days", "late", "discount", "channel", "items", "amount"}
    assert "amount" not in set(result.shown["feature"])
    assert len(result.shown) == 13


def test_a_store_with_nothing_but_amounts_has_its_thirds() -> None:
    frame = orders(90, back=30).assign(amount=np.arange(90.0))
    result = experience(frame)
    assert levels(result, "amount")["customers"].to_dict() == {
        "smallest third": 30,
        "middle third": 30,
        "largest third": 30,
    }
    assert result.largest == 0


def test_refusals() -> None:
    refused = NotEnough("customers", 1, 2)
    assert first_order_experience(refused) is refused
    assert first_order_experience(orders(29, back=3)) == NotEnough("new_customers_followed", 29, 30)
    assert first_order_experience(orders(40, back=3)) == NotEnough("first_order_features", 0, 1)
    assert first_order_experience(orders(40, back=3).iloc[:0]) == NotEnough("new_customers_followed", 0, 30)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.booleans(), st.sampled_from("abc")), min_size=40, max_size=120))
def test_levels_of_a_feature_add_up(rows: list[tuple[int, bool, str]]) -> None:
    frame = orders(len(rows), back=0).assign(
        delivered_days=[float(days) for days, _, _ in rows],
        second_days=[10.0 if back else np.nan for _, back, _ in rows],
        channel=[name for _, _, name in rows],
    )
    result = first_order_experience(frame)
    if isinstance(result, NotEnough):
        return
    for feature, table in result.table.groupby("feature"):
        assert table["customers"].sum() <= len(rows)
        assert feature != "items"  # all have one line
        assert table["low"].le(table["share"] + 1e-12).all()
        assert table["difference"].between(table["difference_low"] - 1e-12, table["difference_high"] + 1e-12).all()
    judged = result.table["p_adjusted"].dropna()
    assert judged.between(0, 1).all()


def test_of_stores_in_which_nothing_matters_few_name_a_difference() -> None:
    rng, named = np.random.default_rng(7), 0
    for _ in range(100):
        frame = pd.DataFrame(
            {
                "seen_days": 200.0,
                "second_days": np.where(rng.random(400) < 0.35, 20.0, np.nan),
                "lines": rng.integers(1, 6, 400),
                "amount": rng.uniform(1, 100, 400),
                "late_days": rng.integers(-3, 3, 400).astype(float),
                "channel": rng.choice(["site", "app", "shop"], 400),
            }
        )
        result = first_order_experience(frame)
        assert isinstance(result, FirstOrderExperience)
        named += result.largest is not None
    # Holm keeps the chance of any false name at or below 1 in 20: 5 of 100, with four standard errors 14.
    assert named <= 14
