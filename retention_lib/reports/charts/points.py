"""The chart of the ledger of points: what is credited above the line, what goes below it, and what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.points import PointsLedger
from retention_lib.reports.charts.axes import axes_or_new, label_end, month_ticks, no_data_yet, unit_axis
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of the height: two labels nearer than this would touch.
_APART = 0.075


def plot_points_ledger(ledger: PointsLedger, words: Words, *, ax: Axes | None = None) -> Axes:
    """Earned and granted points above the line, redeemed and lapsed ones below it, and open points as a line.

    Args:
        ledger: From `models.points.points_ledger`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = ledger.table
    places = np.arange(len(table))
    earned, granted, burned = (table[name].to_numpy() for name in ("earned", "granted", "burned"))
    lapsed = (table["expired"] + table["forfeited"]).to_numpy()
    usable = (table["outstanding"] + table["overdrawn"]).to_numpy()
    if not (earned + granted + burned + lapsed + usable).any():
        return no_data_yet(ax, words)
    ax.bar(places, earned, width=0.7, color=PALETTE["base"])
    ax.bar(places, granted, width=0.7, bottom=earned, color=PALETTE["new"])
    ax.bar(places, -burned, width=0.7, color=PALETTE["returned"])
    ax.bar(places, -lapsed, width=0.7, bottom=-burned, color=PALETTE["lost"])
    ax.plot(places, usable, color=PALETTE["ink"], marker="o", markersize=3)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    month_ticks(ax, list(table["month"]), words)
    unit_axis(ax, "y", "count", words)
    ax.set_ylabel(words.say(N_("points")))
    low, high = float(-(burned + lapsed).max(initial=0)), float(max(usable.max(), (earned + granted).max()))
    wanted = {
        "lapsed": (-float(burned[-1] + lapsed[-1] / 2), N_("lapsed"), "lost"),
        "burned": (-float(burned[-1]) / 2, N_("redeemed"), "returned"),
        "earned": (float(earned[-1]) / 2, N_("earned"), "base"),
        "granted": (float(earned[-1] + granted[-1] / 2), N_("granted"), "new"),
        "open": (float(usable[-1]), N_("open"), "ink"),
    }
    step = _APART * ((high - low) or 1.0)
    heights = _spread([height for height, _, _ in wanted.values()], step)
    for height, (_, text, colour) in zip(heights, wanted.values(), strict=True):
        label_end(ax, len(table) - 0.6, height, words.say(text), colour=PALETTE[colour])
    return ax


def _spread(heights: list[float], step: float) -> list[float]:
    """Heights from below, each so far above the one before that labels do not touch, as near as can be to the line."""
    told = list(heights)
    for place in (1, 0):
        told[place] = min(told[place], (-step / 2 if place == 1 else told[1] - step))
    told[2] = max(told[2], step / 2)
    for place in (3, 4):
        told[place] = max(told[place], told[place - 1] + step)
    return told
