"""How those who stayed differ from those who went quiet, as bought and among customers with as many purchases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import holm_adjusted, normal_quantile

FEWEST_IN_CLASS = 5
"""Customers who stayed, and who went quiet, that a class of purchases needs to be compared in."""

SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class StayersAndLeavers:
    """Habits of those who stayed and of those who went quiet.

    Attributes:
        table: One row a habit: habit, stayed, quiet (means over customers), difference (quiet - stayed), low, high
            (Welch), alike_stayed, alike_quiet (means among customers with as many purchases), alike_difference,
            alike_low, alike_high, p_adjusted (of that difference, Holm over the habits), differs (p_adjusted below
            .05), covered (share of the quiet in classes that could be compared).
        customers_stayed: Customers active at the start and at the end.
        customers_quiet: Customers active at the start and not at the end.
        month: 'YYYY-MM'.
    """

    table: pd.DataFrame
    customers_stayed: int
    customers_quiet: int
    month: str

    def to_frame(self) -> pd.DataFrame:
        """The table of habits."""
        return self.table


def stayers_and_leavers(
    frame: pd.DataFrame | NotEnough, *, month: str, minimum_base: int = 30, level: float = 0.95
) -> StayersAndLeavers | NotEnough:
    """Compare habits, first as they are, then within classes of customers with as many purchases.

    Who buys often buys from more categories and stays anyway. So the means are taken again in each class of purchases
    and put together with the classes' shares of the quiet (direct standardisation), as if those who stayed had bought
    as often; the variance is the sum of the classes' own. What remains is still not a cause.

    Args:
        frame: From `measures.habits.stayers_and_leavers`.
        month: The month read, 'YYYY-MM'.
        minimum_base: Fewest customers who stayed, and who went quiet.
        level: Confidence level.

    Returns:
        The habits; NotEnough("habit_columns") when the store has neither column, NotEnough("customers_compared") when
        too few stayed or went quiet, or no class holds both.
    """
    if isinstance(frame, NotEnough):
        return frame
    if frame.empty:
        return NotEnough("habit_columns", 0, 1)
    counts = frame.loc[frame["habit"] == frame["habit"].iloc[0]].groupby("lost")["customers"].sum()
    stayed, quiet = int(counts.get(False, 0)), int(counts.get(True, 0))
    rows = [_compared(part, level) for _, part in frame.groupby("habit", sort=False)]
    if min(stayed, quiet) < minimum_base or any(row is None for row in rows):
        return NotEnough("customers_compared", min(stayed, quiet), minimum_base)
    table = pd.DataFrame(rows)
    table = table.assign(p_adjusted=holm_adjusted(table.pop("p").to_numpy()))
    table = table.assign(differs=table["p_adjusted"] < SIGNIFICANCE)
    return StayersAndLeavers(table=table, customers_stayed=stayed, customers_quiet=quiet, month=month)


def _compared(part: pd.DataFrame, level: float) -> dict[str, object] | None:
    """One habit's row; None where no class holds enough of both."""
    sums = part.pivot_table(
        index="purchases_from", columns="lost", values=["customers", "total", "total_squares"], aggfunc="sum"
    ).reindex(columns=pd.MultiIndex.from_product([["customers", "total", "total_squares"], [False, True]]))
    sums = sums.fillna(0.0)
    customers = sums["customers"].to_numpy()
    kept = sums.loc[customers.min(axis=1) >= FEWEST_IN_CLASS]
    if kept.empty:
        return None
    raw = _difference(sums.sum().to_frame().T, np.ones(1), level)
    weights = kept["customers"][True].to_numpy()
    alike = _difference(kept, weights / weights.sum(), level)
    return {
        "habit": part["habit"].iloc[0],
        "stayed": raw[0],
        "quiet": raw[1],
        "difference": raw[2].value,
        "low": raw[2].low,
        "high": raw[2].high,
        "alike_stayed": alike[0],
        "alike_quiet": alike[1],
        "alike_difference": alike[2].value,
        "alike_low": alike[2].low,
        "alike_high": alike[2].high,
        "p": alike[2].p,
        "covered": float(weights.sum() / customers[:, 1].sum()),
    }


def _difference(sums: pd.DataFrame, weights: np.ndarray, level: float) -> tuple[float, float, Estimate]:
    """Weighted means of those who stayed and went quiet, and their difference with its normal interval."""
    n = sums["customers"].to_numpy()
    means = sums["total"].to_numpy() / n
    variances = (sums["total_squares"].to_numpy() - n * means**2).clip(min=0) / (n - 1)
    stayed, quiet = weights @ means
    error = math.sqrt(float(weights**2 @ (variances / n).sum(axis=1)))
    value, half = float(quiet - stayed), normal_quantile(level) * error
    p = math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else float(value == 0)
    estimate = Estimate(value, low=value - half, high=value + half, level=level, n=float(n.sum()), p=p)
    return float(stayed), float(quiet), estimate
