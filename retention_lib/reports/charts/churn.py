"""Charts of the churn diagnosis: one idea each, drawn from finished numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.lapse import ReturnChance
from retention_lib.models.retention import LapseCurve, MonthlyFlows
from retention_lib.models.survival import PurchaseSurvival
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    label_end,
    month_ticks,
    name_x_axis,
    reference_line,
    unit_axis,
)
from retention_lib.reports.rows import rows
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


def plot_return_chance(chance: ReturnChance, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of silent customers who bought again, by how long they had been silent.

    Args:
        chance: From `models.lapse.return_chance`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    bands = chance.bands
    names = [_band_name(row.silence_above, row.silence_to, words) for row in rows(bands)]
    beyond = bands["silence_above"].to_numpy() >= chance.lapse_days
    colours = [PALETTE["lost"] if far else PALETTE["base"] for far in beyond]
    table = bands.assign(band=names, value=bands["share"])
    intervals(ax, table, label="band", colours=colours, words=words)
    for place, row in zip(range(len(table) - 1, -1, -1), rows(table), strict=True):
        ax.annotate(
            words.percent(float(row.share), 0),
            (float(row.share), place),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center" if row.share > NEAR_ZERO else "left",
            fontsize=8,
            color=PALETTE["label"],
        )
    ax.set_xlim(0, 1.03)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("bought again within {days}"), days=words.days(chance.horizon_days)))
    ax.set_ylabel(words.say(N_("days silent")))
    return ax


def plot_time_to_purchase(survival: PurchaseSurvival, words: Words, *, ax: Axes | None = None) -> Axes:
    """Kaplan and Meier's curve of the share not yet back, with its band.

    Args:
        survival: From `models.survival.time_to_purchase`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    last = float(survival.returned["days"].max()) if len(survival.returned) else float(survival.curve["days"].max())
    curve = survival.curve[survival.curve["days"] <= 2 * last]
    ax.fill_between(curve["days"], curve["low"], curve["high"], step="post", color=PALETTE["band"])
    ax.step(curve["days"], curve["survival"], where="post", color=PALETTE["base"])
    marked = survival.returned.iloc[[0, -1]] if len(survival.returned) else survival.returned
    for row in rows(marked.drop_duplicates("days")):
        ax.plot([row.days], [1 - row.share], "o", color=PALETTE["base"], markersize=4)
        text = words.say(N_("{share} back by day {day}"), share=words.percent(float(row.share), 0), day=int(row.days))
        label_end(ax, float(row.days), 1 - float(row.share), text, colour=PALETTE["label"], offset=(2, 14))
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("days since the purchase")))
    ax.set_ylabel(words.say(N_("not yet back")))
    return ax


def _band_name(above: int, to: Any, words: Words) -> str:
    if pd.isna(to):
        return words.say(N_("over {above}"), above=int(above))
    return words.say(N_("{first} to {last}"), first=int(above) + 1, last=int(to))
