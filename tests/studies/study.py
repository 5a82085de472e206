"""A study: many cases worked off, and the figure that comes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from studies.cases import Result


@dataclass(frozen=True, kw_only=True)
class Found:
    """A figure of a study, as the table and `outputs/study.json` show it.

    Attributes:
        name: The figure.
        value: What was measured.
        low: Lower bound, at 95 % confidence.
        high: Upper bound.
        n: Cases (count).
    """

    name: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a study does.

    Attributes:
        target: `module:function` that takes the number of a case and gives its result.
        cases: How many (count).
        figures: The figures of the results.
        failures: The results a reader should look into.
        chunk: Cases that one process works off in a row (count); as the frame likes if omitted.
    """

    target: str
    cases: int
    figures: Callable[[list[Result]], list[Found]]
    failures: Callable[[list[Result]], list[Result]]
    chunk: int | None = None


def median(name: str, values: list[float]) -> Found:
    """The median with its interval by order statistics (binomial, two-sided 95 %)."""
    ordered = np.sort(values)
    half = 0.98 * np.sqrt(len(ordered))
    low, high = (int(np.clip(np.floor(len(ordered) / 2 + side * half), 0, len(ordered) - 1)) for side in (-1, 1))
    return Found(
        name=name, value=float(np.median(ordered)), low=float(ordered[low]), high=float(ordered[high]), n=len(ordered)
    )
