"""The chart of a shop's shape: each measure on the range of known ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.shape import ShopShape
from retention_lib.reports.charts.axes import axes_or_new, name_rows, set_height
from retention_lib.reports.findings.shape import LABELS, value_text
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EDGE = 1.15
_MARKS = {"inside": "o", "below": "<", "above": ">"}


def plot_shop_shape(shape: ShopShape, words: Words, *, ax: Axes | None = None) -> Axes:
    """A dot for each measure on the range from the lowest to the highest known value, its value beside it.

    A measure outside is red; an arrow at the edge stands for one far outside.

    Args:
        shape: From `models.shape.shop_shape`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    found = shape.judged
    places = np.arange(len(found))[::-1]
    set_height(ax, 0.9 + 0.3 * len(found))
    ax.hlines(places, 0, 1, colors=PALETTE["band"], linewidth=9)
    for place, row in zip(places, rows(found), strict=True):
        colour = PALETTE["base"] if row.place == "inside" else PALETTE["lost"]
        far = abs(row.position - 0.5) > _EDGE - 0.5
        at = min(max(row.position, 1 - _EDGE), _EDGE)
        ax.scatter([at], [place], c=[colour], s=36, zorder=3, marker=_MARKS[row.place] if far else "o")
        ax.annotate(
            value_text(row.shop, row.unit, words),
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            fontweight="bold",
            va="center",
        )
    name_rows(ax, [words.say(LABELS[measure]) for measure in found["measure"]])
    ax.set_xlim(1 - _EDGE - 0.05, _EDGE + 0.05)
    ax.set_xticks([0, 1], [words.say(N_("lowest known")), words.say(N_("highest known"))])
    return ax
