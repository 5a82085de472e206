"""The chart of an invitation at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.impact.invitation import InvitationEffect
from retention_lib.reports.charts.axes import (
    axes_or_new,
    claim_colour,
    intervals,
    name_x_axis,
    no_data_yet,
    set_height,
    unit_axis,
    zero_line,
)
from retention_lib.reports.rows import rows
from retention_lib.reports.style import is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = {
    ("purchases", "invited"): (N_("purchases, all invited"), N_("purchases, all")),
    ("purchases", "joined"): (N_("purchases, who joined"), N_("who joined")),
    ("revenue", "invited"): (N_("revenue, all invited"), N_("revenue, all")),
    ("revenue", "joined"): (N_("revenue, who joined"), N_("who joined")),
    ("gross_profit", "invited"): (N_("gross profit, all invited"), N_("profit, all")),
    ("gross_profit", "joined"): (N_("gross profit, who joined"), N_("who joined")),
}
"""What a row is called, on paper and on a phone."""


def plot_invitation_effect(result: InvitationEffect, words: Words, *, ax: Axes | None = None) -> Axes:
    """By how much buying changed, among all invited and among those who joined because of it.

    Nothing where the design carries no claim.

    Args:
        result: From `models.impact.invitation.invitation_effect`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = result.table[result.table["relative_low"].notna()]
    if known.empty or result.refused:
        return no_data_yet(ax, words)
    at = int(is_narrow(ax))
    table = known.assign(
        value=known["relative"],
        low=known["relative_low"],
        high=known["relative_high"],
        row=[words.say(_NAMES[one.metric, one.group][at]) for one in rows(known)],
    )
    colours = [claim_colour(one.relative, claimed=one.claimed) for one in rows(known)]
    set_height(ax, 1.4 + 0.3 * len(table))
    intervals(ax, table, label="row", colours=colours, words=words)
    zero_line(ax, words.say(N_("no effect")))
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("change against what it would have been; grey: may be chance")))
    return ax
