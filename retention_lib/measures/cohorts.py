"""Cohorts of customers by the period of their first purchase: what each did and brought, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.purchases import month_number
from retention_lib.measures.sales import MONEY, Sales

Grain = Literal["month", "week", "quarter"]

_MONDAY = date(1969, 12, 29)
_SQUARE = "decimal(38, 4)"
_COUNTS = ("customers", "active", "again", "orders")
_SUMS = ("revenue", "known_profit", "unpriced")
_SQUARES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "known_squares": ("known_profit", "known_profit"),
        "known_by_unpriced": ("known_profit", "unpriced"),
        "unpriced_squares": ("unpriced", "unpriced"),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CustomerPeriods:
    """What every customer did in each period: the one pass over the sales from which all cohort tables are made.

    Attributes:
        rows: Engine table, one row a customer and period with a sale, a refund or a purchase: `number` (the customer's
            in `firsts`; NULL for customers without a purchase), `period` (its number from that of
            1970-01-01), `cohort` (period of the first purchase), `age` (periods between, 0 for what came before),
            `purchases` (count of purchase days), `again` (bool: the second purchase is in it), `revenue`, and, where
            the sales know costs, `known_profit` and `unpriced`; and what the squares of its customer's cumulative money
            grow by, as in `cohort_cells`.
        firsts: Engine table, one row a customer who bought: `customer_id`, `number`, `cohort`, and a column a split.
        by: The period.
        until: First day that is no longer seen.
        splits: The columns of `firsts` that split customers.
    """

    rows: ir.Table
    firsts: ir.Table
    by: Grain
    until: date
    splits: tuple[str, ...]


def customer_periods(sales: Sales, *, by: Grain = "month", groups: ir.Table | None = None) -> CustomerPeriods:
    """Every customer's sales and purchases by period, materialised in the engine.

    Args:
        sales: From `sales.daily_sales`; refunds count against the period they are made in.
        by: Calendar periods: "month", "quarter", or "week" from Monday.
        groups: From `first_groups.first_groups`; none if omitted.

    Raises:
        ValueError: Another period.
    """
    people = sales.people
    firsts = people.filter(people.first_day.notnull())
    firsts = firsts.select("customer_id", "number", cohort=_number(firsts.first_day, by))
    splits: tuple[str, ...] = ()
    if groups is not None:
        splits = tuple(name for name in groups.columns if name != "customer_id")
        firsts = firsts.left_join(groups, "customer_id").drop("customer_id_right")
    rows = _with_squares(_sums(sales, by=by))
    born = people.select("number", cohort=_number(people.first_day, by), second=_number(people.second_day, by))
    rows = rows.left_join(born, "number")
    # Money before the first purchase is of an order sent back, or older than the data: the refund may come later.
    age = ibis.greatest(rows.period - rows.cohort, 0).cast("int32")
    rows = rows.mutate(
        number=rows.cohort.isnull().ifelse(ibis.null(rows.number.type()), rows.number),
        age=age,
        again=(rows.second == rows.period).fill_null(False),
    ).drop("number_right", "second")
    return CustomerPeriods(rows=rows.cache(), firsts=firsts.cache(), by=by, until=sales.until, splits=splits)


def cohort_cells(periods: CustomerPeriods) -> pd.DataFrame:
    """What became of the customers won in each period.

    Args:
        periods: From `customer_periods`.

    Returns:
        One row a cohort and age at which something happened, ordered by both; money to the cent.

        - `cohort` (first day of the period of the first purchase, datetime64), `age` (periods since),
        - `customers` (size of the cohort), `active` (customers with a purchase in that period), `again` (customers
          whose second purchase is in it), `orders` (purchases),
        - `revenue` (net money; what came before the first purchase counts at age 0), `known_profit` (revenue less cost
          of the rows with a known cost), `unpriced` (revenue of the other rows: all, where the sales know no cost),
        - `known_squares`, `known_by_unpriced`, `unpriced_squares`: what the period adds to the sum over the cohort's
          customers of the squares and products of `known_profit` and `unpriced` a customer, each cumulative since the
          first purchase.

        Rows with cohort NaT hold the `revenue` of nobody's cohort by calendar period (their `age` counts from that of
        1970-01-01): of customers without a purchase, and what cohorts and ages place in another period than it was made
        in (which adds up to 0).
    """
    cells = _cells(periods, split=None)
    return pd.concat([cells, _outside(periods)], ignore_index=True).drop(columns="segment")


def group_cells(periods: CustomerPeriods) -> pd.DataFrame:
    """The same by what the first order was like.

    Args:
        periods: From `customer_periods`, with groups.

    Returns:
        Columns `dimension` (the split), `segment` (text; empty where not known) and those of `cohort_cells`, ordered by
        dimension, segment, cohort and age; no row of nobody's cohort. Without splits no row.
    """
    frames = [_cells(periods, split=name).assign(dimension=name) for name in periods.splits]
    if not frames:
        return _cells(periods, split=None).iloc[:0].assign(dimension="", segment="")
    frame = pd.concat(frames, ignore_index=True)
    columns = ["dimension", "segment", *(name for name in frame.columns if name not in ("dimension", "segment"))]
    return frame[columns]


def _number(day: ir.Value, by: Grain) -> ir.IntegerValue:
    """The number of the period that holds a day, counted from that of 1970-01-01."""
    if by == "week":
        return (day.delta(ibis.date(_MONDAY.isoformat()), unit="day") // 7).cast("int32")
    if by == "quarter":
        return ((day.year() - 1970) * 4 + day.quarter() - 1).cast("int32")
    if by == "month":
        return month_number(day).cast("int32")
    raise ValueError(f"cohorts are by month, week or quarter, not by {by!r}")


def _sums(sales: Sales, *, by: Grain) -> ir.Table:
    """Money and purchases of every customer and period, both read in one aggregation."""
    days, bought = sales.days, sales.purchases
    money = [name for name in _SUMS if name in days.columns]
    rows = days.select("number", *money, period=_number(days.day, by), purchases=ibis.literal(0))
    nothing = {name: ibis.literal(0).cast(MONEY) for name in money}
    both = rows.union(bought.select("number", **nothing, period=_number(bought.day, by), purchases=ibis.literal(1)))
    return both.group_by("number", "period").aggregate(
        purchases=both.purchases.sum().cast("int32"),
        **{name: both[name].sum().cast(MONEY) for name in money},
    )


def _cells(periods: CustomerPeriods, *, split: str | None) -> pd.DataFrame:
    """Sums by cohort and age, and by the values of a split; `segment` is empty without one."""
    firsts = periods.firsts
    rows = periods.rows.filter(periods.rows.number.notnull())
    segment = ibis.literal("") if split is None else firsts[split].fill_null("")
    firsts = firsts.select("number", "cohort", segment=segment)
    if split is None:
        rows = rows.mutate(segment=ibis.literal(""))
    else:
        rows = rows.inner_join(firsts.select("number", "segment"), "number")
    names = [name for name in (*_SUMS, *_SQUARES) if name in rows.columns]
    cells = rows.group_by("segment", "cohort", "age").aggregate(
        active=(rows.purchases > 0).sum(),
        again=rows.again.sum(),
        orders=rows.purchases.sum(),
        **{name: rows[name].sum() for name in names},
    )
    sizes = firsts.group_by("segment", "cohort").aggregate(customers=firsts.count())
    joined = cells.left_join(sizes, ["segment", "cohort"]).drop("segment_right", "cohort_right")
    return _frame(joined.to_pyarrow().to_pandas(), periods.by)


def _outside(periods: CustomerPeriods) -> pd.DataFrame:
    """Money of nobody's cohort by calendar period, in the columns of cells."""
    rows = periods.rows
    nobody = rows.filter(rows.number.isnull()).select("period", "revenue")
    early = rows.filter(rows.period < rows.cohort)
    moved = early.select("period", "revenue").union(early.select(period="cohort", revenue=-early.revenue))
    both = nobody.union(moved)
    sums = both.group_by(age="period").aggregate(revenue=both.revenue.sum())
    frame = sums.to_pyarrow().to_pandas()
    kept = frame.loc[frame["revenue"] != 0]
    return _frame(kept.assign(segment="", cohort=None, **dict.fromkeys(_COUNTS, 0)), periods.by)


def _with_squares(rows: ir.Table) -> ir.Table:
    """The rows with what each adds to the squares of its customer's cumulative money.

    Products are made in floats, the same on every run, and kept in decimals, so that their sums are the same too.
    """
    priced = "known_profit" in rows.columns
    money = ("known_profit", "unpriced") if priced else ("revenue",)
    window = ibis.window(group_by="number", order_by="period", preceding=None, following=0)
    so_far = {f"{name}_so_far": rows[name].sum().over(window).cast(MONEY).cast("float64") for name in money}
    rows = rows.mutate(**so_far)
    now = {name: rows[f"{name}_so_far"] for name in money}
    before = {name: now[name] - rows[name].cast("float64") for name in money}
    products = _SQUARES if priced else {"unpriced_squares": ("revenue", "revenue")}
    added = {
        name: (now[first] * now[second] - before[first] * before[second]).cast(_SQUARE)
        for name, (first, second) in products.items()
    }
    return rows.mutate(**added).drop(*so_far)


def _frame(frame: pd.DataFrame, by: Grain) -> pd.DataFrame:
    """The cells in the documented columns, types and order."""
    if "unpriced" not in frame:
        frame = frame.assign(unpriced=frame["revenue"])
    missing = [name for name in (*_SUMS, *_SQUARES) if name not in frame]
    frame = frame.assign(cohort=_first_day(frame["cohort"].astype("Int64"), by), **dict.fromkeys(missing, 0))
    types = dict.fromkeys(("age", *_COUNTS), "int64") | dict.fromkeys((*_SUMS, *_SQUARES), "float64")
    keys = ["segment", "cohort", "age"]
    return frame[[*keys, *_COUNTS, *_SUMS, *_SQUARES]].astype(types).sort_values(keys, ignore_index=True)


def _first_day(numbers: pd.Series, by: Grain) -> pd.Series:
    """The first days of periods by their numbers; NaT without one."""
    known = numbers.fillna(0).astype("int64").to_numpy()
    if by == "week":
        days = np.datetime64(_MONDAY, "D") + known * 7
    else:
        days = np.datetime64("1970-01", "M") + known * (3 if by == "quarter" else 1)
    return pd.Series(days.astype("datetime64[ns]"), index=numbers.index).where(numbers.notna())
