"""Which subjects a score lives on: how much worse it sorts when what is known of one is shuffled among customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.models.discrimination import LEVEL, auc, auc_difference
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.risk_features import THEMES
from retention_lib.models.risk_scores import Score, Windows

ROWS = 4_000
REPEATS = 3
_COLUMNS = ["subject", "drop", "low", "high"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Importance:
    """Permutation importance by subject.

    Attributes:
        table: One row a subject known, the most important first: subject (key of `risk_features.THEMES`), drop (in
            area under the ROC curve when shuffled), low, high (95 %: DeLong's variance of the difference and that of
            the shuffles).
        auc: Area under the ROC curve with nothing shuffled.
        customers: Customers shuffled.
        cutoff: The window's cut-off.
    """

    table: pd.DataFrame
    auc: float
    customers: int
    cutoff: date

    def to_frame(self) -> pd.DataFrame:
        """The subjects."""
        return self.table


def importance(score: Score, windows: Windows, rng: np.random.Generator) -> Importance:
    """Permutation importance by subject on a window with a known outcome.

    The columns of a subject are shuffled together, since those of one tell nearly the same: shuffled one by one none
    would be missed. The purchase model's word belongs to the rhythm of purchases.

    Args:
        score: The learned score.
        windows: The window; at most 4,000 of its rows are used.
        rng: Source of the permutations.

    Returns:
        The subjects that the store knows something of.
    """
    kept = np.sort(rng.permutation(len(windows.rows))[:ROWS])
    rows, chance = windows.rows.iloc[kept], windows.chance[kept]
    silent = rows["silent"].to_numpy(dtype=bool)
    before = score.chances(Windows(rows=rows, chance=chance))
    found = []
    for subject, names in THEMES.items():
        known = [name for name in names if name in rows and rows[name].nunique() > 1]
        if not known:
            continue
        shuffled = [_shuffled(rows, chance, known, rng, model=subject == "rhythm") for _ in range(REPEATS)]
        drops = [auc_difference(silent, before, score.chances(windows)) for windows in shuffled]
        values = np.array([drop.value for drop in drops])
        wide = np.mean([((drop.high or 0.0) - drop.value) ** 2 for drop in drops]) / normal_quantile(LEVEL) ** 2
        half = normal_quantile(LEVEL) * float(np.sqrt(wide + values.var(ddof=1) / REPEATS))
        found.append((subject, values.mean(), values.mean() - half, values.mean() + half))
    table = pd.DataFrame(found, columns=_COLUMNS)
    return Importance(
        table=table.sort_values(["drop", "subject"], ascending=[False, True], ignore_index=True),
        auc=auc(silent, before).value,
        customers=len(kept),
        cutoff=rows["cutoff"].iloc[0],
    )


def _shuffled(
    rows: pd.DataFrame, chance: np.ndarray, names: list[str], rng: np.random.Generator, *, model: bool
) -> Windows:
    """Rows with some columns taken from other customers."""
    order = rng.permutation(len(rows))
    changed = rows.assign(**{name: rows[name].array[order] for name in names})
    return Windows(rows=changed, chance=chance[order] if model else chance)
