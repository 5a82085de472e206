"""What a model hands out: an estimate with its uncertainty, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, asdict, dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Estimate:
    """One number with its interval, its base and whether it may be claimed.

    No field ever holds NaN: a number that cannot be computed is a `NotEnough`.

    Attributes:
        value: The point estimate.
        low: Lower bound of the interval; None when the figure has no interval.
        high: Upper bound of the interval; None when the figure has no interval.
        level: Confidence level of the interval, in (0, 1).
        n: The base: customers (or other units) the estimate rests on.
        p: Two-sided p-value of the test the figure stands for.
        p_adjusted: The p-value after correction for several comparisons.
        claimed: Whether the design and the data allow saying that there is an effect or a dependence;
            None when nothing is tested.
        reason: Code of why a claim is withheld, or of a caveat; None when there is none.
    """

    value: float
    _: KW_ONLY
    low: float | None = None
    high: float | None = None
    level: float | None = None
    n: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    claimed: bool | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse NaN and bounds in the wrong order, so that they can never reach a page.

        Raises:
            ValueError: A numeric field is NaN, or `low` lies above `high`.
        """
        for field in fields(self):
            content = getattr(self, field.name)
            if isinstance(content, float) and math.isnan(content):
                msg = f"Estimate.{field.name} is NaN; what cannot be computed must be NotEnough or None"
                raise ValueError(msg)
        if self.low is not None and self.high is not None and self.low > self.high:
            msg = f"an interval from {self.low} to {self.high} has its bounds in the wrong order"
            raise ValueError(msg)

    def to_frame(self) -> pd.DataFrame:
        """The estimate as one row, one column a field."""
        return pd.DataFrame([asdict(self)])


@dataclass(frozen=True)
class NotEnough:
    """The data cannot carry the answer.

    Attributes:
        reason: Code of what is too little, such as "customers_with_three_gaps"; reports hold its sentence.
        have: How much there is.
        need: How much it takes.
    """

    reason: str
    have: float
    need: float

    def __getattr__(self, name: str) -> Any:
        """Any figure of a missing result is missing for the same reason: `not_enough.lapse_rate` is itself.

        So a notebook reads one field after another without asking whether there was enough data.

        Raises:
            AttributeError: The name begins with an underscore; Python's own protocols look for those.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def to_frame(self) -> pd.DataFrame:
        """The refusal as one row: reason, have, need."""
        return pd.DataFrame([asdict(self)])


class NotAsked(NotEnough):
    """The question is not put to this store: nothing is shown where its answer would stand."""


def first_refusal(*results: Any) -> NotEnough:
    """The first `NotEnough` among several results.

    Args:
        *results: At least one of them is a `NotEnough`.
    """
    return next(result for result in results if isinstance(result, NotEnough))


def first_asked(*results: Any) -> Any:
    """The first result that is an answer to a question put to this store; the last where none is.

    Args:
        *results: Results in the order in which they are wanted.
    """
    return next((result for result in results if not isinstance(result, NotAsked)), results[-1])


def unit_of(frame: Any) -> str:
    """What one row of a measure counts as: its constant column `unit`; `customer` where it says nothing."""
    told = isinstance(frame, pd.DataFrame) and "unit" in frame and len(frame) > 0
    return str(frame["unit"].iloc[0]) if told else "customer"


def figures_frame(result: Any) -> pd.DataFrame:
    """The scalar figures of a result dataclass, one row a field.

    Args:
        result: A dataclass instance; fields that are tables or other containers are left out.

    Returns:
        Columns: figure (field name), value (number, text or missing), low, high, level, n, p, p_adjusted,
        claimed, reason. A `NotEnough` field has a missing value and its reason code.
    """
    columns = ["figure", *(field.name for field in fields(Estimate))]
    rows: list[dict[str, Any]] = []
    for field in fields(result):
        content = getattr(result, field.name)
        if isinstance(content, Estimate):
            rows.append({"figure": field.name, **asdict(content)})
        elif isinstance(content, NotEnough):
            rows.append({"figure": field.name, "reason": content.reason, "n": content.have})
        elif content is None or isinstance(content, str | int | float | bool) or hasattr(content, "isoformat"):
            rows.append({"figure": field.name, "value": content})
    return pd.DataFrame(rows, columns=columns).astype(object)
