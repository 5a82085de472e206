"""The chart of a global hold-out: what all campaigns together left, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.holdout import CampaignsTogether
from retention_lib.reports.charts.axes import (
    axes_or_new,
    claim_colour,
    label_end,
    name_x_axis,
    no_data_yet,
    set_height,
    unit_axis,
)
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_campaigns_together(result: CampaignsTogether, words: Words, *, ax: Axes | None = None) -> Axes:
    """The difference between customers whom campaigns may reach and those held out, cumulated, with its band.

    Nothing where the hold-out says nothing; grey where nothing is claimed.

    Args:
        result: From `models.experiments.holdout.campaigns_together`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table, profit = result.table, result.per_customer
    if not result.drawn:
        return no_data_yet(ax, words)
    claimed = bool(profit.claimed)
    colour = claim_colour(profit.value, claimed=claimed, otherwise="control")
    set_height(ax, 2.8)
    months, start = [0, *table["month"]], [0.0]
    ax.fill_between(
        months, start + list(table["low"]), start + list(table["high"]), color=colour, alpha=0.18, linewidth=0
    )
    ax.plot(months, start + list(table["effect"]), color=colour, marker="o", markersize=4)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    if result.months < result.planned:
        ax.axvline(result.planned, color=PALETTE["label"], linestyle=(0, (4, 3)), linewidth=1)
        ax.annotate(
            words.say(N_("verdict")),
            (result.planned, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8.5,
            color=PALETTE["label"],
        )
    label_end(ax, months[-1], float(table["effect"].iloc[-1]), words.money(profit.value), colour=colour)
    ax.set_xlim(0, result.planned + (1.6 if is_narrow(ax) else 0.9))
    ax.set_xticks(range(0, result.planned + 1, 3))
    unit_axis(ax, "y", "money", words)
    name = N_("months since the start; what campaigns changed, a customer")
    name_x_axis(
        ax, words.say(name if claimed else N_("months since the start; what campaigns changed; grey: no claim"))
    )
    return ax
