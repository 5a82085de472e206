"""Margins by hand, by source, by group, and the intervals by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.margins import Margin, profit_margin

KEPT = pd.DataFrame(
    {
        "customers": [100],
        "without_net": [2],
        "bought": [1000.0],
        "net": [950.0],
        "bought_squares": [20_000.0],
        "net_squares": [18_000.0],
        "products": [18_900.0],
    }
)


def of_customers(part: str, costed: np.ndarray, profit: np.ndarray, unpriced: float = 0.0, **keys: str) -> dict:
    return {
        "dimension": keys.get("dimension", ""),
        "segment": keys.get("segment", ""),
        "part": part,
        "customers": len(costed),
        "revenue": costed.sum() + unpriced,
        "unpriced": unpriced,
        "known_profit": profit.sum(),
        "costed_squares": (costed**2).sum(),
        "profit_squares": (profit**2).sum(),
        "products": (costed * profit).sum(),
    }


def table(*rows: dict) -> pd.DataFrame:
    columns = list(of_customers("all", np.ones(1), np.ones(1)))
    return pd.DataFrame(list(rows), columns=columns)


def alike(part: str, margin: float, *, customers: int = 100, unpriced: float = 0.0, **keys: str) -> dict:
    """Customers who all bought for 10 at one margin."""
    costed = np.full(customers, 10.0)
    return of_customers(part, costed, margin * costed, unpriced, **keys)


SHOP = table(alike("all", 0.34), alike("first", 0.4), alike("repeat", 0.3, customers=60))


def margin(profits: pd.DataFrame = SHOP, kept: pd.DataFrame = KEPT, given: float | None = None) -> Margin:
    found = profit_margin(profits, kept, gross_margin=given)
    assert isinstance(found, Margin)
    return found


def test_margins_of_the_sales_own_costs_come_before_the_settings() -> None:
    found = margin(given=0.5)
    assert (found.source, found.measure, found.costed_share, found.stated) == ("cost", "gross_profit", 1.0, 0.5)
    assert (found.of_first, found.of_repeats) == pytest.approx((0.4, 0.3))
    assert found.overall.value == pytest.approx(0.34)
    # Everybody alike: nothing is left to chance.
    assert found.first.low == pytest.approx(found.first.high)


def test_sales_without_a_cost_take_the_margin_of_the_settings() -> None:
    shop = table(alike("all", 0.3, unpriced=1000.0), alike("first", 0.3, unpriced=3000.0))
    found = margin(shop, given=0.5)
    assert found.source == "cost_and_settings"
    assert found.costed_share == pytest.approx(0.5)
    assert found.overall.value == pytest.approx(0.5 * 0.3 + 0.5 * 0.5)
    assert found.of_first == pytest.approx(0.25 * 0.3 + 0.75 * 0.5)
    # No repeat orders: the margin of all.
    assert found.of_repeats == found.overall.value


def test_sales_without_a_cost_take_the_margin_of_the_others_where_none_is_set() -> None:
    found = margin(table(alike("all", 0.3, unpriced=1000.0), alike("first", 0.2, unpriced=1000.0)))
    assert found.overall.value == pytest.approx(0.3)
    assert found.of_first == pytest.approx(0.5 * 0.2 + 0.5 * 0.3)


def test_without_costs_the_settings_speak_and_without_both_it_is_revenue() -> None:
    known = margin(table(), given=0.3)
    assert (known.source, known.of_first, known.of_repeats) == ("settings", 0.3, 0.3)
    assert known.overall == Estimate(0.3)
    assert known.groups.empty
    unknown = margin(table())
    assert (unknown.source, unknown.measure, unknown.overall) == (None, "revenue", None)
    assert (unknown.of_first, unknown.of_repeats, unknown.first_sd) == (1.0, 1.0, pytest.approx(known.first_sd))


def test_costs_of_a_handful_of_customers_are_left_aside() -> None:
    assert margin(table(alike("all", 0.9, customers=29)), given=0.3).source == "settings"
    assert margin(table(alike("all", 0.9, customers=29))).source is None


def test_a_column_of_costs_that_says_nothing_is_no_cost() -> None:
    assert margin(table(alike("all", 0.0)), given=0.3).source == "settings"


def test_goods_sold_below_cost_have_a_negative_margin() -> None:
    assert margin(table(alike("all", -0.1))).overall.value == pytest.approx(-0.1)


def test_kept_share_by_hand() -> None:
    found = margin()
    assert found.kept_share == pytest.approx(0.95)
    assert (found.customers, found.customers_without_net, found.kept.n) == (100, 2, 100)
    # Sum of (net - .95 bought)^2 = 18,000 - 2 x .95 x 18,900 + .95^2 x 20,000 = 140
    assert found.kept.high == pytest.approx(0.95 + 1.959964 * np.sqrt(140) / 1000)


def test_relative_spread_holds_margin_and_refunds() -> None:
    found = margin()
    assert found.first_sd == pytest.approx(np.sqrt(140) / 1000 / 0.95)


def test_groups_have_margins_of_their_own_where_thirty_customers_carry_them() -> None:
    by = {"dimension": "channel"}
    shop = pd.concat(
        [
            SHOP,
            table(
                alike("all", 0.25, segment="web", **by),
                alike("first", 0.2, segment="web", **by),
                alike("repeat", 0.3, customers=29, segment="web", **by),
                alike("first", 0.9, customers=3, segment="fair", **by),
            ),
        ]
    )
    found = margin(shop)
    (row,) = found.groups.to_dict("records")
    assert (row["dimension"], row["segment"], row["customers"], row["first"]) == ("channel", "web", 100, 0.2)
    assert np.isnan(row["repeat"])
    web, fair = found.of_group("channel", "web"), found.of_group("channel", "fair")
    assert (web.of_first, web.of_repeats) == pytest.approx((0.2, 0.3))
    assert (fair.of_first, fair.of_repeats) == pytest.approx((0.4, 0.3))
    assert web.kept_share == found.kept_share


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # Spend and margin go together: big baskets earn less. 400 stores; 95 % of 400 within 3.5 standard deviations.
    rng = np.random.default_rng(7)
    rates = rng.uniform(0.1, 0.6, 2_000_000)
    truth = float((20 / (0.2 + rates) * rates).sum() / (20 / (0.2 + rates)).sum())
    inside = 0
    for _ in range(400):
        share = rng.uniform(0.1, 0.6, 200)
        costed = rng.exponential(20 / (0.2 + share))
        found = margin(table(of_customers("all", costed, share * costed))).overall
        inside += found.low <= truth <= found.high
    assert 365 <= inside <= 395


def test_refusals_pass_through() -> None:
    refusal = NotEnough("customers", 0, 1)
    assert profit_margin(refusal, KEPT, gross_margin=None) is refusal
    assert profit_margin(SHOP, refusal, gross_margin=None) is refusal
    assert profit_margin(SHOP, KEPT.assign(customers=0), gross_margin=0.3) == NotEnough("customers", 0, 1)


def test_nobody_kept_anything() -> None:
    kept = KEPT.assign(without_net=100, net=-10.0)
    assert margin(kept=kept).kept_share == 0


def test_the_frame_has_a_row_a_figure() -> None:
    frame = margin(given=0.5).to_frame().set_index("figure")
    assert frame.loc["first", "value"] == pytest.approx(0.4)
    assert frame.loc["source", "value"] == "cost"
