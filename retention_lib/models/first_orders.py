"""What was known at the first order, as columns of numbers that regressions take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NUMBERS = ("lines", "amount", "discount_share", "promised_days")
"""Features that are numbers; money as its logarithm."""

NAMES = ("carrier", "region", "channel", "acquisition_channel", "category", "coupon")
"""Features that are names; each level but the largest has a column."""

CALENDAR = ("month_of_year", "trend")
"""Features of the day of the order."""

FEWEST_OF_LEVEL = 20
"""Customers (count) below which a level joins the others that are as rare."""

MOST_LEVELS = 12
"""Levels of a name (count) that have a column of their own at most, the largest ones."""

RARE, UNKNOWN = "rare", "unknown"
"""The level of all that are rare, and of what is not known."""

_MONEY = "amount"
_NOTHING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Design:
    """Columns of a regression on what was known at the first order, none of which follows from the others.

    Attributes:
        features: The feature each column belongs to.
        levels: Its level for a name; empty for a number.
        bases: The level of each column's feature that has none; empty for a number.
        values: Customers by columns, as they are (not standardised).
    """

    features: tuple[str, ...]
    levels: tuple[str, ...]
    bases: tuple[str, ...]
    values: Floats

    @property
    def standard(self) -> Floats:
        """The columns with mean 0 and standard deviation 1."""
        return (self.values - self.values.mean(axis=0)) / self.values.std(axis=0)

    def only(self, places: Sequence[int] | NDArray[np.int64]) -> Design:
        """The columns in some places."""
        return Design(
            features=tuple(self.features[place] for place in places),
            levels=tuple(self.levels[place] for place in places),
            bases=tuple(self.bases[place] for place in places),
            values=self.values[:, places],
        )


@dataclass(frozen=True)
class _Column:
    feature: str
    level: str
    base: str
    values: Floats


def design(frame: pd.DataFrame) -> Design:
    """The regression's columns for some first orders.

    The calendar is the month of the year and the days since the first of them. Columns that do not vary, or follow
    from those before them, are left out.

    Args:
        frame: From `measures.first_orders.first_orders`.
    """
    columns = [column for column in _columns(frame) if column.values.std() > _NOTHING]
    known = Design(
        features=tuple(column.feature for column in columns),
        levels=tuple(column.level for column in columns),
        bases=tuple(column.base for column in columns),
        values=np.column_stack([column.values for column in columns]) if columns else np.empty((len(frame), 0)),
    )
    return known.only(independent(known.standard))


def deliveries_known(orders: pd.DataFrame) -> bool:
    """Whether the store knows of its deliveries when they were promised and when they came.

    Args:
        orders: From `measures.first_orders.first_orders`.
    """
    return "late_days" in orders and (orders.empty or bool(orders["late_days"].notna().any()))


def drawn(
    orders: pd.DataFrame, whose: pd.Series, *, most: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, int | None]:
    """Some of the customers, chosen by chance where there are too many, without copying the others.

    Args:
        orders: From `measures.first_orders.first_orders`.
        whose: Who may be chosen (bool).
        most: Customers (count) wanted at most.
        rng: Draws them.

    Returns:
        Their rows in their order, numbered from 0, and how many there were to choose from (count); None where all
        were taken.
    """
    places = np.flatnonzero(whose.to_numpy())
    drawn_from = len(places) if len(places) > most else None
    if drawn_from:
        places = places[np.sort(rng.choice(drawn_from, most, replace=False))]
    return orders.iloc[places].reset_index(drop=True), drawn_from


def independent(standard: Floats) -> list[int]:
    """The places of columns that do not follow from those before them.

    Args:
        standard: Columns of mean 0 and standard deviation 1.
    """
    left, kept = standard.T @ standard / max(len(standard), 1), []
    # Sweep each column out of those after it (Cholesky): what is left on the diagonal is its own variance.
    for place in range(len(left)):
        if left[place, place] > _NOTHING:
            kept.append(place)
            left = left - np.outer(left[:, place], left[place]) / left[place, place]
    return kept


def _columns(frame: pd.DataFrame) -> Iterator[_Column]:
    for name in NAMES:
        if name in frame:
            yield from _name(name, frame[name])
    for name in NUMBERS:
        if name in frame and frame[name].notna().any():
            yield from _number(name, frame[name].to_numpy(float))
    yield from _name(CALENDAR[0], frame["day"].dt.month)
    yield _Column(CALENDAR[1], "", "", (frame["day"] - frame["day"].min()).dt.days.to_numpy(float))


def _number(name: str, values: Floats) -> Iterator[_Column]:
    """A number, and whether it is known where it is not always."""
    shown = np.log1p(values.clip(min=0)) if name == _MONEY else values
    known = np.isfinite(shown)
    yield _Column(name, "", "", np.where(known, shown, shown[known].mean()))
    if not known.all():
        yield _Column(name, UNKNOWN, "", 1.0 - known)


def _name(name: str, values: pd.Series) -> Iterator[_Column]:
    """A column for each level of a name but the largest; rare levels are one, or the largest where few have them."""
    codes, levels = pd.factorize(values.astype(object).where(values.notna(), UNKNOWN).astype(str), sort=True)
    sizes = np.bincount(codes, minlength=len(levels))
    order = np.argsort(-sizes, kind="stable")
    rare = sizes < FEWEST_OF_LEVEL
    rare[order[MOST_LEVELS:]] = True
    base = str(levels[order[0]])
    for place in order[1:]:
        if not rare[place]:
            yield _Column(name, str(levels[place]), base, (codes == place).astype(float))
    if sizes[rare].sum() >= FEWEST_OF_LEVEL:
        yield _Column(name, RARE, base, rare[codes].astype(float))
