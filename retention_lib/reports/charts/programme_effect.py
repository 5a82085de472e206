"""Charts of what joining the programme changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.impact.member_gap import GapBeside
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.segments import SegmentEffects
from retention_lib.models.impact.twins import MOST_UNBALANCED, Twins
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.findings.effect_words import WEEKS
from retention_lib.reports.findings.programme_effect_tables import feature_name
from retention_lib.reports.segment_names import segment_of
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BARS = {
    "gap": N_("members against others"),
    "before": N_("the same before they joined"),
    "effect": N_("what joining changed"),
}


def plot_programme_effect(effect: ProgrammeEffect, words: Words, *, ax: Axes | None = None) -> Axes:
    """Purchases of members by four weeks from joining, against what was expected, with intervals and bands.

    Args:
        effect: From `models.impact.programme_effect.programme_effect`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = effect.by_period
    period = table["period"].to_numpy(dtype=int)
    # A period is drawn at its middle, in weeks from joining.
    week = WEEKS * period + WEEKS // 2
    after = period >= 0
    for part in (after, ~after):
        chosen = table[part]
        ax.fill_between(
            week[part], chosen["band_low"], chosen["band_high"], color=PALETTE["grid"], alpha=0.6, linewidth=0
        )
    headline = after & (period < effect.periods)
    for part, colour in ((~headline, PALETTE["control"]), (headline, PALETTE["base"])):
        ax.vlines(week[part], table["low"][part], table["high"][part], colors=colour, linewidth=2)
        ax.plot(week[part], table["effect"][part], "o", color=colour, markersize=4.5)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    reference_line(ax, 0.0, words.say(N_("joins")))
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("weeks from joining")))
    ax.set_ylabel(words.say(N_("purchases, against expected")))
    return ax


def plot_member_gap(result: GapBeside, words: Words, *, ax: Axes | None = None) -> Axes:
    """The plain gap in purchases, now and before joining, beside the effect of joining.

    Args:
        result: From `models.impact.member_gap.gap_beside`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = result.to_frame()
    places = np.arange(len(table))[::-1]
    colours = [PALETTE["base"] if what == "effect" else PALETTE["control"] for what in table["what"]]
    ax.barh(places, table["value"], color=colours, height=0.55)
    told = table["low"].notna().to_numpy()
    ax.hlines(places[told], table["low"][told], table["high"][told], colors=PALETTE["ink"], linewidth=1.5)
    for place, value, high in zip(places, table["value"], table["high"], strict=True):
        ax.annotate(
            words.percent(float(value), 0),
            (max(float(value), 0.0 if np.isnan(high) else float(high)), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.set_yticks(places, [words.say(_BARS[what]) for what in table["what"]])
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    ax.margins(x=0.14)
    ax.grid(visible=False)
    set_height(ax, 0.9 + 0.45 * len(table))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    name_x_axis(ax, words.say(N_("more purchases, in per cent")))
    return ax


def plot_segment_effects(result: SegmentEffects, words: Words, *, ax: Axes | None = None) -> Axes:
    """The likely effect by group of customers, with its interval, beside that on all.

    Args:
        result: From `models.impact.segments.segment_effects`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = result.table
    shown = table.assign(
        row=[segment_of(*pair, words) for pair in zip(table["dimension"], table["segment"], strict=True)],
        value=table["shrunk"],
        low=table["shrunk_low"],
        high=table["shrunk_high"],
    )
    differs = table["p_adjusted"] < 1 - (result.whole.level or 0.95)
    set_height(ax, 1.1 + 0.21 * len(table))
    colours = [PALETTE["base"] if differing else PALETTE["control"] for differing in differs]
    intervals(ax, shown, label="row", colours=colours, words=words)
    reference_line(ax, result.whole.value, words.say(N_("all")))
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("effect on purchases")))
    return ax


def plot_balance(result: Twins, words: Words, *, ax: Axes | None = None) -> Axes:
    """How unlike members and others were before weighting, and after.

    Args:
        result: From `models.impact.twins.twins`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = result.balance
    places = np.arange(len(table))[::-1]
    ax.axvspan(-MOST_UNBALANCED, MOST_UNBALANCED, color=PALETTE["grid"], alpha=0.6, linewidth=0)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    ax.plot(
        table["before"], places, "o", color=PALETTE["control"], markersize=5, label=words.say(N_("before weighting"))
    )
    ax.plot(table["after"], places, "o", color=PALETTE["base"], markersize=5, label=words.say(N_("after")))
    ax.set_yticks(places, [feature_name(name, words) for name in table["feature"]])
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    set_height(ax, 1.2 + 0.3 * len(table))
    ax.legend(loc="upper left", bbox_to_anchor=(0, 1.16), ncols=2, frameon=False, fontsize=8 if is_narrow(ax) else 8.5)
    unit_axis(ax, "x", "count", words, digits=1)
    name_x_axis(ax, words.say(N_("members less others, in standard deviations")))
    return ax
