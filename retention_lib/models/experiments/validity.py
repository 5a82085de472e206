"""Whether a test may be read at all: checks of its split, its dates and its customers, put together to one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Level = Literal["stop", "interim", "warn", "ok", "unknown"]
"""What a check says: no effect may be called; not yet; to be kept in mind; nothing found; it cannot be made."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a test.

    Attributes:
        name: Its code, such as `sample_ratio`.
        level: What it says.
        found: How many, or how much, it found (its unit hangs on the check).
        base: Of how many.
        p: Its p-value where it is a test; None where it is none.
    """

    name: str
    level: Level
    found: float = 0.0
    base: float = 0.0
    p: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Validity:
    """Whether a test may be called.

    Attributes:
        checks: What was looked at, in the order told.
    """

    checks: tuple[Check, ...]

    @property
    def status(self) -> Literal["valid", "interim", "invalid"]:
        """`invalid` with a check that stops, else `interim` with one that waits, else `valid`."""
        levels = {check.level for check in self.checks}
        return "invalid" if "stop" in levels else "interim" if "interim" in levels else "valid"

    @property
    def reason(self) -> str | None:
        """The code of the first check that forbids a call, such as `sample_ratio`; None for a valid test."""
        wanted = {"invalid": "stop", "interim": "interim", "valid": None}[self.status]
        return next((check.name for check in self.checks if check.level == wanted), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a check: name, level, found, base, p."""
        return pd.DataFrame([vars(check) for check in self.checks], columns=["name", "level", "found", "base", "p"])
