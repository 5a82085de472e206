"""A heatmap of cohorts by age: shades, grey where customers are few, hatched where a period is not over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.models.cohorts import NEEDED_CUSTOMERS
from retention_lib.reports.charts.axes import name_x_axis, no_data_yet, set_height
from retention_lib.reports.period_names import short_name
from retention_lib.reports.style import HATCH_INCOMPLETE, PALETTE, is_narrow
from retention_lib.reports.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COHORTS = 24
MOST_AGES, MOST_AGES_NARROW = 24, 6
_MANY_AGES = 16


def cohort_heatmap(
    matrix: pd.DataFrame,
    whole: pd.DataFrame,
    sizes: pd.Series,
    *,
    written: Callable[[float], str],
    axis: str,
    words: Words,
    ax: Axes,
) -> Axes:
    """A triangle as shades, of the newest cohorts and the first ages where there are more than fit.

    Args:
        matrix: Cohorts (text) by age; NaN, left empty, where time has not reached.
        whole: Whether the period of a cell is over, likewise; others are hatched.
        sizes: Customers of each cohort; below 30 a row is grey and does not shape the shades.
        written: A value as text.
        axis: Name of the axis of ages.
        words: The reader's language.
        ax: Axes to draw on.

    Returns:
        The axes.
    """
    shown = _shown(matrix, sizes, ages=MOST_AGES_NARROW if is_narrow(ax) else MOST_AGES)
    thin = (sizes[shown.index] < NEEDED_CUSTOMERS).to_numpy()
    if shown.empty or shown.loc[~thin].isna().all(axis=None):
        return no_data_yet(ax, words)
    set_height(ax, 1.2 + 0.3 * len(shown))
    labels = shown.map(lambda value: "" if pd.isna(value) else written(value))
    size = 8.0 if shown.shape[1] <= _MANY_AGES else 6.5
    _shades(ax, shown.where(np.broadcast_to(~thin[:, None], shown.shape)), labels, size)
    _marks(ax, shown.notna().to_numpy(), whole.loc[shown.index, shown.columns].to_numpy(), thin)
    for row, column in np.argwhere(shown.notna().to_numpy() & thin[:, None]):
        text = str(labels.iat[row, column])
        middle = (column + 0.5, row + 0.5)
        ax.text(*middle, text, ha="center", va="center", color=PALETTE["label"], fontsize=size)
    ax.set_yticks(np.arange(len(shown)) + 0.5, [short_name(str(name), words) for name in shown.index], rotation=0)
    ax.set_xticks(np.arange(shown.shape[1]) + 0.5, [words.number(int(age)) for age in shown.columns.to_numpy()])
    name_x_axis(ax, axis)
    ax.set_ylabel("")
    ax.grid(visible=False)
    return ax


def _shown(matrix: pd.DataFrame, sizes: pd.Series, *, ages: int) -> pd.DataFrame:
    """The part that has room; where not all cohorts have, small ones give way."""
    seen = matrix.dropna(how="all")
    if len(seen) > MOST_COHORTS:
        seen = seen.loc[sizes[seen.index] >= NEEDED_CUSTOMERS]
    return seen.iloc[-MOST_COHORTS:, :ages].dropna(how="all", axis="columns")


def _shades(ax: Axes, shown: pd.DataFrame, labels: pd.DataFrame, size: float) -> None:
    from seaborn import heatmap, light_palette

    heatmap(
        shown,
        ax=ax,
        annot=labels,
        fmt="",
        cmap=light_palette(PALETTE["base"], as_cmap=True),
        vmin=0,
        vmax=max(float(np.nanmax(shown.to_numpy(), initial=0.0)), 1e-9),
        cbar=False,
        linewidths=1,
        linecolor=PALETTE["paper"],
        annot_kws={"fontsize": size},
        rasterized=True,  # a picture of shades weighs a tenth of their outlines; the numbers stay letters
    )


def _marks(ax: Axes, known: np.ndarray, whole: np.ndarray, thin: np.ndarray) -> None:
    """Grey for few customers, hatches for periods that are not over."""
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(known & (thin[:, None] | ~whole)):
        fill = PALETTE["grid"] if thin[row] else "none"
        hatch = None if whole[row, column] else HATCH_INCOMPLETE
        patch = Rectangle((column, row), 1, 1, facecolor=fill, edgecolor=PALETTE["paper"], hatch=hatch)
        patch.set_linewidth(1.0)
        ax.add_patch(patch)
