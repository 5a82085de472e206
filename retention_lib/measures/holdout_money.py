"""What the units of a hold-out left month by month: gross profit, what coupons and messages of all campaigns cost."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.experiment_orders import IN_SALES_SHARE
from retention_lib.measures.experiments import Experiment
from retention_lib.measures.sales import MONEY, WIDE

_SUMS = ("arm", "first", "second", "n", "first_total", "second_total", "product", "binary")


def month_sums(test: Experiment, orders: ir.Table, costs: Sequence[ir.Table], ends: Sequence[int]) -> pd.DataFrame:
    """Sums over units of the money left from the assignment to the end of each month.

    Args:
        test: The hold-out.
        orders: From `experiment_orders.unit_orders`, with `gross_profit`.
        costs: Tables of `unit`, `age` (days since the assignment) and `amount` (money, negative for what was paid).
        ends: Days from the assignment to the end of each month, rising.

    Returns:
        Columns of `models.experiments.moments` for `profit` (cumulated) and `before` (gross profit before the
        assignment), with `month` (from 1) and `days`, ordered by month, arm and pair; no rows without a month.
    """
    if not ends:
        return pd.DataFrame(columns=["month", "days", *_SUMS])
    earned = orders.filter(orders.begun).select("unit", "age", amount=orders.gross_profit.cast(MONEY))
    events = ibis.union(earned, *costs) if costs else earned
    inside = events.filter(events.age >= 0, events.age < ends[-1])
    month = ibis.cases(*[(inside.age < end, at) for at, end in enumerate(ends, start=1)])
    monthly = inside.group_by("unit", month=month).aggregate(amount=inside.amount.sum().cast(MONEY))
    earlier = orders.filter(~orders.begun)
    before = earlier.group_by("unit").aggregate(before=earlier.gross_profit.sum().cast(MONEY))
    people = test.people.select("unit", "arm").left_join(before, "unit").drop("unit_right")
    people = people.mutate(before=people.before.fill_null(0).cast(MONEY)).cache()
    return _told(_grown(monthly, people), _fixed(people), ends)


def contact_costs(test: Experiment, contacts: ir.Table | None, contact_cost: float | None) -> ir.Table | None:
    """What the messages to the units cost: unit, age, amount (negative); None where that is not known.

    Args:
        test: The hold-out.
        contacts: All messages of the store.
        contact_cost: Cost of a message where the store does not hold it (money).
    """
    if contacts is None or ("cost" not in contacts.columns and contact_cost is None):
        return None
    told = contacts.cost if "cost" in contacts.columns else ibis.literal(contact_cost)
    stated = ibis.literal(contact_cost or 0.0).round(4).cast(MONEY)
    paid = ibis.coalesce(told.cast(MONEY), stated)
    return _costs(test, contacts.select("customer_id", at=contacts.sent_at, amount=paid))


def coupon_costs(test: Experiment) -> ir.Table | None:
    """What coupons of all campaigns cost beyond what the sales are lower by: unit, age, amount (negative).

    A kind of coupon is in the sales already where nearly all of its uses have a discount that covers it.

    Args:
        test: The hold-out.

    Returns:
        The costs; None where the store has no redemptions with a value.
    """
    uses, sales = test.store.find("redemptions"), test.store.table("transactions")
    if uses is None or "value" not in uses.columns:
        return None
    orders = uses.order_id if "order_id" in uses.columns else ibis.null("string")
    rows = uses.select("customer_id", "coupon_id", order_id=orders, at=uses.redeemed_at, amount=uses.value.cast(MONEY))
    if {"discount", "order_id"} <= set(sales.columns):
        named = sales.filter(sales.amount > 0).semi_join(rows.filter(rows.order_id.notnull()), "order_id")
        taken = named.group_by("order_id").aggregate(discount=named.discount.sum())
        rows = rows.left_join(taken, "order_id").drop("order_id_right")
        covered = (rows.discount >= rows.amount).fill_null(False)
        kinds = rows.group_by("coupon_id").aggregate(covered=covered.cast("float64").mean())
        apart = kinds.filter(kinds.covered < IN_SALES_SHARE)
        rows = rows.semi_join(apart, "coupon_id")
    return _costs(test, rows.select("customer_id", "at", "amount"))


def _costs(test: Experiment, rows: ir.Table) -> ir.Table:
    """Money paid for units, with the day since their assignment."""
    seen = rows.filter(rows["at"] < ibis.timestamp(test.until.isoformat()), rows.amount != 0)
    named = seen.inner_join(test.customers, "customer_id").inner_join(
        test.people.select("unit", "assigned_at", "day"), "unit"
    )
    after = named.filter(named["at"] >= named.assigned_at)
    age = after["at"].date().delta(after.day, unit="day").cast("int32")
    return after.select("unit", age=age, amount=(-after.amount).cast(MONEY))


def _grown(monthly: ir.Table, people: ir.Table) -> pd.DataFrame:
    """By how much the sums over units grow in each month: total, square and product with what was before."""
    so_far = monthly.amount.sum().over(ibis.cumulative_window(group_by="unit", order_by="month")).cast(MONEY)
    grown = monthly.mutate(so_far=so_far).inner_join(people, "unit")
    so_far, amount = grown.so_far.cast(WIDE), grown.amount.cast(WIDE)
    earlier = (so_far - amount).cast(WIDE)
    sums = grown.group_by("arm", "month").aggregate(
        total=grown.amount.sum(),
        square=(so_far * so_far - earlier * earlier).sum(),
        product=(amount * grown.before.cast(WIDE)).sum(),
    )
    return sums.order_by("arm", "month").to_pandas()


def _fixed(people: ir.Table) -> pd.DataFrame:
    """Units of each arm with the sums of what was before."""
    wide = people.before.cast(WIDE)
    sums = people.group_by("arm").aggregate(
        n=people.count(),
        before=people.before.sum(),
        before_square=(wide * wide).sum(),
    )
    return sums.order_by("arm").to_pandas()


def _told(grown: pd.DataFrame, fixed: pd.DataFrame, ends: Sequence[int]) -> pd.DataFrame:
    """The sums to the end of each month, in the form of moments."""
    names = ["total", "square", "product"]
    every = pd.MultiIndex.from_product([fixed["arm"], range(1, len(ends) + 1)], names=["arm", "month"])
    steps = grown.astype(dict.fromkeys(names, float)).set_index(["arm", "month"])[names].reindex(every, fill_value=0.0)
    upto = steps.groupby(level="arm").cumsum().reset_index()
    rows = []
    for one in upto.merge(fixed, on="arm").sort_values(["month", "arm"], kind="stable").to_dict("records"):
        before, square = float(one["before"]), float(one["before_square"])
        pairs = (
            ("profit", "profit", one["total"], one["total"], one["square"]),
            ("profit", "before", one["total"], before, one["product"]),
            ("before", "before", before, before, square),
        )
        key = {"month": int(one["month"]), "days": ends[int(one["month"]) - 1], "arm": one["arm"], "n": int(one["n"])}
        rows += [key | _pair(*pair) for pair in pairs]
    return pd.DataFrame(rows)[["month", "days", *_SUMS]]


def _pair(first: str, second: str, first_total: float, second_total: float, product: float) -> dict[str, object]:
    totals = {"first_total": first_total, "second_total": second_total, "product": product}
    return {"first": first, "second": second, **totals, "binary": False}
