"""Which products customers buy again in the next month: counted on past months, to learn a ranking and to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.items import Items

MONTH_DAYS = 30
"""Days of the month that is foretold."""

NAMED = 10
"""Products named to a customer."""

LATELY_DAYS = 60
ACTIVE_DAYS = 90
"""Customers with a purchase in so many days before the month are active."""

STEPS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "times": (2, 3, 4, 6, 9, 14),
        "lately": (1, 2, 3, 5, 8),
        "quiet": (8, 15, 22, 31, 46, 61, 91, 121, 181),
        "due": (0.5, 0.8, 1.2, 1.7, 2.5, 4.0),
        "usual": (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
        "visits": (1, 2, 4, 8, 16),
    }
)
"""From which values on a trait of a customer and a product counts one class higher.

`times`: days on which the customer bought it in a year; `lately`: in the last 60 days; `quiet`: days since the last
time; `due`: the same in multiples of the customer's own mean interval (class 0 for one purchase as well); `usual`:
share of the product's buyers who bought it again; `visits`: days with a purchase of anything in the last 60 days.
"""

TRAITS = tuple(STEPS)


@dataclass(frozen=True, kw_only=True, eq=False)
class RebuyCounts:
    """What active customers had bought before a day, and which of it they bought again in the month after.

    Attributes:
        table: Columns `times`, `lately`, `quiet`, `due`, `usual`, `visits` (classes, see `STEPS`), `pairs` (of a
            customer and a product), `bought` (of them, bought again in the month; counts), ordered by the classes.
        cut: First day of the month.
        customers: Active customers looked at (count).
    """

    table: pd.DataFrame
    cut: date
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """The classes with their counts."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class HitCounts:
    """How ten products by the ranking and the ten most popular ones did in a month.

    Attributes:
        both, ranked_only, popular_only, neither: Customers with at least one of the ten bought in the month: of both
            lists, of one, of neither (counts). Of active customers who bought something in it.
        ranked_bought, popular_bought: Products of the lists bought in the month, over all customers (counts).
        nameable: Active customers to whom the ranking can name a product (count), of `active`.
        active: Active customers (count).
        named: Products that are among the ten of any active customer (count), of `products`.
        products: Products sold in the year before (count).
        cut: First day of the month.
        until: First day after it.
        learned_on: First day of the month the ranking was learned on.
    """

    both: int
    ranked_only: int
    popular_only: int
    neither: int
    ranked_bought: int
    popular_bought: int
    nameable: int
    active: int
    named: int
    products: int
    cut: date
    until: date
    learned_on: date


def rebuy_counts(items: Items | NotEnough, *, months_back: int = 1) -> RebuyCounts | NotEnough:
    """Count which of the products that customers had bought they bought again in a past month.

    Args:
        items: From `items.items`.
        months_back: Which month of 30 days: 1 for the last one, 2 for the one before.

    Returns:
        The counts; NotEnough("rebuy_days") where fewer than 90 days were read before the month, or as given.
    """
    if isinstance(items, NotEnough):
        return items
    cut = items.until - timedelta(days=months_back * MONTH_DAYS)
    if (cut - items.since).days < ACTIVE_DAYS:
        return NotEnough("rebuy_days", items.period_days, ACTIVE_DAYS + months_back * MONTH_DAYS)
    traits = _active(holdings(items.sample, cut))
    bought = _bought(items.sample, cut)
    known = traits.left_join(bought, ["number", "item"]).cache()
    counts = known.group_by(*TRAITS).aggregate(pairs=ibis._.count(), bought=known.bought.fill_null(0).sum())
    table = counts.order_by(*TRAITS).to_pandas().astype("int64")
    customers = int(known.number.nunique().to_pyarrow().as_py())
    return RebuyCounts(table=table, cut=cut, customers=customers)


def judged_hits(items: Items | NotEnough, ranking: Any) -> HitCounts | NotEnough:
    """Name ten products to every active customer as known a month ago, and count what was bought in that month.

    Args:
        items: From `items.items`.
        ranking: `models.actions.hits.Ranking`, learned on the month before, or NotEnough.

    Returns:
        The counts; NotEnough as given.
    """
    if isinstance(items, NotEnough):
        return items
    if isinstance(ranking, NotEnough):
        return ranking
    cut = items.until - timedelta(days=MONTH_DAYS)
    traits = _active(holdings(items.sample, cut))
    place = ibis.row_number().over(group_by="number", order_by=[ibis.desc("chance"), "item"])
    ranked = with_chance(traits, ranking.table).mutate(place=place)
    ranked = ranked.filter(ranked.place < NAMED).select("number", "item").cache()
    popular = _popular(items.sample, cut)
    bought = _bought(items.sample, cut).semi_join(traits, "number").cache()
    marks = bought.left_join(ranked.mutate(ranked=1), ["number", "item"]).drop("number_right", "item_right")
    marks = marks.left_join(popular.mutate(popular=1), "item")
    hits = marks.group_by("number").aggregate(
        ranked=marks.ranked.sum().fill_null(0), popular=marks.popular.sum().fill_null(0)
    )
    a, b = hits.ranked > 0, hits.popular > 0
    sums = hits.aggregate(
        both=(a & b).sum(),
        ranked_only=(a & ~b).sum(),
        popular_only=(~a & b).sum(),
        neither=(~a & ~b).sum(),
        ranked_bought=hits.ranked.sum(),
        popular_bought=hits.popular.sum(),
    )
    counts = {name: int(value or 0) for name, value in sums.to_pyarrow().to_pylist()[0].items()}
    return HitCounts(
        **counts,
        nameable=_number(ranked.number),
        active=_number(_recent(items.sample, cut).number),
        named=_number(ranked.item),
        products=_number(items.sample.filter(items.sample.day < _day(cut)).item),
        cut=cut,
        until=items.until,
        learned_on=ranking.learned_on,
    )


def holdings(days: ir.Table, on: date, *, only: ir.Table | None = None) -> ir.Table:
    """What customers had bought before a day, product by product, with the classes of its traits.

    Args:
        days: `number`, `item`, `day`, as `Items.days`.
        on: First day that is not known.
        only: Customers (`number`) who alone are told of; everybody if omitted. How usual it is to buy a product again
            is always counted of all.

    Returns:
        `number`, `item`, `last` (day of the last purchase), `since` (days from the customer's last purchase of anything
        to `on`), and the classes of `TRAITS` (int).
    """
    at = _day(on)
    seen = days.filter(days.day < at)
    usual = _usual(seen)
    if only is not None:
        seen = seen.semi_join(only, "number")
    late = seen.day >= at - ibis.interval(days=LATELY_DAYS)
    held = seen.group_by("number", "item").aggregate(
        times=ibis._.count(), lately=late.cast("int32").sum(), begun=seen.day.min(), last=seen.day.max()
    )
    newest = held.group_by("number").aggregate(newest=held["last"].max())
    recent = seen.filter(late).select("number", "day").distinct().group_by("number").aggregate(visits=ibis._.count())
    visits = newest.left_join(recent, "number").select("number", "newest", visits=ibis._.visits.fill_null(0))
    known = held.inner_join(visits, "number").inner_join(usual, "item")
    quiet = at.delta(known["last"], unit="day")
    mean = known["last"].delta(known.begun, unit="day") / (known.times - 1).nullif(0)
    values = {"quiet": quiet, "due": (quiet / mean).fill_null(0)}
    values |= {name: known[name] for name in ("times", "lately", "usual", "visits")}
    classes = {name: _class(values[name], STEPS[name]) for name in TRAITS}
    return known.select("number", "item", "last", since=at.delta(known.newest, unit="day"), **classes)


def _usual(seen: ir.Table) -> ir.Table:
    """The share of each product's buyers who bought it again: `item`, `usual`."""
    times = seen.group_by("number", "item").aggregate(times=ibis._.count())
    return times.group_by("item").aggregate(usual=(times.times > 1).mean())


def with_chance(traits: ir.Table, table: pd.DataFrame) -> ir.Table:
    """Each customer and product with the chance that it is bought in the next 30 days.

    Args:
        traits: From `holdings`.
        table: Columns `trait`, `class`, `points` (`models.actions.hits.Ranking.table`): the logarithm of the odds is
            the sum of the points; the row of trait `all` is the constant.

    Returns:
        The rows with `chance` (float, in [0, 1]).
    """
    points = ibis.literal(float(table.loc[table["trait"] == "all", "points"].sum()))
    for name, rows in table[table["trait"].isin(TRAITS)].groupby("trait", sort=False):
        known = [(int(place), float(gain)) for place, gain in zip(rows["class"], rows["points"], strict=True)]
        points = points + ibis.cases(*((traits[name] == place, gain) for place, gain in known), else_=0.0)
    return traits.mutate(chance=(1 / (1 + (-points).exp())).round(9))


def _class(value: ir.NumericValue, steps: tuple[float, ...]) -> ir.IntegerValue:
    """How many steps a value reaches."""
    backwards = [(value >= step, place + 1) for place, step in reversed(list(enumerate(steps)))]
    return ibis.cases(*backwards, else_=0).cast("int8")


def _active(traits: ir.Table) -> ir.Table:
    """Of customers who bought in the 90 days before."""
    return traits.filter(traits.since <= ACTIVE_DAYS)


def _recent(days: ir.Table, cut: date) -> ir.Table:
    """The days of the 90 before the month."""
    return days.filter(days.day < _day(cut), days.day >= _day(cut - timedelta(days=ACTIVE_DAYS)))


def _bought(days: ir.Table, cut: date) -> ir.Table:
    """What was bought in the month: `number`, `item`, `bought` (1)."""
    inside = days.filter(days.day >= _day(cut), days.day < _day(cut + timedelta(days=MONTH_DAYS)))
    return inside.select("number", "item").distinct().mutate(bought=ibis.literal(1, "int32"))


def _popular(days: ir.Table, cut: date) -> ir.Table:
    """The ten products with the most buyers in the 30 days before the month."""
    before = days.filter(days.day < _day(cut), days.day >= _day(cut - timedelta(days=MONTH_DAYS)))
    buyers = before.group_by("item").aggregate(buyers=before.number.nunique())
    return buyers.order_by(ibis.desc("buyers"), "item").limit(NAMED).select("item").cache()


def _number(column: ir.Column) -> int:
    return int(column.nunique().to_pyarrow().as_py())


def _day(day: date) -> ir.DateScalar:
    return ibis.date(day.isoformat())
