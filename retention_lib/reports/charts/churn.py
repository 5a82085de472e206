"""Charts of the churn diagnosis: one idea each, drawn from finished numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.retention import LapseCurve, MonthlyFlows
from retention_lib.reports.charts.axes import (
    axes_or_new,
    label_end,
    month_ticks,
    name_x_axis,
    reference_line,
    unit_axis,
)
from retention_lib.reports.style import HATCH_INCOMPLETE, PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Below this share a label in the middle of its dot would stand on the axis.
NEAR_ZERO = 0.06


def plot_monthly_flows(flows: MonthlyFlows, words: Words, *, ax: Axes | None = None) -> Axes:
    """Bars of customers gained above the line and lost below it, month by month.

    Args:
        flows: From `models.retention.monthly_flows`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = flows.table
    places = np.arange(len(table))
    back, new, lost = (table[name].to_numpy() for name in ("reactivated", "new", "lapsed"))
    # What is hatched is not to be compared: who is new is not known yet, or the month is not over.
    open_months = (~table["settled"] | ~table["whole"]).to_numpy()
    hatch = [HATCH_INCOMPLETE if waits else "" for waits in open_months]
    ax.bar(places, back, width=0.7, color=PALETTE["returned"], hatch=hatch)
    ax.bar(places, new, width=0.7, bottom=back, color=PALETTE["new"], hatch=hatch)
    ax.bar(places, -lost, width=0.7, color=PALETTE["lost"], hatch=hatch)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    month_ticks(ax, list(table["month"]), words)
    unit_axis(ax, "y", "count", words)
    ax.set_ylabel(words.say(N_("customers")))
    edge = len(table) - 0.6
    room = max(lost.max(), (back + new).max()) * 0.14
    label_end(ax, edge, float(back[-1]) / 2, words.say(N_("came back")), colour=PALETTE["returned"])
    label_end(
        ax,
        edge,
        float(back[-1]) + max(float(new[-1]) / 2, room / 2),
        words.say(N_("new")),
        colour=PALETTE["new"],
    )
    label_end(ax, edge, -float(lost[-1]) / 2, words.say(N_("went quiet")), colour=PALETTE["lost"])
    return ax


def plot_lapse_curve(curve: LapseCurve, words: Words, *, ax: Axes | None = None) -> Axes:
    """The lapse rate of a month against the window that defines it, with its band.

    Args:
        curve: From `models.retention.lapse_curve`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = curve.table
    ax.fill_between(table["lapse_days"], table["low"], table["high"], color=PALETTE["band"])
    ax.plot(table["lapse_days"], table["share"], color=PALETTE["base"])
    reference_line(ax, curve.lapse_days, words.say(N_("used here: {days}"), days=words.days(curve.lapse_days)))
    ax.set_ylim(bottom=0)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("days of silence that count as quiet")))
    ax.set_ylabel(words.say(N_("went quiet in the month")))
    return ax


def _band_name(above: int, to: Any, words: Words) -> str:
    if pd.isna(to):
        return words.say(N_("over {above}"), above=int(above))
    return words.say(N_("{first} to {last}"), first=int(above) + 1, last=int(to))
