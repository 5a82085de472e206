"""The true effects over all subjects, and the days: sums of blocks that are exact, whatever the number of processes."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation import arrays
from retention_lib.stores.simulation.graded import SELF_SELECTED, Graded, Purchases
from retention_lib.stores.simulation.stage import WINDOW_DAYS, Floats, Ints, Shop
from retention_lib.stores.simulation.story import Story

MEASURES = ("purchases", "buyers", "revenue", "gross_profit", "net_profit")
"""What a subject's outcome is measured in: counts, whether there is a purchase, money; net of the offer's cost."""

_MONEY = ("revenue", "gross_profit", "net_profit")
_INT_END = 2**63

Name = TypeVar("Name", bound=Hashable)
Key = tuple[str, str, int, str, str, str]
"""Effect, among whom, days followed (at most), arm, the arm it is compared with (or empty), measure."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Exact sums over subjects.

    Attributes:
        subjects: Subjects (count).
        total: Sum of the outcome, or of the difference of two; money in cents.
        squares: Sum of its squares.
    """

    subjects: int
    total: int
    squares: int

    def added(self, other: Sums) -> Sums:
        """The sums of two groups together."""
        return Sums(
            subjects=self.subjects + other.subjects,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    @property
    def mean(self) -> float:
        """The mean over subjects; NaN without any."""
        return self.total / self.subjects if self.subjects else math.nan

    @property
    def standard_error(self) -> float:
        """The standard error of the mean; NaN below two subjects."""
        if self.subjects < 2:
            return math.nan
        # In whole numbers until the last step: differences of large squares lose their digits in floats.
        spread = self.subjects * self.squares - self.total**2
        return math.sqrt(spread / (self.subjects**2 * (self.subjects - 1)))


def sums_of(values: Ints) -> Sums:
    """The sums of an outcome of subjects, exact whatever their size."""
    size = np.abs(values)
    # Squares of rates in billionths, say, add up to more than 64 bits hold; Python's own numbers have no end.
    fits = int(size.max(initial=0)) * int(size.sum()) < _INT_END
    squares = (values if fits else values.astype(object)) ** 2
    return Sums(subjects=len(values), total=int(values.sum()), squares=int(squares.sum()))


def added_sums(first: dict[Name, Sums], second: dict[Name, Sums]) -> dict[Name, Sums]:
    """The sums of two groups, by name."""
    none = Sums(subjects=0, total=0, squares=0)
    names = dict.fromkeys([*first, *second])
    return {name: first.get(name, none).added(second.get(name, none)) for name in names}


@dataclass(frozen=True, kw_only=True)
class TruthSums:
    """What the parent process keeps of a block's truth.

    Attributes:
        expected: Purchases beyond the first order that were expected on each day, had the calendar had no effect.
        purchases: Purchases beyond the first order on each day (counts).
        first_orders: First orders on each day (counts).
        effects: Sums by effect, group, days, arm, other arm and measure.
    """

    expected: Floats
    purchases: Ints
    first_orders: Ints
    effects: dict[Key, Sums]

    def added(self, other: TruthSums) -> TruthSums:
        """The sums of two blocks; to be added in the order of blocks, as floats have a say in `expected`."""
        return TruthSums(
            expected=self.expected + other.expected,
            purchases=self.purchases + other.purchases,
            first_orders=self.first_orders + other.first_orders,
            effects=added_sums(self.effects, other.effects),
        )


def truth_sums(story: Story, effects: dict[Key, Sums]) -> TruthSums:
    """The sums of a block, its effects' sums being known."""
    orders, days = story.orders, story.shop.calendar.days
    later = orders.rank > 0
    return TruthSums(
        expected=story.fates.expected_days,
        purchases=np.bincount(orders.day[later], minlength=days),
        first_orders=np.bincount(orders.day[~later], minlength=days),
        effects=effects,
    )


def effect_sums(graded: Graded, arms: list[Purchases]) -> dict[Key, Sums]:
    """Sums over the subjects of an effect, for each arm and each pair of arms.

    Args:
        graded: The effect and its subjects.
        arms: What they buy in each arm.
    """
    sums: dict[Key, Sums] = {}
    groups = {"all": np.ones(len(graded.customer), dtype=bool)}
    if graded.effect not in SELF_SELECTED:
        groups |= {arm: graded.arm == code for code, arm in enumerate(graded.arms)}
    for days in sorted({min(WINDOW_DAYS, graded.longest), graded.longest}):
        values = [_outcomes(graded, bought, days) for bought in arms]
        for group, among in groups.items():
            inside = [value[among] for value in values]
            for code, arm in enumerate(graded.arms):
                sums |= _measured((graded.effect, group, days, arm, ""), inside[code])
            for one, other in combinations(range(len(graded.arms)), 2):
                pair = (graded.effect, group, days, graded.arms[one], graded.arms[other])
                sums |= _measured(pair, inside[one] - inside[other])
    return sums


def _outcomes(graded: Graded, bought: Purchases, days: int) -> Ints:
    """Outcomes of subjects (rows) by measure (columns)."""
    inside = bought.age < days
    subject, subjects = bought.subject[inside], len(graded.customer)
    counts = np.bincount(subject, minlength=subjects)
    gross_profit = arrays.summed(bought.gross_profit[inside], subject, subjects)
    offer_cost = arrays.summed(bought.offer_cost[inside], subject, subjects)
    revenue = arrays.summed(bought.revenue[inside], subject, subjects)
    columns = [counts, counts > 0, revenue, gross_profit, gross_profit - offer_cost]
    return np.asfortranarray(np.column_stack(columns).astype(np.int64))


def _measured(key: tuple[str, str, int, str, str], values: Ints) -> dict[Key, Sums]:
    return {(*key, measure): sums_of(values[:, at]) for at, measure in enumerate(MEASURES)}


def effects_table(sums: TruthSums) -> pa.Table:
    """The true effects: a row for each mean outcome and for each difference of two arms.

    Columns: effect; among (`all`, or those who were in that arm); days (followed, at most); arm; other (the arm it is
    compared with; null for the mean outcome of one arm); measure; unit (`count`, `share`, `money`); subjects (count);
    mean (of the outcome, or of the difference, money in the store's currency); standard_error (over customers);
    relative (the difference as a share of the other arm's mean; null where there is none).
    """
    return pa.Table.from_pylist(effect_rows(sums.effects), schema=_EFFECTS)


def effect_rows(sums: dict[Key, Sums]) -> list[dict[str, object]]:
    """The rows of `effects_table`."""
    return [_row(key, one, sums) for key, one in sums.items() if one.subjects]


_EFFECTS = pa.schema(
    [
        *((name, pa.string()) for name in ("effect", "among")),
        ("days", pa.int64()),
        *((name, pa.string()) for name in ("arm", "other", "measure", "unit")),
        ("subjects", pa.int64()),
        *((name, pa.float64()) for name in ("mean", "standard_error", "relative")),
    ]
)


def _row(key: Key, one: Sums, known: dict[Key, Sums]) -> dict[str, object]:
    effect, among, days, arm, other, measure = key
    unit = "money" if measure in _MONEY else "share" if measure == "buyers" else "count"
    scale = 100 if unit == "money" else 1
    base = known[effect, among, days, other, "", measure].mean if other else 0.0
    return {
        "effect": effect,
        "among": among,
        "days": days,
        "arm": arm,
        "other": other or None,
        "measure": measure,
        "unit": unit,
        "subjects": one.subjects,
        "mean": one.mean / scale,
        "standard_error": None if one.subjects < 2 else one.standard_error / scale,
        "relative": one.mean / base if base else None,
    }


def days_table(shop: Shop, sums: TruthSums) -> pa.Table:
    """What each day did to all customers alike.

    Columns: day (date); the factors season, weekday, shock and price on buying; price_index; out_of_stock (category, or
    null); first_orders and purchases (counts; the latter beyond first orders); expected_neutral (purchases expected had
    all factors of the calendar been 1) and expected (with them).
    """
    calendar = shop.calendar
    return pa.table(
        {
            "day": arrays.dates(calendar.dates),
            "season": calendar.season,
            "weekday": calendar.weekday,
            "shock": calendar.shock,
            "price": calendar.price,
            "price_index": calendar.price_index,
            "out_of_stock": arrays.named(calendar.out_of_stock, shop.catalogue.categories),
            "first_orders": sums.first_orders,
            "purchases": sums.purchases,
            "expected_neutral": sums.expected,
            "expected": sums.expected * calendar.buying,
        }
    )
