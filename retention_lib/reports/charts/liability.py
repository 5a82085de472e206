"""Charts of the points that will still be used: by the month of crediting, and in money by the month ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.models.liability import PointsLiability
from retention_lib.models.redemption import Redemption
from retention_lib.reports.charts.axes import axes_or_new, label_end, month_ticks, name_x_axis, no_data_yet, unit_axis
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MONTHS, _PHONE_MONTHS = 24, 12
_LABELLED = 3
_ROOM, _APART = 1.1, 0.09


def plot_ultimate_redemption(redemption: Redemption, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of points used so far and, lighter, still to come, by the month in which they were credited.

    Args:
        redemption: From `models.redemption.redemption`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = redemption.cohorts.iloc[-(_PHONE_MONTHS if is_narrow(ax) else _MONTHS) :].reset_index(drop=True)
    places = np.arange(len(table))
    so_far, rest = table["redeemed"] / table["credited"], table["expected"] / table["credited"]
    ax.bar(places, so_far, width=0.75, color=np.where(table["thin"], PALETTE["muted"], PALETTE["base"]))
    ax.bar(places, rest, bottom=so_far, width=0.75, color=PALETTE["band"])
    unfinished = table[~table["finished"]]
    ax.vlines(unfinished.index, unfinished["low"], unfinished["high"], colors=PALETTE["ink"], linewidth=1.2)
    top = float(max(table["high"].max(), 1e-6))
    ax.set_ylim(0, top * _ROOM)
    edge, last = len(table) - 0.55, len(table) - 1
    low, high = float(so_far[last]), float(rest[last])
    apart = max(low + high / 2, low / 2 + top * _APART)
    label_end(ax, edge, low / 2, words.say(N_("used so far")), colour=PALETTE["base"])
    if not unfinished.empty:
        label_end(ax, edge, apart, words.say(N_("still to come")), colour=PALETTE["label"])
    month_ticks(ax, list(table["month"]), words)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("points credited in")))
    ax.set_ylabel(words.say(N_("share of points used")))
    return ax


def plot_points_owed(liability: PointsLiability, words: Words, *, ax: Axes | None = None) -> Axes:
    """What points credited so far will pay, by month ahead, with intervals.

    Args:
        liability: From `models.liability.points_liability`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table: pd.DataFrame = liability.ahead.iloc[: _PHONE_MONTHS if is_narrow(ax) else _MONTHS].reset_index(drop=True)
    if table.empty:
        return no_data_yet(ax, words)
    places = np.arange(len(table))
    ax.bar(places, table["value"], width=0.75, color=PALETTE["base"])
    ax.vlines(places, table["low"], table["high"], colors=PALETTE["ink"], linewidth=1.2)
    for place, value, high in zip(
        places[: 1 if is_narrow(ax) else _LABELLED], table["value"], table["high"], strict=False
    ):
        text = words.money(float(value), compact=True)
        ax.annotate(
            text,
            (place, high),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            color=PALETTE["base"],
            fontweight="bold",
        )
    ax.set_ylim(0, float(table["high"].max()) * _ROOM)
    month_ticks(ax, list(table["month"]), words)
    unit_axis(ax, "y", "money", words)
    ax.set_ylabel(words.say(N_("what points will pay")))
    return ax
