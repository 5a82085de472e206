"""Cohorts of a simulated shop, held against pandas on its rows."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from studies.simulated_shops import SimulatedShop, as_frame

from retention_lib.measures.acquisition import acquisition_costs
from retention_lib.measures.cohorts import cohort_cells, customer_periods, group_cells
from retention_lib.measures.first_groups import FULL_PRICE, SPLITS, WITH_DISCOUNT, first_groups
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.models.acquisition import AcquisitionCost, acquisition_cost
from retention_lib.models.cohort_calendar import CohortCalendar, cohort_calendar
from retention_lib.models.cohort_groups import GroupValues, cohort_ranks, group_values
from retention_lib.models.cohorts import CohortTriangles, cohort_triangles
from retention_lib.models.payback import Payback, payback
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.tables import MAKERS

LAST = date(2026, 6, 30)
UNTIL = LAST + timedelta(days=1)


@cache
def arrow(name: str) -> pa.Table:
    shop = SimulatedShop(Simulation(customers=2_500, months=18, until=LAST, seed=11))
    return pa.concat_tables([MAKERS[name](story) for story in shop.stories]).unify_dictionaries()


@cache
def lines() -> pd.DataFrame:
    """The rows of the sales with their customer's first purchase; money exact to the cent."""
    frame = as_frame(arrow("transactions")).dropna(subset="customer_id")
    frame["day"] = frame["ordered_at"].dt.normalize()
    orders = frame.groupby(["customer_id", "order_id"]).agg(day=("day", "min"), amount=("amount", "sum"))
    days = orders.groupby(["customer_id", "day"])["amount"].sum()
    days = days[days.round(2) > 0].reset_index()
    firsts = days.groupby("customer_id")["day"].min().rename("first")
    frame = frame.join(firsts, on="customer_id")
    frame["age"] = (months(frame["day"]) - months(frame["first"])).clip(lower=0)
    return frame.assign(cohort=frame["first"].dt.strftime("%Y-%m"), profit=frame["amount"] - frame["cost"])


def months(days: pd.Series) -> pd.Series:
    return days.dt.year * 12 + days.dt.month


@cache
def measured() -> dict[str, Any]:
    sales, people = ibis.memtable(arrow("transactions")), ibis.memtable(arrow("customers"))
    sales = sales.filter(sales.customer_id.notnull())  # a store sets the anonymous till aside
    days = purchase_days(sales, until=UNTIL)
    groups = first_groups(sales, days, people)
    periods = customer_periods(daily_sales(sales, days, until=UNTIL), groups=groups)
    sums = acquisition_costs(people, None, days, until=UNTIL, groups=groups)
    cohorts = cohort_triangles(cohort_cells(periods), until=UNTIL, gross_margin=0.1)
    cost = acquisition_cost(sums, given=None)
    assert isinstance(cohorts, CohortTriangles)
    assert isinstance(cost, AcquisitionCost)
    found = group_values(group_cells(periods), cohorts, cost=cost, splits=SPLITS)
    return {"cohorts": cohorts, "cost": cost, "groups": found}


def test_every_customers_profit_is_in_the_triangle() -> None:
    cohorts, known = measured()["cohorts"], lines().dropna(subset="first")
    sizes = known.groupby("cohort")["customer_id"].nunique()
    assert cohorts.sizes.to_dict() == sizes.to_dict()
    assert cohorts.pricing.priced == "cost"
    expected = known.pivot_table(index="cohort", columns="age", values="profit", aggfunc="sum").fillna(0).cumsum(axis=1)
    expected = expected.div(sizes, axis=0).where(cohorts.sums.seen)
    pd.testing.assert_frame_equal(cohorts.cumulative_value, expected, check_names=False, check_column_type=False)
    each = known.groupby(["cohort", "customer_id"])["profit"].sum()
    last = cohorts.cumulative_value.ffill(axis=1).iloc[:, -1] * cohorts.sizes
    np.testing.assert_allclose(last, each.groupby("cohort").sum(), atol=0.005)
    np.testing.assert_allclose(cohorts.sums.squares[:, -1], (each**2).groupby("cohort").sum(), rtol=1e-9)
    assert cohorts.total == pytest.approx(float(lines()["amount"].sum()), abs=0.005)


def test_calendar_months_are_those_of_the_sales() -> None:
    view = cohort_calendar(measured()["cohorts"])
    assert isinstance(view, CohortCalendar)
    expected = lines().groupby(lines()["day"].dt.strftime("%Y-%m"))["amount"].sum()
    found = view.to_frame().set_index("period")["total"]
    np.testing.assert_allclose(found, expected, atol=0.005)


def test_customers_of_december_who_buy_presents_are_worth_less() -> None:
    ranks = cohort_ranks(measured()["cohorts"], cost=measured()["cost"])
    assert isinstance(ranks, GroupValues)
    worst = ranks.table.loc[ranks.table["differs"]].sort_values("difference").iloc[0]
    assert worst["segment"] == "2025-12"
    known = lines().dropna(subset="first")
    own = known[(known["cohort"] == "2025-12") & (known["age"] < ranks.periods)].groupby("customer_id")["profit"].sum()
    assert worst["value"] == pytest.approx(own.mean())
    assert worst["high"] - worst["value"] == pytest.approx(1.959964 * own.std() / len(own) ** 0.5, rel=1e-6)


def test_groups_of_the_first_order_are_those_of_its_rows() -> None:
    groups = measured()["groups"]
    assert isinstance(groups, GroupValues)
    known = lines().dropna(subset="first")
    first = known[(known["day"] == known["first"]) & (known["amount"] >= 0)]
    reduced = (first["discount"] > 0) | first["coupon_id"].notna()
    marked = reduced.groupby(first["customer_id"]).any().map({True: WITH_DISCOUNT, False: FULL_PRICE})
    old = known[months(known["first"]) + groups.periods <= months(pd.Series([pd.Timestamp(UNTIL)])).iloc[0]]
    profit = old.loc[old["age"] < groups.periods].groupby("customer_id")["profit"].sum()
    for segment in (WITH_DISCOUNT, FULL_PRICE):
        row = groups.table.set_index(["dimension", "segment"]).loc[("first_discount", segment)]
        own = profit[marked.reindex(profit.index) == segment]
        assert (row["customers"], row["value"]) == (len(own), pytest.approx(own.mean()))
        assert row["high"] - row["value"] == pytest.approx(1.959964 * own.std() / len(own) ** 0.5, rel=1e-6)


def test_channels_cost_what_was_spent_over_those_who_bought() -> None:
    cost, people = measured()["cost"], as_frame(arrow("customers"))
    buyers = set(lines().dropna(subset="first")["customer_id"])
    known = people.dropna(subset="acquisition_cost")
    assert cost.source == "customers"
    won = known["customer_id"].isin(buyers)
    assert cost.per_customer.value == pytest.approx(known["acquisition_cost"].sum() / won.sum())
    for channel, part in known.groupby("acquisition_channel", observed=True):
        found = cost.of_group("channel", str(channel))
        assert found.value == pytest.approx(part["acquisition_cost"].sum() / part["customer_id"].isin(buyers).sum())


def test_payback_is_that_of_the_mean_customer_old_enough() -> None:
    cohorts, cost = measured()["cohorts"], measured()["cost"]
    found = payback(cohorts, cost)
    assert isinstance(found, Payback)
    known = lines().dropna(subset="first")
    sizes = known.groupby("cohort")["customer_id"].nunique()
    left = months(pd.Series([pd.Timestamp(UNTIL)])).iloc[0] - months(pd.to_datetime(pd.Series(sizes.index)))
    value = 0.0
    for age, row in enumerate(found.table.itertuples()):
        old = sizes.index[(left > age).to_numpy()]
        value += known.loc[known["cohort"].isin(old) & (known["age"] == age), "profit"].sum() / sizes[old].sum()
        assert (row.value, row.customers) == (pytest.approx(value), sizes[old].sum())
    reached = int(found.table.loc[found.table["value"] >= cost.per_customer.value, "periods"].iloc[0])
    assert found.paid.periods == reached
