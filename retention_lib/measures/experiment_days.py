"""A test day by day: of the units by the day of their assignment, and of what they did by the days since it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_outcomes import Outcomes
from retention_lib.measures.experiment_spans import pieces
from retention_lib.measures.experiments import Experiment
from retention_lib.measures.sales import MONEY, WIDE

NET = "net"
"""The metric of gross profit less what the offer cost."""

_COUNTED = ("orders", "conversion")
_STANDING, _RISING = ("units", "before_total", "before_squares"), ("total", "total_squares", "before_product")
_AGES = ("arm", "age", "units", "total", "total_squares", "before_total", "before_squares", "before_product")


def by_assigned_day(outcomes: Outcomes | NotEnough, columns: Sequence[str | NotEnough]) -> pd.DataFrame | NotEnough:
    """Sums over the units assigned on each day.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.
        columns: Which of their columns.

    Returns:
        One row a day, arm and column, ordered by day, arm (as in the test) and column (as given): day (date), arm,
        metric, n (units with a value), total, total_squares; NotEnough("assignment_days") for a test without dates,
        NotEnough("goal_by_day") where a column is not there; the refusal of what is given.
    """
    for given in (outcomes, *columns):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(outcomes, Outcomes)
    test, table, names = outcomes.experiment, outcomes.table, [str(name) for name in columns]
    if not test.dated:
        return NotEnough("assignment_days", 0, 1)
    if not set(names) <= set(table.columns):
        return NotEnough("goal_by_day", 0, 1)
    wanted: dict[str, ir.Value] = {}
    for at, name in enumerate(names):
        value = table[name]
        wanted |= {
            f"n{at}": value.count(),
            f"total{at}": value.sum(),
            f"total_squares{at}": (value.cast(WIDE) * value.cast(WIDE)).sum(),
        }
    found = table.group_by("day", "arm").aggregate(**wanted).to_pandas()
    parts = [
        found[["day", "arm"]].assign(
            metric=name, at=at, **{sums: found[f"{sums}{at}"].astype(float) for sums in ("n", "total", "total_squares")}
        )
        for at, name in enumerate(names)
    ]
    rows = pd.concat(parts).assign(place=lambda frame: frame["arm"].map(_places(test)))
    rows = rows.sort_values(["day", "place", "at"]).drop(columns=["place", "at"]).reset_index(drop=True)
    rows["day"] = pd.to_datetime(rows["day"]).dt.date
    return rows.astype({"n": "int64"}).fillna({"total": 0.0, "total_squares": 0.0})


def by_age(outcomes: Outcomes | NotEnough, metric: str | NotEnough) -> pd.DataFrame | NotEnough:
    """What the units of each arm had done by each day since their assignment.

    An age counts the units who have been seen through it, so that a test still running says less of the later ones.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.
        metric: `orders`, `conversion`, `revenue`, `sold`, `gross_profit`, `discount`, or `net` (gross profit less
            coupons and messages).

    Returns:
        One row an arm and age, ordered by them (arms as in the test): arm, age (days since the assignment, from 0 to
        the end of the weeks after the window), units (seen through that day; count), total and total_squares (sums over
        these units of what they had done to the end of that day, and of its square), before_total, before_squares and
        before_product (over the same units: of the metric before the test, its square, and its product with what they
        had done; 0 where it is not known before); NotEnough("sales_by_day") where the outcomes are not counted in the
        sales, NotEnough("goal_by_day") where the sales do not tell that metric by day; the refusal of what is given.
    """
    for given in (outcomes, metric):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(outcomes, Outcomes)
    assert isinstance(metric, str)
    if outcomes.orders is None:
        return NotEnough("sales_by_day", 0, 1)
    if metric not in {*_COUNTED, NET, *outcomes.orders.columns}:
        return NotEnough("goal_by_day", 0, 1)
    units = _units_before(outcomes, metric)
    squares = units.before.cast(WIDE) * units.before.cast(WIDE)
    days = units.group_by("arm", "day").aggregate(
        units=units.count(), before_total=units.before.sum(), before_squares=squares.sum()
    )
    cut = pieces(outcomes.experiment, _events(outcomes, metric), units)
    parts = [_risen(events, some, metric) for events, some in cut]
    risen = pd.concat(parts).groupby(["arm", "day", "age"], as_index=False).sum()
    return _cumulated(outcomes.experiment, days.order_by("arm", "day").to_pandas(), risen)


def _units_before(outcomes: Outcomes, metric: str) -> ir.Table:
    """Units with the metric before the test; 0 where it is not known."""
    table = outcomes.table
    name = f"{'gross_profit' if metric == NET else metric}_before"
    before = table[name] if name in table.columns else ibis.literal(0)
    return table.select("unit", "arm", "day", before=before)


def _places(test: Experiment) -> dict[str, int]:
    return {arm: at for at, arm in enumerate(test.arms)}


def _risen(events: ir.Table, units: ir.Table, metric: str) -> pd.DataFrame:
    """By arm, day of the assignment and age: by how much the sums over units rise."""
    daily = events.group_by("unit", "age").aggregate(value=events.value.sum().cast(MONEY))
    so_far = daily.value.sum().over(ibis.cumulative_window(group_by="unit", order_by="age")).cast(WIDE)
    told = daily.mutate(so_far=so_far, earlier=so_far - daily.value.cast(WIDE))
    if metric == "conversion":
        first = told.filter(told.earlier == 0)
        rises = first.select("unit", "age", total=ibis.literal(1), square=ibis.literal(1))
    else:
        square = told.so_far * told.so_far - told.earlier * told.earlier
        rises = told.select("unit", "age", total=told.value, square=square)
    placed = rises.inner_join(units, "unit")
    sums = placed.group_by("arm", "day", "age").aggregate(
        total=placed.total.sum(),
        total_squares=placed.square.sum(),
        before_product=(placed.total.cast(WIDE) * placed.before.cast(WIDE)).sum(),
    )
    return sums.to_pandas().astype(dict.fromkeys(_RISING, "float64"))


def _events(outcomes: Outcomes, metric: str) -> ir.Table:
    """What adds to the metric from the assignment on: unit, age, value."""
    assert outcomes.orders is not None
    orders = outcomes.orders.filter(outcomes.orders.begun)
    if metric in {"orders", "conversion"}:
        return orders.filter(orders.kept).select("unit", "age", value=ibis.literal(1).cast(MONEY))
    rows = orders.select("unit", "age", value=orders["gross_profit" if metric == NET else metric])
    sent, used = (outcomes.messages, outcomes.coupons) if metric == NET else (None, None)
    for costs in (sent, None if used is None else used.filter(used.begun)):
        if costs is not None and "cost" in costs.columns:
            # A message sent before the assignment was paid for it all the same.
            age = ibis.greatest(costs.age, 0).cast("int32")
            paid = costs.select("unit", age=age, value=(-costs.cost).cast(MONEY))
            rows = rows.union(paid.filter(paid.value < 0))
    return rows


def _cumulated(test: Experiment, days: pd.DataFrame, rises: pd.DataFrame) -> pd.DataFrame:
    """Sums over those seen through each age, from each day's units and their rises."""
    days = days.assign(day=pd.to_datetime(days["day"]).dt.date)
    rises = rises.assign(day=pd.to_datetime(rises["day"]).dt.date)
    parts = []
    for arm in test.arms:
        sums = dict.fromkeys(_STANDING + _RISING, np.zeros(test.reading.full_days))
        for row in days[days["arm"] == arm].to_dict("records"):
            seen = min(test.reading.full_days, max(0, (test.until - row["day"]) // timedelta(days=1)))
            rows = rises[(rises["arm"] == arm) & (rises["day"] == row["day"])]
            for name in sums:
                sums[name] = sums[name] + _seen(row, rows, name, seen, length=test.reading.full_days)
        part = pd.DataFrame({"arm": arm, "age": np.arange(test.reading.full_days), **sums})
        parts.append(part[part["units"] > 0])
    return pd.concat(parts, ignore_index=True).astype({"units": "int64"})[list(_AGES)]


def _seen(row: dict[Hashable, Any], rises: pd.DataFrame, name: str, seen: int, *, length: int) -> np.ndarray:
    """What one day's units add to a sum at each age through which they have been seen."""
    added = np.zeros(length)
    if name in _STANDING:
        added[:seen] = float(row[name])
        return added
    np.add.at(added, rises["age"].to_numpy(dtype=int), rises[name].to_numpy(dtype=float))
    added = added.cumsum()
    added[seen:] = 0.0
    return added
