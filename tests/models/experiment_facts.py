"""Facts about a test as its measures count them, with nothing wrong unless the case says so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

REACH = ("kind", "name", "arm", "units", "before", "during")


@dataclass(frozen=True, kw_only=True)
class Mixed:
    assigned: int = 2_000
    mixed: int = 0


@dataclass(frozen=True, kw_only=True)
class Others:
    table: pd.DataFrame
    either: pd.DataFrame
    holdout_members: int = 0
    holdout_touched: int = 0


def arms(none: int = 1_000, mail: int = 1_000, **columns: list[float]) -> pd.DataFrame:
    known = {"bought_between": [0.0, 0.0], "contacted": [0.0, float(mail)], "exposed_before": [0.0, 0.0]}
    return pd.DataFrame({"arm": ["none", "mail"], "units": [none, mail], **known, **columns})


def grid(key: str, **groups: tuple[int, int]) -> pd.DataFrame:
    """Units of either arm by group."""
    rows = [
        (name, arm, units) for name, pair in groups.items() for arm, units in zip(("none", "mail"), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=[key, "arm", "units"])


def reached(*rows: tuple[Any, ...]) -> Others:
    """Other campaigns: kind, name, and before and during for none and mail, of 1,000 each."""
    table = [
        (kind, name, arm, 1_000, *counts)
        for kind, name, *pairs in rows
        for arm, counts in zip(("none", "mail"), pairs, strict=True)
    ]
    frame = pd.DataFrame(table, columns=list(REACH))
    either = frame.groupby(["kind", "arm"], sort=False, as_index=False)[["units", "before", "during"]].max()
    return Others(table=frame, either=either)


def unknown() -> list[float]:
    return [math.nan, math.nan]


@dataclass(frozen=True, kw_only=True)
class Facts:
    experiment: str = "spring"
    control: str = "none"
    unit: str = "customer"
    first_day: date | None = date(2026, 3, 2)
    window_ends: date | None = date(2026, 3, 30)
    until: date = date(2026, 5, 1)
    arms: pd.DataFrame = field(default_factory=arms)
    strata: pd.DataFrame = field(default_factory=lambda: grid("stratum"))
    days: pd.DataFrame = field(default_factory=lambda: grid("day"))
    mixed: Mixed = Mixed()
    set_aside: int = 0
    mixed_households: int = 0
    missing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["metric", "arm", "units", "missing"]))
    others: Others = field(default_factory=reached)
    days_missing: int = 0
    days_looked: int = 28
