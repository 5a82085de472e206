"""Charts of cohorts and of customer value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.backtest import Tracking
from retention_lib.reports.charts.axes import (
    axes_or_new,
    label_end,
    name_x_axis,
    reference_line,
    unit_axis,
)
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_tracking(tracking: Tracking, words: Words, *, ax: Axes | None = None) -> Axes:
    """Cumulative repeat purchases, as they happened and as the model expected, through the holdout.

    Args:
        tracking: From `models.backtest.tracking`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = tracking.table
    held = table[table["holdout"]]
    ax.axvspan(held["week"].iloc[0] - 0.5, held["week"].iloc[-1] + 0.5, color=PALETTE["grid"], alpha=0.5, linewidth=0)
    ax.plot(table["week"], table["cumulative_expected"], color=PALETTE["expected"], linestyle=(0, (5, 2)))
    ax.plot(table["week"], table["cumulative_actual"], color=PALETTE["base"])
    last = table.iloc[-1]
    above = last["cumulative_actual"] >= last["cumulative_expected"]
    label_end(
        ax,
        last["week"],
        last["cumulative_actual"],
        words.say(N_("actual")),
        colour=PALETTE["base"],
        offset=(5, 6 if above else -6),
    )
    label_end(
        ax,
        last["week"],
        last["cumulative_expected"],
        words.say(N_("expected")),
        colour=PALETTE["expected"],
        offset=(5, -6 if above else 6),
    )
    reference_line(ax, held["week"].iloc[0] - 0.5, words.say(N_("not seen by the model")), at="bottom")
    ax.set_ylim(bottom=0)
    unit_axis(ax, "y", "count", words)
    name_x_axis(ax, words.say(N_("week")))
    ax.set_ylabel(words.say(N_("repeat purchases so far")))
    return ax
