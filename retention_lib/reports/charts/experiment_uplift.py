"""Charts of customers for whom an offer works better, and of which offer is for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.models.experiments.policy import OfferPolicy
from retention_lib.models.experiments.segments import OfferSegments
from retention_lib.models.experiments.uplift import GainCurves
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_x_axis,
    names_above,
    no_data_yet,
    set_height,
    unit_axis,
    zero_line,
)
from retention_lib.reports.feature_names import known_segment
from retention_lib.reports.findings.experiment_uplift import clearest, measured
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("base", "new", "expected")
"""One for each offer drawn; the others are in the table."""


def plot_segments(result: OfferSegments, words: Words, *, ax: Axes | None = None) -> Axes:
    """The effect of each offer in the groups that differ most clearly; nothing of an invalid test.

    Args:
        result: From `models.experiments.segments.segment_effects`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if result.withheld is not None:
        return no_data_yet(ax, words)
    told = _by_segment(clearest(result))
    several = told["arm"].nunique() > 1
    names = [
        words.say(N_("{segment}, {arm}"), segment=known_segment(one.segment, words), arm=clean_value(one.arm))
        if several
        else known_segment(one.segment, words)
        for one in rows(told)
    ]
    table = told.assign(value=told["shrunk"], low=told["shrunk_low"], high=told["shrunk_high"], row=names)
    set_height(ax, 1.4 + 0.3 * len(table))
    colours = [PALETTE["base" if one.differs else "muted"] for one in rows(told)]
    intervals(ax, table, label="row", colours=colours, words=words)
    zero_line(ax, words.say(N_("no gain")))
    unit_axis(ax, "x", result.kind, words, digits=1 if result.kind == "share" else 0)
    name_x_axis(ax, words.say(N_("change in {metric}; grey: not shown to differ"), metric=measured(result, words)))
    return ax


def _by_segment(told: pd.DataFrame) -> pd.DataFrame:
    """The rows of each segment together, segments in their own order."""
    order = {segment: place for place, segment in enumerate(dict.fromkeys(told["segment"]))}
    return told.sort_values("segment", key=lambda segment: segment.map(order), kind="stable")


def plot_gain_curves(result: GainCurves, words: Words, *, ax: Axes | None = None) -> Axes:
    """The gain of each offer by how many customers get it, the most promising first; nothing of an invalid test.

    Args:
        result: From `models.experiments.uplift.gain_curves`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if result.withheld is not None:
        return no_data_yet(ax, words)
    drawn = [str(arm) for arm in result.summary["arm"]][: len(_COLOURS)]
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    for arm, colour in zip(drawn, _COLOURS, strict=False):
        curve = result.table[result.table["arm"] == arm]
        ax.fill_between(curve["share"], curve["low"], curve["high"], color=PALETTE[colour], alpha=0.13, linewidth=0)
        ax.plot(curve["share"], curve["by_chance"], color=PALETTE[colour], linewidth=1, linestyle=(0, (4, 3)))
        ax.plot(curve["share"], curve["gain"], color=PALETTE[colour])
    names_above(ax, drawn, [PALETTE[colour] for colour in _COLOURS[: len(drawn)]])
    ax.set_xlim(0, 1)
    unit_axis(ax, "x", "share", words)
    unit_axis(ax, "y", "money" if result.metric == "money" else "count", words)
    name_x_axis(ax, words.say(N_("share of customers who get the offer, most promising first")))
    return ax


def plot_policy(result: OfferPolicy, words: Words, *, ax: Axes | None = None) -> Axes:
    """What a rule of who gets what gains above each arm for everybody; nothing of an invalid test.

    Args:
        result: From `models.experiments.policy.offer_policy`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = result.arms[result.arms["gain_low"].notna()]
    if result.withheld is not None or known.empty:
        return no_data_yet(ax, words)
    ordered = known.sort_values("gain", kind="stable")
    names = [_for_all(str(arm), result, words, limit=8 if is_narrow(ax) else 20) for arm in ordered["arm"]]
    table = pd.DataFrame(
        {
            "row": names,
            "value": ordered["gain"].to_numpy(),
            "low": ordered["gain_low"].to_numpy(),
            "high": ordered["gain_high"].to_numpy(),
        }
    )
    colours = [PALETTE["muted" if not one.gain_low > 0 else "returned"] for one in rows(ordered)]
    set_height(ax, 1.4 + 0.4 * len(table))
    intervals(ax, table, label="row", colours=colours, words=words)
    zero_line(ax, words.say(N_("no gain")))
    unit_axis(ax, "x", "money", words)
    name_x_axis(ax, words.say(N_("more profit a customer by the rule than by this; grey: may be chance")))
    return ax


def _for_all(arm: str, result: OfferPolicy, words: Words, *, limit: int) -> str:
    """What the rule takes the place of."""
    if arm == result.control:
        return words.say(N_("nothing for all"))
    return words.say(N_("{arm} for all"), arm=clean_value(arm, limit=limit))
