"""When to write to each customer: at the own favourite hour and weekday where that was seen to help, else at all's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.favourites import (
    FEWEST,
    Kind,
    base_of_hours,
    base_of_weekdays,
    best_hour,
    best_weekday,
    favourite_hours,
    favourite_weekdays,
    met_around,
    met_on,
    paired_gain,
    strength,
)

HOURS = tuple(f"hour_{hour}" for hour in range(24))
WEEKDAYS = tuple(f"day_{weekday}" for weekday in range(1, 8))
_COLUMNS = ["kind", "what", "customers", "own", "base", "gain", "low", "high", "strength", "used"]
_NUMBERS = ("own", "base", "gain", "low", "high", "strength")


class HabitCountsLike(Protocol):
    """What `measures.actions.hours.habit_counts` gives."""

    @property
    def now(self) -> pd.DataFrame:
        """Moments by customer, hour and weekday."""

    @property
    def past(self) -> pd.DataFrame:
        """The same as known at the cut-off, with what was done from then on."""

    @property
    def grid(self) -> pd.DataFrame:
        """Moments by kind, weekday and hour."""

    @property
    def cutoff(self) -> date:
        """First day that is held out."""

    @property
    def until(self) -> date:
        """First day that is not seen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Habits:
    """When to write to each customer.

    Attributes:
        rows: The customers of whom a moment is known (row, ascending).
        hours: Their hours, 0 to 23: a message goes out at the full hour.
        weekdays: Their weekdays, 1 = Monday to 7; 0 where the first possible day is as good as any.
        base_hour: The hour of everybody else: that around which most is opened, or bought.
        base_weekday: The weekday of everybody else: that of most purchases; 0 where none is known.
        kind: What `base_hour` and `own_hour_gain` are about: "openings", or "purchases" where fewer than 30 messages
            were opened by people.
        gains: One row a judgement: kind, what ("hour", "weekday"), customers (judged), own, base (mean shares of
            their later moments met by the own favourite and by the best of all), gain, low, high (paired; missing below
            30 customers), strength (moments that all customers count for), used (bool). Without rows where nobody was
            judged.
        own_hour_gain: Share of later moments within two hours of the own hour, less that of the best hour of all.
        own_weekday_gain: Share of later purchases on the own weekday, less that of the best weekday of all.
        open_hours: The hours among which favourites were looked for.
        grid: Moments by kind, weekday and hour, as counted.
        cutoff: First day of the held-out weeks.
        until: First day after them.
    """

    rows: np.ndarray
    hours: np.ndarray
    weekdays: np.ndarray
    base_hour: int
    base_weekday: int
    kind: Kind
    gains: pd.DataFrame
    own_hour_gain: Estimate | NotEnough
    own_weekday_gain: Estimate | NotEnough
    open_hours: tuple[int, ...]
    grid: pd.DataFrame
    cutoff: date
    until: date

    @property
    def own_hours(self) -> int:
        """Customers whose hour is not that of everybody else (count)."""
        return int((self.hours != self.base_hour).sum())

    @property
    def held_out_days(self) -> int:
        """Days in which habits were held against what was done."""
        return (self.until - self.cutoff).days

    @property
    def machine_openings(self) -> int:
        """Messages that only a machine opened, which say nothing of anybody's hours (count)."""
        return int(self.grid.loc[self.grid["kind"] == "machines", "moments"].sum())

    def of(self, rows: np.ndarray | pd.Series) -> pd.DataFrame:
        """The weekday and hour of customers.

        Args:
            rows: Numbers of customers, in any order; of whom nothing is known gets everybody's.

        Returns:
            Columns weekday (0 to 7) and hour (0 to 23), int8, in the order of `rows`.
        """
        wanted = np.asarray(rows, dtype=np.int64)
        weekday = np.full(len(wanted), self.base_weekday, dtype=np.int8)
        hour = np.full(len(wanted), self.base_hour, dtype=np.int8)
        if len(self.rows):
            place = np.minimum(np.searchsorted(self.rows, wanted), len(self.rows) - 1)
            known = self.rows[place] == wanted
            weekday[known], hour[known] = self.weekdays[place[known]], self.hours[place[known]]
        return pd.DataFrame({"weekday": weekday, "hour": hour})

    def to_frame(self) -> pd.DataFrame:
        """What was judged, and whether it is used."""
        return self.gains


def habits(counts: HabitCountsLike, *, open_hours: Sequence[int] = tuple(range(24)), level: float = 0.95) -> Habits:
    """Everybody's hour and weekday for messages.

    A customer's moments, each spread over the two hours before and after round the clock, are drawn towards those of
    all customers, who count for as many moments as foretell best what a customer does from what he did otherwise. The
    favourite is the full hour with the largest share in the two hours before it and the two after. It is used only
    where in the held-out weeks more of the customers' moments lay around the own hour than around the best of all, with
    the whole interval above 0; else everybody is written to at the best hour of all. So with the weekday of buying.

    Args:
        counts: From `measures.actions.hours.habit_counts`.
        open_hours: The hours in which a message may be sent.
        level: Confidence level.

    Returns:
        The habits. Where a store knows no hours, everybody's is 10 o'clock, or the first that is open.

    Raises:
        ValueError: No hour is open.
    """
    allowed = np.array(sorted(open_hours), dtype=np.int64)
    if not allowed.size:
        msg = "no hour is open for messages; give at least one of 0 to 23"
        raise ValueError(msg)
    openings, purchases = (_hours_judged(counts, kind, allowed, level) for kind in ("openings", "purchases"))
    weekday = _weekdays_judged(counts, level)
    main = openings if openings.moments >= FEWEST else purchases
    base_hour = best_hour(base_of_hours(counts.grid, main.kind, "moments"), allowed)
    base_weekday = best_weekday(base_of_weekdays(counts.grid, "moments"))
    judged = [found.row for found in (openings, purchases, weekday) if found.customers]
    return Habits(
        rows=counts.now["row"].to_numpy(),
        hours=_own_hours(counts, (openings, purchases), allowed, default=base_hour),
        weekdays=_own_weekdays(counts, weekday, default=base_weekday),
        base_hour=base_hour,
        base_weekday=base_weekday,
        kind=main.kind,
        gains=pd.DataFrame(judged, columns=_COLUMNS).astype(dict.fromkeys(_NUMBERS, float)),
        own_hour_gain=main.gain,
        own_weekday_gain=weekday.gain,
        open_hours=tuple(allowed.tolist()),
        grid=counts.grid,
        cutoff=counts.cutoff,
        until=counts.until,
    )


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """How the own favourite did in the held-out weeks beside the best of all."""

    kind: Kind
    what: Literal["hour", "weekday"]
    customers: int
    own: float
    base: float
    gain: Estimate | NotEnough
    strength: float
    moments: int

    @property
    def used(self) -> bool:
        """Whether the whole interval of the gain lies above 0."""
        return isinstance(self.gain, Estimate) and self.gain.low is not None and self.gain.low > 0

    @property
    def row(self) -> tuple[object, ...]:
        """As a row of `Habits.gains`."""
        gain = self.gain
        told = [getattr(gain, name) for name in ("value", "low", "high")] if isinstance(gain, Estimate) else [None] * 3
        return (self.kind, self.what, self.customers, self.own, self.base, *told, self.strength, self.used)


def _hours_judged(counts: HabitCountsLike, kind: Kind, allowed: np.ndarray, level: float) -> _Judged:
    """How customers' own hours did, of those whose hours are known from openings, or from purchases."""
    base = base_of_hours(counts.grid, kind, "before")
    past = counts.past[counts.past["openings"] == (kind == "openings")]
    known, then = _both_sides(past, HOURS)
    drawn = strength(known, base, round_the_clock=True)
    own = met_around(then, favourite_hours(known, base, strength=drawn, allowed=allowed))
    best = met_around(then, np.full(len(then), best_hour(base, allowed)))
    seen = counts.grid[(counts.grid["kind"] == kind) & (counts.grid["hour"] >= 0)]
    return _judged(own, best, kind=kind, what="hour", drawn=drawn, moments=int(seen["moments"].sum()), level=level)


def _both_sides(past: pd.DataFrame, names: Sequence[str]) -> list[np.ndarray]:
    """Counts before the cut-off and from it on, of those who have some of both."""
    sides = [past[list(names)].to_numpy(), past[[f"then_{name}" for name in names]].to_numpy()]
    both = np.all([side.any(axis=1) for side in sides], axis=0)
    return [side[both] for side in sides]


def _weekdays_judged(counts: HabitCountsLike, level: float) -> _Judged:
    """How customers' own weekdays of buying did."""
    base = base_of_weekdays(counts.grid, "before")
    known, then = _both_sides(counts.past, WEEKDAYS)
    drawn = strength(known, base, round_the_clock=False)
    own = met_on(then, favourite_weekdays(known, base, strength=drawn))
    best = met_on(then, np.full(len(then), best_weekday(base)))
    return _judged(own, best, kind="purchases", what="weekday", drawn=drawn, moments=int(known.sum()), level=level)


def _judged(
    own: np.ndarray,
    best: np.ndarray,
    *,
    kind: Kind,
    what: Literal["hour", "weekday"],
    drawn: float,
    moments: int,
    level: float,
) -> _Judged:
    return _Judged(
        kind=kind,
        what=what,
        customers=len(own),
        own=float(own.mean()) if len(own) else np.nan,
        base=float(best.mean()) if len(own) else np.nan,
        gain=paired_gain(own, best, level=level),
        strength=drawn,
        moments=moments,
    )


def _own_hours(counts: HabitCountsLike, judged: Sequence[_Judged], allowed: np.ndarray, *, default: int) -> np.ndarray:
    """The hour of each customer of whom a moment is known."""
    now = counts.now
    hours = np.full(len(now), default, dtype=np.int8)
    timed = now[list(HOURS)].to_numpy().any(axis=1)
    for habit in judged:
        if habit.used:
            whose = np.flatnonzero(timed & (now["openings"].to_numpy() == (habit.kind == "openings")))
            base = base_of_hours(counts.grid, habit.kind, "moments")
            known = now[list(HOURS)].to_numpy()[whose]
            hours[whose] = favourite_hours(known, base, strength=habit.strength, allowed=allowed)
    return hours


def _own_weekdays(counts: HabitCountsLike, judged: _Judged, *, default: int) -> np.ndarray:
    """The weekday of each customer of whom a moment is known."""
    known = counts.now[list(WEEKDAYS)].to_numpy()
    weekdays = np.full(len(known), default, dtype=np.int8)
    if judged.used:
        whose = np.flatnonzero(known.any(axis=1))
        base = base_of_weekdays(counts.grid, "moments")
        weekdays[whose] = favourite_weekdays(known[whose], base, strength=judged.strength)
    return weekdays
