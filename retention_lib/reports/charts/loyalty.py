"""Charts of the loyalty report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.campaigns import RedemptionRates
from retention_lib.models.impact import EventStudy
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_event_study(study: EventStudy, words: Words, *, ax: Axes | None = None) -> Axes:
    """The difference between treated and controls week by week, with its intervals.

    Args:
        study: From `models.impact.event_study`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = study.effects
    after = table["week"] >= 0
    for part, colour in ((table[~after], PALETTE["control"]), (table[after], PALETTE["base"])):
        ax.vlines(part["week"], part["low"], part["high"], colors=colour, linewidth=2)
        ax.plot(part["week"], part["effect"], "o", color=colour, markersize=4.5)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    reference_line(ax, -0.5, words.say(N_("campaign starts")))
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(N_("weeks from the start of the campaign")))
    label = of_unit(study.unit, household=N_("difference a household-week"), customer=N_("difference a customer-week"))
    ax.set_ylabel(words.say(label))
    return ax


def plot_redemption_rates(rates: RedemptionRates, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of mailed customers who used a coupon, by campaign.

    Args:
        rates: From `models.campaigns.redemption_rates`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = rates.table.assign(
        value=rates.table["share"],
        row=[
            words.say(N_("{campaign} ({offer})"), campaign=r.campaign, offer=r.offer) if r.offer else r.campaign
            for r in rows(rates.table)
        ],
    )
    set_height(ax, 1.1 + 0.2 * len(table))
    intervals(ax, table, label="row", colours=[PALETTE["base"]] * len(table), words=words)
    ax.set_xlim(left=0)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("mailed customers who used a coupon")))
    ax.set_ylabel(words.say(N_("campaign")))
    return ax
