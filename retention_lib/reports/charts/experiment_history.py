"""The chart of a store's past tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.history import PastTests
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_x_axis,
    no_data_yet,
    set_height,
    unit_axis,
    zero_line,
)
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"paid": PALETTE["returned"], "lost": PALETTE["lost"], "open": PALETTE["muted"]}

_MOST = 20
"""Offers drawn: the latest."""


def plot_past_tests(past: PastTests, words: Words, *, ax: Axes | None = None) -> Axes:
    """Profit of a contact of each offer in a sound past test, the latest first.

    Args:
        past: From `models.experiments.history.past_tests`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = past.table[past.table["valid"]].head(_MOST)
    if known.empty:
        return no_data_yet(ax, words)
    names = [f"{one.test}: {one.arm}" for one in rows(known)]
    table = known.assign(value=known["profit"], label=names)
    set_height(ax, 1.4 + 0.28 * len(table))
    intervals(ax, table, label="label", colours=[_COLOURS[one] for one in table["standing"]], words=words)
    zero_line(ax, words.say(N_("pays from here")))
    unit_axis(ax, "x", "money", words)
    name_x_axis(ax, words.say(N_("profit of a contact; grey: cannot be told")))
    return ax
