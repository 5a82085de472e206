"""Charts of why customers leave: features of first orders, reasons, and the way to the checkout."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.first_experience import FirstOrderExperience
from retention_lib.models.funnel import Funnel
from retention_lib.models.leaving import ReasonsToLeave
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_x_axis,
    set_height,
    unit_axis,
)
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.why_words import feature_name, level_name, reason_name, step_name
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_REASONS = 12
ROW, HEADING_ROW = 1.0, 0.85


def plot_first_order_experience(result: FirstOrderExperience, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of new customers who bought again, by level, under a heading for each feature of the first order.

    Args:
        result: From `models.first_experience.first_order_experience`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    shown, overall = result.shown, result.overall.value
    places, labels, heads = _grouped(shown, words)
    colours = [_tone(row, row.share > overall) for row in rows(shown)]
    ax.hlines(places, shown["low"], shown["high"], colors=colours, linewidth=2)
    ax.scatter(shown["share"], places, c=colours, s=30, zorder=3)
    limit = 17 if is_narrow(ax) else 30
    ax.set_yticks(places, [clean_value(label, limit=limit) for label in labels], parse_math=False)
    for place, text in heads:
        ax.annotate(
            text,
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            fontweight="bold",
            color=PALETTE["label"],
        )
    ax.set_ylim(min(places) - 0.6, max(place for place, _ in heads) + 0.6)
    set_height(ax, 1.0 + 0.21 * (len(places) + len(heads)))
    ax.axvline(overall, color=PALETTE["label"], linestyle=(0, (4, 3)), linewidth=1)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "share", words)
    name_x_axis(
        ax,
        words.say(
            N_("bought again within {days}; line: all, {share}"),
            days=words.days(result.horizon_days),
            share=words.percent(overall),
        ),
    )
    return ax


def plot_reasons_to_leave(result: ReasonsToLeave, words: Words, *, ax: Axes | None = None) -> Axes:
    """The difference to customers alike, in points, with its interval for each reason; grey where there are too few.

    Args:
        result: From `models.leaving.reasons_to_leave`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = result.table.head(SHOWN_REASONS)
    names = [reason_name(name, words) for name in table["reason"]]
    points = table.assign(
        value=100 * table["difference"], low=100 * table["low"], high=100 * table["high"], reason=names
    )
    colours = [_tone(row, row.difference < 0) for row in rows(table)]
    set_height(ax, 1.1 + (0.36 if is_narrow(ax) else 0.28) * len(table))
    intervals(ax, points, label="reason", colours=colours, words=words)
    if is_narrow(ax):
        # A phone has room for sixteen letters; two lines say the whole name.
        wrapped = ["\n".join(textwrap.wrap(clean_value(name, limit=32), 16)[:2]) for name in names]
        ax.set_yticks(np.arange(len(names))[::-1], wrapped, parse_math=False)
    ax.axvline(0, color=PALETTE["label"], linestyle=(0, (4, 3)), linewidth=1)
    unit_axis(ax, "x", "count", words)
    name_x_axis(
        ax,
        words.say(
            N_("points more who bought nothing within {days} than among customers alike"),
            days=words.days(result.horizon_days),
        ),
    )
    return ax


def plot_funnel(result: Funnel, words: Words, *, ax: Axes | None = None) -> Axes:
    """Bars of the share of visits that reached each step, with a mark at the month before.

    Args:
        result: From `models.funnel.checkout_funnel`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    steps = result.steps
    places = np.arange(len(steps))[::-1]
    colours = [PALETTE["lost"] if row.differs and row.change < 0 else PALETTE["base"] for row in rows(steps)]
    ax.barh(places, steps["of_all"], height=0.62, color=colours)
    before = steps["previous_of_all"].to_numpy()
    known = ~np.isnan(before)
    ax.vlines(before[known], places[known] - 0.4, places[known] + 0.4, color=PALETTE["ink"], linewidth=2)
    for place, row in zip(places, rows(steps), strict=True):
        end = row.of_all if np.isnan(row.previous_of_all) else max(row.of_all, row.previous_of_all)
        ax.annotate(
            _bar_label(row, words, narrow=is_narrow(ax)),
            (end, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=PALETTE["label"],
        )
    ax.set_yticks(places, [step_name(step, words) for step in steps["step"]])
    set_height(ax, 1.0 + 0.4 * len(steps))
    ax.set_xlim(0, 1.3)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0] if not is_narrow(ax) else [0, 0.5, 1.0])
    ax.xaxis.set_major_formatter(lambda value, _: words.percent(value, 0))
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    name_x_axis(ax, words.say(N_("of all visits; line: the month before")))
    return ax


def _grouped(shown: pd.DataFrame, words: Words) -> tuple[list[float], list[str], list[tuple[float, str]]]:
    """Places of the rows from the top down, their labels, and the headings' places and texts."""
    places, labels, heads = [], [], []
    place, last = 0.0, None
    for row in rows(shown):
        if row.feature != last:
            place -= HEADING_ROW
            heads.append((place, feature_name(row.feature, words)))
            last = row.feature
        place -= ROW
        places.append(place)
        labels.append(level_name(row.feature, row.level, words))
    return places, labels, heads


def _tone(row: Any, good: bool) -> str:
    """Grey for too few, green or red for a difference beyond chance, else blue."""
    if row.thin:
        return PALETTE["muted"]
    if not row.differs:
        return PALETTE["base"]
    return PALETTE["returned"] if good else PALETTE["lost"]


def _bar_label(row: Any, words: Words, *, narrow: bool) -> str:
    share = words.percent(row.of_all, 0)
    if narrow or np.isnan(row.rate):
        return share
    return words.say(N_("{share}; {rate} of the step before"), share=share, rate=words.percent(row.rate, 0))
