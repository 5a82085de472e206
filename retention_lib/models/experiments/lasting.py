"""Whether what a campaign gained is still there weeks later, or was only bought earlier than it would have been."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.arm_means import Contrast
from retention_lib.models.experiments.contrasts import ArmPair, Weights
from retention_lib.models.experiments.metrics import Kind, Metric, kind_of
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.slopes import overall_slope, slopes
from retention_lib.models.experiments.validity import Validity
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.ratios import Ratio, fieller

Course = Literal["lasts", "part_lost", "all_lost", "grows", "no_gain", "cannot_tell", "waiting", "withheld"]
"""What became of a gain: at most half can be gone; a part, or as far as can be seen all of it, is gone; it grew; there
was none to lose; the weeks after do not tell; they are not over; the test is not valid."""

MOST_LOST = 0.5
"""Share of the gain that may be gone at most where it is said to last."""

FEWEST = 30
"""Units in an arm below which no line is drawn."""

_LEVEL = 0.95
_BEFORE = ("before_total", "before_squares", "before_product")
_PATH = ("arm", "age", "base", "control_base", "effect", "low", "high")


class Read(Protocol):
    """How a test is read."""

    @property
    def window_days(self) -> int:
        """Days of the window (count)."""

    @property
    def after_days(self) -> int:
        """Days after it (count)."""


class Schedule(Protocol):
    """When a test is over, as `measures.experiments.Experiment` has it."""

    @property
    def dated(self) -> bool:
        """Whether it has dates."""

    @property
    def window_closed(self) -> bool:
        """Whether everybody's window is seen whole."""

    @property
    def after_closed(self) -> bool:
        """Whether everybody's weeks after it are seen whole."""

    @property
    def after_ends(self) -> date | None:
        """First day after these; None without dates."""

    @property
    def reading(self) -> Read:
        """How it is read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lasting:
    """The effect of a campaign over the days since it, and what became of its gain.

    Attributes:
        path: One row an arm and day since the assignment: arm, age (0 on the day itself), base, control_base (units
            seen that long), effect (of all days so far together, arm minus control), low, high (of this day by itself).
        summary: One row an arm: arm, window, window_low, window_high (effect in the window; NaN until it is closed),
            after, after_low, after_high (in the weeks after), full, full_low, full_high (both together; NaN until they
            are over), lost, lost_low, lost_high (share of the window's effect that the weeks after took back, negative
            where they added to it; NaN where there is no gain to share, bounds where they do not close), base,
            control_base, course.
        metric: What is compared.
        control: The arm left alone.
        level: Confidence level of the intervals.
        window_days: Days of the window (count).
        after_days: Days after it (count).
        after_ends: First day on which the weeks after are over for everybody.
        after_closed: Whether they are.
        adjusted: Whether all effects are sharpened by the same metric before the test.
        kind: How the metric is written: a share, money or a count.
        unit: What is counted.
    """

    path: pd.DataFrame
    summary: pd.DataFrame
    metric: str
    control: str
    level: float
    window_days: int
    after_days: int
    after_ends: date
    after_closed: bool
    adjusted: bool
    kind: Kind = "money"
    unit: str = "customer"

    def verdict(self, arm: str) -> Course:
        """What became of an arm's gain."""
        return self._row(arm)["course"]

    def in_window(self, arm: str) -> Estimate | NotEnough:
        """An arm's effect in the window."""
        return self._estimate(arm, "window")

    def after(self, arm: str) -> Estimate | NotEnough:
        """Its effect in the weeks after the window."""
        return self._estimate(arm, "after")

    def full(self, arm: str) -> Estimate | NotEnough:
        """Both together."""
        return self._estimate(arm, "full")

    def lost(self, arm: str) -> Estimate | NotEnough:
        """The share of the gain that the weeks after took back."""
        return self._estimate(arm, "lost")

    def to_frame(self) -> pd.DataFrame:
        """The path."""
        return self.path

    def _row(self, arm: str) -> dict[str, Any]:
        rows = self.summary[self.summary["arm"] == arm]
        if rows.empty:
            msg = f"no arm {arm!r}; arms: {', '.join(self.summary['arm'])}"
            raise KeyError(msg)
        return {str(name): value for name, value in rows.iloc[0].to_dict().items()}

    def _estimate(self, arm: str, name: str) -> Estimate | NotEnough:
        row = self._row(arm)
        if math.isnan(row[name]) and self.after_closed:
            return NotEnough("gain_to_lose", 0, 1)
        if math.isnan(row[name]):
            return NotEnough("test_weeks_after", 0, 1)
        low, high = (float(row[f"{name}_{end}"]) for end in ("low", "high"))
        n = float(row["base"] + row["control_base"])
        if math.isnan(low):
            return Estimate(float(row[name]), n=n)
        return Estimate(float(row[name]), low=low, high=high, level=self.level, n=n)


def lasting(
    ages: pd.DataFrame | NotEnough,
    moments: Moments | NotEnough,
    *,
    control: str | NotEnough,
    metric: str | NotEnough,
    schedule: Schedule | NotEnough,
    validity: Validity | NotEnough | None = None,
) -> Lasting | NotEnough:
    """The effect of each arm over the days since it was assigned.

    Args:
        ages: One row an arm and day since the assignment: arm, age, units (seen that long), total, total_squares (of
            the metric over all days so far) and, to sharpen the line, before_total, before_squares, before_product (of
            the same units: of the metric before the test, its square, its product with the metric so far).
        moments: Sums over units with the columns `<metric>`, `<metric>_after` and, where known, `<metric>_before`.
        control: The arm left alone.
        metric: What is compared.
        schedule: When the test is over.
        validity: Its checks; nothing is said of the gain of a test that is not valid.

    Returns:
        The effects; `NotAsked` for a test without dates or without weeks after its window, the first refusal of what
        is given, `NotEnough("customers_per_arm")` where an arm has fewer than 30 units.
    """
    if not isinstance(schedule, NotEnough) and not (schedule.dated and schedule.reading.after_days):
        return NotAsked("test_weeks_after", 0, 1)
    for given in (schedule, moments, control, metric, ages):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(ages, pd.DataFrame)
    assert isinstance(moments, Moments)
    assert not isinstance(schedule, NotEnough)
    fewest = min(moments.units(arm) for arm in moments.names)
    if fewest < FEWEST:
        return NotEnough("customers_per_arm", fewest, FEWEST)
    found = _lasting(ages, moments, str(control), str(metric), schedule)
    status = validity.status if isinstance(validity, Validity) else "valid"
    return found if status == "valid" else replace(found, summary=_withheld(found.summary, status))


def _lasting(ages: pd.DataFrame, moments: Moments, control: str, metric: str, schedule: Schedule) -> Lasting:
    adjusted = set(_BEFORE) <= set(ages.columns) and moments.known(f"{metric}_before")
    arms = [arm for arm in moments.names if arm != control]
    pairs = [ArmPair(moments=moments, arm=arm, control=control) for arm in arms]
    paths = [_path(ages, arm, control, adjusted=adjusted) for arm in arms]
    ends = schedule.after_ends
    assert ends is not None
    return Lasting(
        path=pd.concat(paths, ignore_index=True)[list(_PATH)],
        summary=pd.DataFrame([_summary(pair, metric, schedule, adjusted=adjusted) for pair in pairs]),
        metric=metric,
        control=control,
        level=_LEVEL,
        window_days=schedule.reading.window_days,
        after_days=schedule.reading.after_days,
        after_ends=ends,
        after_closed=schedule.after_closed,
        adjusted=adjusted,
        kind=kind_of(Metric(name=metric, column=metric), moments),
        unit=moments.unit,
    )


def _withheld(summary: pd.DataFrame, status: str) -> pd.DataFrame:
    """The summary of a test that may not be read yet, or at all."""
    return summary.assign(course="withheld" if status == "invalid" else "waiting")


def _path(ages: pd.DataFrame, arm: str, control: str, *, adjusted: bool) -> pd.DataFrame:
    """The effect of an arm by days since the assignment."""
    own, other = (ages[ages["arm"] == name].set_index("age") for name in (arm, control))
    seen = own.index.intersection(other.index)
    sides = [_side(frame.loc[seen], adjusted=adjusted) for frame in (own, other)]
    slope = _path_slope(own.loc[seen], other.loc[seen]) if adjusted else np.zeros(len(seen))
    means = [side["mean"] - slope * side["known"] for side in sides]
    squares = [side["squares"] - 2 * slope * side["product"] + slope**2 * side["spread"] for side in sides]
    variance = sum(
        np.clip(square, 0.0, None) / (side["n"] - 1) / side["n"] for square, side in zip(squares, sides, strict=True)
    )
    half = normal_quantile(_LEVEL) * np.sqrt(variance)
    effect = means[0] - means[1]
    frame = pd.DataFrame({"age": seen, "base": sides[0]["n"], "control_base": sides[1]["n"], "effect": effect})
    frame = frame.assign(arm=arm, low=effect - half, high=effect + half)
    return frame[(frame["base"] >= FEWEST) & (frame["control_base"] >= FEWEST)]


def _path_slope(own: pd.DataFrame, other: pd.DataFrame) -> np.ndarray:
    """How much the metric so far rises with what was known before, over both arms, by age."""
    both = {name: (own[name] + other[name]).to_numpy(float) for name in ("units", "total", *_BEFORE)}
    known, squares, product = (both[name] for name in _BEFORE)
    spread = squares - known**2 / both["units"]
    together = product - known * both["total"] / both["units"]
    return slopes(together, spread)


def _side(frame: pd.DataFrame, *, adjusted: bool) -> dict[str, np.ndarray]:
    """Means and sums of squares about them of one arm, by age; of what was known before, zeros where it is not used."""
    n, total, squares = (frame[name].to_numpy(float) for name in ("units", "total", "total_squares"))
    known, before, product = (frame[name].to_numpy(float) if adjusted else np.zeros(len(n)) for name in _BEFORE)
    safe = np.where(n > 1, n, np.nan)
    return {
        "n": safe,
        "mean": total / safe,
        "known": known / safe,
        "squares": squares - total**2 / safe,
        "spread": before - known**2 / safe,
        "product": product - total * known / safe,
    }


def _summary(pair: ArmPair, metric: str, schedule: Schedule, *, adjusted: bool) -> dict[str, Any]:
    """What became of one arm's gain."""
    spans = _spans(pair, metric, adjusted=adjusted)
    over = {"window": schedule.window_closed, "after": schedule.after_closed, "full": schedule.after_closed}
    told: dict[str, Any] = {"arm": pair.arm}
    for name, weights in spans.items():
        found = pair.difference(weights) if over[name] else None
        told |= _bounds(name, found)
    lost = _lost(pair, spans["window"], spans["after"]) if schedule.after_closed and told["window"] > 0 else None
    told["lost"] = -lost.value if lost else math.nan
    told |= {"lost_low": -lost.high, "lost_high": -lost.low} if lost else {"lost_low": math.nan, "lost_high": math.nan}
    told |= {"base": pair.units(pair.arm), "control_base": pair.units(pair.control)}
    return {**told, "course": _course(told)}


def _spans(pair: ArmPair, metric: str, *, adjusted: bool) -> dict[str, Weights]:
    """What is compared in the window, in the weeks after and in both: the metric less its slope times that before."""
    window, after = {metric: 1.0}, {f"{metric}_after": 1.0}
    if adjusted:
        before = f"{metric}_before"
        window[before] = -_slope(pair, metric, before)
        after[before] = -_slope(pair, f"{metric}_after", before)
    full = {name: window.get(name, 0.0) + after.get(name, 0.0) for name in {**window, **after}}
    return {"window": window, "after": after, "full": full}


def _slope(pair: ArmPair, column: str, before: str) -> float:
    """How much a column rises with what was known before, over both arms; the same as the effects are adjusted by."""
    both = [pair.moments.aggregates(arm, column, before) for arm in (pair.arm, pair.control)]
    return overall_slope(both[0] + both[1], column, before)


def _bounds(name: str, found: Contrast | None) -> dict[str, float]:
    if found is None:
        return {name: math.nan, f"{name}_low": math.nan, f"{name}_high": math.nan}
    half = found.half(_LEVEL)
    return {name: found.value, f"{name}_low": found.value - half, f"{name}_high": found.value + half}


def _lost(pair: ArmPair, window: Weights, after: Weights) -> Ratio:
    """The effect of the weeks after over that of the window; minus what is lost."""
    above, below = pair.difference(after), pair.difference(window)
    covariance = pair.covariance(window, after)
    return fieller(above.part, below.part, covariance=covariance, quantile=below.quantile(_LEVEL))


def _course(told: dict[str, Any]) -> Course:
    """What is said of one arm's gain."""
    if math.isnan(told["full"]):
        return "waiting"
    if told["window_low"] <= 0:
        return "no_gain"
    if told["lost_low"] > 0:
        return "all_lost" if told["full_low"] <= 0 and told["lost_high"] >= 1 else "part_lost"
    if told["lost_high"] < 0:
        return "grows"
    return "lasts" if told["lost_high"] <= MOST_LOST else "cannot_tell"
