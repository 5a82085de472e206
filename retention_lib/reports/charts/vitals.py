"""The chart of new customers' second purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.second_purchase import SecondPurchases
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, set_height, unit_axis
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_second_purchases(second: SecondPurchases, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of each cohort with a second purchase within 90 days; grey where it is too small to judge.

    Args:
        second: From `models.second_purchase.second_purchase`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = second.table
    named = table.assign(value=table["share"], name=[words.month(str(cohort)) for cohort in table["cohort"]])
    colours = [PALETTE["muted"] if thin else PALETTE["base"] for thin in table["thin"]]
    set_height(ax, 1.1 + 0.22 * len(table))
    intervals(ax, named, label="name", colours=colours, words=words)
    ax.set_xlim(left=0)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("bought again within 90 days of the first purchase")))
    return ax
