"""The counted histories that every purchase model is fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

NEEDED_REPEATERS = 30
_PARTS = 40


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Distinct histories with the customers behind each.

    Attributes:
        frequency: Repeat purchases.
        recency: Time from first to last purchase.
        age: Time from the first purchase to the end of observation (T).
        customers: Customers behind each row.
    """

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    customers: np.ndarray

    @property
    def total(self) -> float:
        """All customers."""
        return float(self.customers.sum())

    @property
    def unit(self) -> float:
        """The longest time: as the unit of time it makes all parameters near 1."""
        return float(self.age.max()) or 1.0

    @property
    def purchases(self) -> float:
        """All repeat purchases."""
        return float(self.customers @ self.frequency)

    def coarse(self) -> Counted:
        """All customers in some hundred histories: where a likelihood has its maximum nearly, at little cost.

        Times become the middles of 40 even parts of the longest, frequencies from 4 on the nearest of 4, 6, 8, 12, ...
        """
        part = self.unit / _PARTS
        exponent = np.floor(np.log2(np.maximum(self.frequency, 1.0)))
        step = 2 ** np.maximum(exponent - 1, 0)
        x = np.where(self.frequency > 0, np.round(self.frequency / step) * step, 0.0)
        early, late = ((np.minimum(time // part, _PARTS - 1) + 0.5) * part for time in (self.recency, self.age))
        frame = pd.DataFrame({"x": x, "early": np.where(x > 0, early, 0.0), "late": late, "customers": self.customers})
        rows = frame.groupby(["x", "early", "late"], sort=True, as_index=False).sum()
        columns = (rows[name].to_numpy(dtype=float) for name in ("x", "early", "late", "customers"))
        return Counted(**dict(zip(("frequency", "recency", "age", "customers"), columns, strict=True)))


def counted(counts: pd.DataFrame | NotEnough) -> Counted | NotEnough:
    """The histories, checked.

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The columns; `NotEnough` as it came, or "repeat_customers" under 30 customers with a repeat purchase.

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase; anything not finite.
    """
    if isinstance(counts, NotEnough):
        return counts
    x, t_x, age, customers = (counts[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T", "customers"))
    repeaters = float(customers[x > 0].sum())
    if repeaters < NEEDED_REPEATERS:
        return NotEnough("repeat_customers", repeaters, NEEDED_REPEATERS)
    broken = (t_x > age) | (t_x < 0) | ((x == 0) & (t_x != 0)) | (x < 0) | ~np.isfinite(x + t_x + age)
    if broken.any():
        at = int(np.argmax(broken))
        msg = (
            f"row {at}: frequency {x[at]:g}, recency {t_x[at]:g}, T {age[at]:g} is no purchase "
            "history; recency must lie in [0, T] and be 0 without a repeat purchase"
        )
        raise ValueError(msg)
    return Counted(frequency=x, recency=t_x, age=age, customers=customers)
