"""The truth tells what happened to the cent, and what the same customers do in other worlds."""

from __future__ import annotations

import math
from functools import cache, reduce

import numpy as np
import pandas as pd
import pytest

from retention_lib.settings.simulation import Programme, Simulation, Sizes
from retention_lib.stores.simulation.effects import Sums, TruthSums, days_table, effects_table, sums_of
from retention_lib.stores.simulation.sales import transactions
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import PERIOD_DAYS
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.truth import Truth, truth

CUSTOMERS = 3_000
MONEY = ["revenue", "gross_profit", "offer_cost"]
WORLDS: tuple[Programme, ...] = ("level", "momentum", "invited")
NO_EFFECTS = (
    *("late_harm", "bad_review_harm", "programme_effect", "tier_effort", "tier_dip"),
    *("free_delivery_effect", "discount_effect", "letter_effect", "pull_forward"),
)


@cache
def told(programme: Programme = "level", block: int = 0, *, off: tuple[str, ...] = ()) -> Story:
    sizes = Sizes(**dict.fromkeys(off, 0.0))
    simulation = Simulation(customers=CUSTOMERS, programme=programme, sizes=sizes)
    return tell_story(open_shop(simulation), block, count=CUSTOMERS)


@cache
def known(programme: Programme = "level", block: int = 0, *, off: tuple[str, ...] = ()) -> Truth:
    return truth(told(programme, block, off=off))


def frame(name: str, programme: Programme = "level", *, off: tuple[str, ...] = ()) -> pd.DataFrame:
    table = known(programme, off=off).tables[name].to_pandas()
    return table.assign(**{column: table[column].astype(float) for column in MONEY if column in table})


def sold(programme: Programme) -> pd.DataFrame:
    """Orders of known customers as the shop's own table has them, refunds aside."""
    rows = transactions(told(programme)).to_pandas()
    rows = rows[(rows["amount"] > 0) & rows["customer_id"].notna()]
    rows = rows.assign(amount=rows["amount"].astype(float), cost=rows["cost"].astype(float))
    return (
        rows.groupby(["customer_id", "order_id", "ordered_at"], observed=True)[["amount", "cost"]].sum().reset_index()
    )


@pytest.mark.parametrize("programme", WORLDS)
def test_outcomes_in_the_observed_arm_are_what_the_tables_show(programme: Programme) -> None:
    subjects = frame("subjects", programme)
    joined = subjects.merge(sold(programme), on="customer_id")
    day = joined["ordered_at"].dt.normalize()
    age = (day - joined["started_at"]).dt.days
    joined = joined[(age >= 0) & (age < joined["followed_days"])].assign(period=age // PERIOD_DAYS)
    joined["gross_profit"] = joined["amount"] - joined["cost"]
    key = ["effect", "customer_id", "arm", "period"]
    shown = (
        joined.astype({"effect": str, "arm": str})
        .groupby(key)
        .agg(purchases=("order_id", "count"), revenue=("amount", "sum"), gross_profit=("gross_profit", "sum"))
    )
    outcomes = frame("outcomes", programme).astype({"effect": str, "arm": str})
    observed = outcomes.merge(subjects.astype({"effect": str, "arm": str}), on=["effect", "customer_id", "arm"])
    observed = observed.set_index(key)[["purchases", "revenue", "gross_profit"]].sort_index()
    pd.testing.assert_frame_equal(shown.sort_index().round(2), observed.round(2), check_dtype=False)
    assert observed.groupby("effect").size().gt(50).sum() >= 8


def test_truth_tells_of_every_order_of_a_customer_and_of_no_stranger() -> None:
    assert set(frame("orders")["order_id"]) == set(sold("level")["order_id"])


def test_every_subject_has_outcomes_only_within_the_days_followed() -> None:
    outcomes = frame("outcomes").merge(frame("subjects")[["effect", "customer_id", "followed_days"]])
    assert len(outcomes) == len(frame("outcomes"))
    assert (outcomes["period"] * PERIOD_DAYS < outcomes["followed_days"]).all()
    assert (outcomes["purchases"] > 0).all()


def test_offers_cost_only_in_arms_of_free_delivery_unless_two_offers_overlap() -> None:
    outcomes = frame("outcomes")
    costly = outcomes[(outcomes["offer_cost"] > 0) & (outcomes["effect"] == "offer_1")]
    assert set(costly["arm"]) == {"free_delivery"}
    assert set(costly["period"]) == {0}
    assert np.allclose(costly["offer_cost"] % 290, 0)


def test_effects_without_size_make_no_difference_between_arms() -> None:
    outcomes = frame("outcomes", off=NO_EFFECTS)
    sums = outcomes.groupby(["effect", "arm"], observed=True)["purchases"].sum().unstack("arm")
    assert len(sums) >= 10
    assert (sums.max(axis=1) == sums.min(axis=1)).all()


def test_effects_are_the_means_of_outcomes_by_hand() -> None:
    found = effects_table(known().sums).to_pandas()
    subjects = frame("subjects").query("effect == 'late_first_delivery'").set_index("customer_id")
    outcomes = frame("outcomes").query("effect == 'late_first_delivery'")
    net = outcomes.assign(net=outcomes["gross_profit"] - outcomes["offer_cost"])
    by_arm = net.pivot_table("net", "customer_id", "arm", aggfunc="sum", observed=True, fill_value=0.0)
    difference = by_arm.reindex(subjects.index, fill_value=0.0).eval("late - on_time")
    row = found.query(
        "effect == 'late_first_delivery' and among == 'all' and days == 168"
        " and other == 'on_time' and measure == 'net_profit'"
    ).iloc[0]
    assert row["subjects"] == len(subjects)
    assert row["mean"] == pytest.approx(difference.mean())
    assert row["standard_error"] == pytest.approx(difference.std() / math.sqrt(len(subjects)))
    late = difference[subjects["arm"] == "late"]
    among = found.query("effect == 'late_first_delivery' and among == 'late' and days == 168")
    treated = among.query("other == 'on_time' and measure == 'net_profit'").iloc[0]
    assert (treated["subjects"], treated["mean"]) == (len(late), pytest.approx(late.mean()))


@pytest.mark.parametrize(
    ("effect", "arm", "other"), [("late_first_delivery", "late", "on_time"), ("letter_1", "letter", "none")]
)
def test_raw_differences_are_wrong_by_more_than_half(effect: str, arm: str, other: str) -> None:
    simulation = Simulation(customers=12_000)
    found = effects_table(truth(tell_story(open_shop(simulation), 0)).sums).to_pandas()
    found = found[(found["effect"] == effect) & (found["measure"] == "purchases") & (found["days"] > PERIOD_DAYS)]
    mean = found.fillna({"other": ""}).set_index(["among", "arm", "other"])["mean"]
    raw = mean[arm, arm, ""] - mean[other, other, ""]
    for among in ("all", arm):
        assert abs(raw - mean[among, arm, other]) > 0.5 * abs(mean[among, arm, other])


def test_sums_of_four_numbers_by_hand() -> None:
    found = sums_of(np.array([1, 2, 3])).added(sums_of(np.array([6])))
    assert found == Sums(subjects=4, total=12, squares=50)
    # Mean 3; variance (4 + 1 + 0 + 9) / 3 = 14 / 3, of the mean a quarter of it.
    assert (found.mean, found.standard_error) == (3.0, pytest.approx(math.sqrt(14 / 12)))


def test_sums_beyond_what_floats_hold_stay_exact() -> None:
    large = Sums(subjects=2, total=2 * 10**17, squares=2 * 10**34 + 2)
    assert large.standard_error == pytest.approx(1.0)


def test_sums_of_squares_beyond_64_bits_stay_exact() -> None:
    # Rates in billionths of customers who buy every third day: the squares of a hundred fit, of a thousand do not.
    for count in (80, 1_000):
        found = sums_of(np.full(count, 333_333_333) + np.array([1, -1] * (count // 2)))
        assert found.squares == count * (333_333_333**2 + 1)
        assert found.standard_error == pytest.approx(1 / math.sqrt(count - 1))


def test_blocks_add_up() -> None:
    one, other = known().sums, known(block=1).sums
    both = reduce(TruthSums.added, [one, other])
    key = next(iter(one.effects))
    assert both.effects[key].subjects == one.effects[key].subjects + other.effects[key].subjects
    days = days_table(told().shop, both).to_pandas()
    assert days["purchases"].sum() + days["first_orders"].sum() == told().orders.count + told(block=1).orders.count
    assert days["first_orders"].sum() == 2 * CUSTOMERS
    # Purchases beyond the first are as many as expected: within four standard deviations of a Poisson count.
    assert abs(days["purchases"].sum() - days["expected"].sum()) < 4 * math.sqrt(days["expected"].sum())


def test_customers_leave_for_the_reasons_told() -> None:
    customers = frame("customers").set_index("customer_id")
    by_lateness = customers[customers["left_by"] == "late first delivery"]
    assert len(by_lateness) > 30
    assert (by_lateness["late"] & by_lateness["late_leaves"]).all()
    # With the promised day, which is two to five days after the order.
    assert set((by_lateness["left_at"] - by_lateness["acquired_at"]).dt.days) == {3, 4, 5, 6}
    orders = frame("orders").merge(customers["left_at"], left_on="customer_id", right_index=True)
    assert (orders["ordered_on"] <= orders["left_at"].fillna(pd.Timestamp.max)).all()


def test_joined_customers_are_the_subjects_of_the_programme() -> None:
    customers, subjects = frame("customers", "momentum"), frame("subjects", "momentum").query("effect == 'programme'")
    # They join at a purchase, which is the same in both arms: they are followed from the next day.
    joined = customers[customers["joined_at"] < pd.Timestamp("2026-06-30")]
    assert set(subjects["customer_id"]) == set(joined["customer_id"])
    started = subjects.set_index("customer_id")["started_at"].reindex(joined["customer_id"]).to_numpy()
    assert (started == (joined["joined_at"].dt.normalize() + pd.Timedelta(days=1)).to_numpy()).all()
    assert set(subjects["arm"]) == {"member"}
