"""Small counts of moments, made by hand, as the measure gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

HOURS = [f"hour_{hour}" for hour in range(24)]
WEEKDAYS = [f"day_{weekday}" for weekday in range(1, 8)]


@dataclass(frozen=True)
class Counts:
    """As `measures.actions.hours.HabitCounts`."""

    now: pd.DataFrame
    past: pd.DataFrame
    grid: pd.DataFrame
    cutoff: date = date(2026, 6, 3)
    until: date = date(2026, 7, 1)


def customers(
    hours: list[list[int]],
    *,
    openings: bool = False,
    weekdays: list[list[int]] | None = None,
    then: list[tuple[int, int]] | None = None,
) -> pd.DataFrame:
    """One customer a list of hours at which something was done; `then` is what each did later: an hour, a weekday."""
    days = weekdays if weekdays is not None else [[] for _ in hours]
    frame = pd.DataFrame({"row": np.arange(len(hours), dtype=np.int32), "openings": openings})
    for hour, name in enumerate(HOURS):
        frame[name] = np.array([each.count(hour) for each in hours], dtype=np.int16)
    for weekday, name in enumerate(WEEKDAYS, 1):
        frame[name] = np.array([each.count(weekday) for each in days], dtype=np.int16)
    if then is not None:
        for hour, name in enumerate(HOURS):
            frame[f"then_{name}"] = np.array([hour == at for at, _ in then], dtype=np.int16)
        for weekday, name in enumerate(WEEKDAYS, 1):
            frame[f"then_{name}"] = np.array([weekday == on for _, on in then], dtype=np.int16)
    return frame


def grid(*cells: tuple[str, int, int, int]) -> pd.DataFrame:
    """Moments as (kind, weekday, hour, moments), all before the cut-off."""
    frame = pd.DataFrame(cells, columns=["kind", "weekday", "hour", "moments"])
    return frame.assign(before=frame["moments"])


def nobody() -> Counts:
    """A store without moments."""
    return Counts(now=customers([]), past=customers([], then=[]), grid=grid())
