"""What every customer did so far, as far as it tells what the customer would do in the next weeks without a message.

One row a customer, without ids, at the place that people have given to the customer. The same is told as it was known
one window ago, with what came since: so that what is expected can be held against what came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.purchases import day_number
from retention_lib.measures.sales import MONEY

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.actions.people import People

WINDOW_DAYS = 21
"""Days of the window that what is expected is held against."""

_WIDE = "decimal(38, 8)"
_COUNTS = ("frequency", "first_day", "last_day", "past_frequency", "past_last_day", "window_purchases")
_SUMS = ("revenue", "revenue_squares", "profit", "past_revenue", "past_revenue_squares", "past_profit", "window_profit")


@dataclass(frozen=True, kw_only=True, eq=False)
class Bases:
    """What customers did so far; of people who never bought, nothing.

    Attributes:
        frame: One row a customer, in the order of `people` (`row` is its place, from 0):

            - `row` (int32), `unit` (int32; customers of one household have one number where households are known),
            - `frequency` (purchase days after the first one; -1: never bought), `first_day`, `last_day` (of purchases,
              days since 1970-01-01; -1: none),
            - `revenue`, `revenue_squares` (sums over purchase days of money and of its square) and `profit` (gross
              profit of all rows, refunds taken off),
            - the same as known one window ago: `past_frequency`, `past_last_day`, `past_revenue`,
              `past_revenue_squares`, `past_profit`,
            - what came since: `window_purchases`, `window_profit`,
            - `waiting` (bool: registered one window ago and had not bought by then; False where that is not known).
        days: Repeat purchases by day: `day_index` (days since `start`), `repeat_purchases`; for the season.
        start: First day of the sales.
        until: First day that is no longer seen.
        window_days: Days of the window that what is expected is held against.
    """

    frame: pd.DataFrame = field(repr=False)
    days: pd.DataFrame = field(repr=False)
    start: date
    until: date
    window_days: int

    @property
    def past_until(self) -> date:
        """First day of the window that has just ended."""
        return self.until - timedelta(days=self.window_days)

    def to_frame(self) -> pd.DataFrame:
        """One row a customer."""
        return self.frame


def bases(
    context: TriggerContext, people: People, *, gross_margin: float | None = None, window_days: int = WINDOW_DAYS
) -> Bases | NotEnough:
    """What every customer did so far, from one pass over the sales and one over the purchases.

    Args:
        context: The store up to a day.
        people: From `people.people`.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known: these then have the margin of
            the sales with one.
        window_days: Days of the window that what is expected is held against.

    Returns:
        The histories; NotEnough("margin_and_cost_known") where neither a cost nor a margin is known.
    """
    sales = context.store.table("transactions")
    if "cost" not in sales.columns and gross_margin is None:
        return NotEnough("margin_and_cost_known", 0, 1)
    past = context.until - timedelta(days=window_days)
    table = people.table.select("row", "customer_id", "unit")
    profits = _profits(sales, gross_margin, until=context.until, past=past)
    for part in (_purchases(context.purchases, past), profits, _waiting(context.store.find("customers"), past)):
        if part is not None:
            table = table.left_join(part, "customer_id").drop("customer_id_right")
    return Bases(
        frame=_frame(table, households=people.unit == "household"),
        days=_repeat_days(context.purchases, _first_day(context)),
        start=_first_day(context),
        until=context.until,
        window_days=window_days,
    )


def _first_day(context: TriggerContext) -> date:
    coverage = context.store.coverage
    return coverage.first_day if coverage else context.until


def _purchases(purchases: ir.Table, past: date) -> ir.Table:
    """Purchase days of each customer, all of them and those before the window."""
    known = purchases.day < ibis.date(past.isoformat())
    money = purchases.amount.cast(MONEY)
    squares = (money * money).cast(_WIDE)
    return purchases.group_by("customer_id").aggregate(
        frequency=(purchases.count() - 1).cast("int32"),
        first_day=day_number(purchases.day.min()),
        last_day=day_number(purchases.day.max()),
        past_frequency=(known.sum() - 1).cast("int32"),
        past_last_day=day_number(purchases.day.max(where=known)),
        window_purchases=(~known).sum().cast("int32"),
        revenue=money.sum().cast("float64"),
        revenue_squares=squares.sum().cast("float64"),
        past_revenue=money.sum(where=known).cast("float64"),
        past_revenue_squares=squares.sum(where=known).cast("float64"),
    )


def _profits(sales: ir.Table, gross_margin: float | None, *, until: date, past: date) -> ir.Table:
    """Gross profit of each customer, of all rows and of those before the window and in it."""
    seen = sales.filter(sales.ordered_at < ibis.timestamp(until.isoformat()))
    early = seen.ordered_at < ibis.timestamp(past.isoformat())
    profit = _profit(seen, gross_margin)
    return seen.group_by("customer_id").aggregate(
        profit=profit.sum().cast("float64"),
        past_profit=profit.sum(where=early).cast("float64"),
        window_profit=profit.sum(where=~early).cast("float64"),
    )


def _profit(rows: ir.Table, gross_margin: float | None) -> ir.DecimalValue:
    """What each row leaves; without a cost, by the margin of the settings or of the rows with a cost."""
    if "cost" not in rows.columns:
        return _share(rows.amount, gross_margin or 0.0)
    margin = gross_margin if gross_margin is not None else _margin_of_costed(rows)
    return ibis.coalesce((rows.amount - rows.cost).cast(MONEY), _share(rows.amount, margin))


def _share(amount: ir.Value, share: float) -> ir.DecimalValue:
    return (amount.cast("float64") * share).round(4).cast(MONEY)


def _margin_of_costed(rows: ir.Table) -> float:
    """Gross profit in a unit of revenue of the rows with a cost; 0 where there are none."""
    costed = rows.filter(rows.cost.notnull())
    sums = costed.aggregate(amount=costed.amount.sum(), cost=costed.cost.sum()).to_pandas().iloc[0]
    amount, cost = (float(sums[name] or 0) for name in ("amount", "cost"))
    return round((amount - cost) / amount, 6) if amount > 0 else 0.0


def _waiting(customers: ir.Table | None, past: date) -> ir.Table | None:
    """Who was registered before the window; None where the store does not know."""
    if customers is None or "acquired_at" not in customers.columns:
        return None
    known = customers.acquired_at < ibis.timestamp(past.isoformat())
    return customers.select("customer_id", waiting=known.fill_null(False))


def _frame(table: ir.Table, *, households: bool) -> pd.DataFrame:
    """The rows in their order, without ids."""
    unit = ibis.dense_rank().over(order_by="unit") if households else table["row"]
    told: dict[str, ir.Value] = {"unit": unit.cast("int32")}
    told |= {name: table[name].fill_null(-1) for name in _COUNTS}
    told |= {name: table[name].fill_null(0.0) for name in _SUMS}
    if "waiting" in table.columns:
        told["waiting"] = table.waiting.fill_null(False)
    frame = table.select("row", **told).order_by("row").to_pyarrow().to_pandas()
    waiting = frame["waiting"] if "waiting" in frame else np.zeros(len(frame), dtype=bool)
    never = frame["past_frequency"].to_numpy() < 0
    counted = frame["window_purchases"].clip(lower=0)
    return frame.assign(window_purchases=counted, waiting=np.asarray(waiting, dtype=bool) & never)


def _repeat_days(purchases: ir.Table, start: date) -> pd.DataFrame:
    """Repeat purchases by day of the history."""
    firsts = purchases.group_by("customer_id").aggregate(day=purchases.day.min())
    index = {"day_index": ibis._.day.delta(ibis.date(start.isoformat()), unit="day").cast("int64")}
    every = purchases.group_by(**index).aggregate(every=ibis._.count())
    first = firsts.group_by(**index).aggregate(firsts=ibis._.count())
    both = every.left_join(first, "day_index").drop("day_index_right")
    told = both.select("day_index", repeat_purchases=(both.every - both.firsts.fill_null(0)).cast("int64"))
    return told.order_by("day_index").to_pandas()
