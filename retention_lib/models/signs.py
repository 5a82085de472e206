"""One vital sign with its changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from retention_lib.estimates import Estimate, NotEnough


@dataclass(frozen=True, kw_only=True)
class VitalSign:
    """A figure of a month and how it differs from earlier ones.

    Attributes:
        figure: The figure's id.
        value: The month's value.
        change_month: Its difference to the month before, with its interval.
        change_year: Its difference to the same month last year, with its interval.
    """

    figure: str
    value: Estimate | NotEnough
    change_month: Estimate | NotEnough
    change_year: Estimate | NotEnough

    def uncompared(self, refusal: NotEnough) -> VitalSign:
        """The sign without its changes, and why there are none."""
        return replace(self, change_month=refusal, change_year=refusal)

    def as_row(self) -> dict[str, Any]:
        """The sign as a row of numbers; what is not known is missing, and the reason says why."""
        value = _bounds("", self.value)
        changes = _bounds("change_month", self.change_month) | _bounds("change_year", self.change_year)
        base = {"n": self.value.n, "reason": self.value.reason} if isinstance(self.value, Estimate) else {}
        refused = {"n": None, "reason": self.value.reason}
        return {"figure": self.figure, **value, **(base or refused), **changes}


def _bounds(name: str, estimate: Estimate | NotEnough) -> dict[str, float | None]:
    known = estimate if isinstance(estimate, Estimate) else None
    names = (name, f"{name}_low", f"{name}_high") if name else ("value", "low", "high")
    return dict(zip(names, (None, None, None) if known is None else (known.value, known.low, known.high), strict=True))
