"""Checks of how units came into the arms of a test: overall, day by day and stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.sample_ratio import MINIMUM_EXPECTED, SampleRatio, sample_ratio
from retention_lib.models.experiments.validity import Check, Level

STOP_P, WARN_P = 0.001, 0.01
"""Corrected p-values below which a check stops, and warns."""

SMALLEST_ARM = 30
_DAY = len("2017-12-31")
MOST_MIXED = 0.05
"""Share of units in two arms above which the test is none: leaving them out is no longer harmless."""


def split(arms: pd.DataFrame, planned: Mapping[str, float] | None) -> SampleRatio | NotEnough:
    """The sizes of the arms against the plan.

    Args:
        arms: Columns arm, units.
        planned: Ratio by arm, of any sum; None or empty for equal arms.
    """
    counts = {str(row["arm"]): int(row["units"]) for row in arms.to_dict("records")}
    return sample_ratio(counts, expected=planned or None)


def split_check(found: SampleRatio | NotEnough, *, unit: str, assumed: bool = False) -> Check:
    """Whether the arms have the planned sizes; found and base are the largest difference of a share and the units.

    Args:
        found: From `split`.
        unit: What is counted.
        assumed: Whether equal arms were only assumed, as no sizes were planned.
    """
    if isinstance(found, NotEnough):
        return Check(name="sample_ratio_broken", level="unknown", found=found.have, base=found.need, unit=unit)
    apart = found.table["share"] - found.table["expected_share"]
    widest = int(apart.abs().to_numpy().argmax())
    return Check(
        name="sample_ratio_broken",
        level=told(found.p),
        found=float(apart.iloc[widest]),
        base=found.customers,
        p=found.p,
        about=str(found.table["arm"].iloc[widest]),
        unit=unit,
        assumed=assumed,
    )


def split_by_check(
    frame: pd.DataFrame, key: str, *, name: str, planned: Mapping[str, float] | None, unit: str
) -> Check:
    """Whether the arms have the planned sizes in every group.

    Args:
        frame: Columns of the key, arm, units; every arm in every group.
        key: Column of the groups.
        name: The check's code.
        planned: Ratio by arm; equal arms if None or empty.
        unit: What is counted.

    Returns:
        The check: found = groups that are off, base = groups tested, p = the smallest p-value times the groups, about =
        the group it belongs to; no p-value where there is one group only, `unknown` where none is large enough.
    """
    groups = frame[key].nunique()
    if groups < 2:
        # One group is the whole test, whose split is checked already.
        return Check(name=name, level="ok" if groups else "unknown", base=groups, unit=unit)
    table = frame.pivot(index=key, columns="arm", values="units").fillna(0.0)
    ratio = pd.Series(dict(planned) if planned else dict.fromkeys(table.columns, 1.0)).reindex(table.columns)
    expected = np.outer(table.sum(axis=1), (ratio / ratio.sum()).to_numpy())
    enough = (expected >= MINIMUM_EXPECTED).all(axis=1)
    if not enough.any():
        return Check(name=name, level="unknown", unit=unit)
    p = _corrected(((table.to_numpy() - expected) ** 2 / np.where(expected > 0, expected, 1.0)).sum(axis=1), table)
    p = np.where(enough, np.minimum(p * enough.sum(), 1.0), np.nan)
    worst = int(np.nanargmin(p))
    return Check(
        name=name,
        level=told(float(p[worst])),
        found=float((p < WARN_P).sum()),
        base=float(enough.sum()),
        p=float(p[worst]),
        about=str(table.index[worst])[:_DAY] if key == "day" else str(table.index[worst]),
        unit=unit,
    )


def mixed_check(mixed: int, assigned: int, *, unit: str) -> Check:
    """Units in two arms: they are left out, which is harmless while they are few."""
    share = mixed / assigned if assigned else 0.0
    level: Level = "stop" if share > MOST_MIXED else "warn" if mixed else "ok"
    return Check(name="two_arms", level=level, found=mixed, base=assigned, unit=unit)


def found_check(name: str, found: int, *, unit: str) -> Check:
    """A check that warns of what it finds, however little."""
    return Check(name=name, level="warn" if found else "ok", found=found, unit=unit)


def small_check(arms: pd.DataFrame, *, unit: str) -> Check:
    """Whether every arm has units enough to be judged at all."""
    smallest = int(arms["units"].to_numpy().argmin())
    units = int(arms["units"].iloc[smallest])
    level: Level = "stop" if units < SMALLEST_ARM else "ok"
    about = str(arms["arm"].iloc[smallest])
    return Check(name="small_arms", level=level, found=units, base=SMALLEST_ARM, about=about, unit=unit)


def told(p: float) -> Level:
    """What a corrected p-value of a check says."""
    return "stop" if p < STOP_P else "warn" if p < WARN_P else "ok"


def _corrected(statistics: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    from scipy.special import chdtrc

    return np.asarray(chdtrc(len(table.columns) - 1, statistics), dtype=float)
