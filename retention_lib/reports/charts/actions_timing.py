"""Charts of when to write: buying by weekday and hour, the gain of the own hour, and customers by stage."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from retention_lib.models.actions.buying_hours import BuyingHours
from retention_lib.models.actions.favourites import WITHIN_HOURS
from retention_lib.models.actions.habits import Habits
from retention_lib.models.actions.stages import Stages
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, no_data_yet, set_height, unit_axis
from retention_lib.reports.findings.actions_stages import STAGE_NAMES
from retention_lib.reports.findings.actions_timing import JUDGED
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.time_names import hour_name, weekday_name
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Letters of a row's name that fit into one line.
_LINE = 12

_COLOURS = {
    "never": "control",
    "new": "new",
    "active": "base",
    "due": "base",
    "overdue": "expected",
    "quiet": "lost",
    "lapsed": "lost",
}


def plot_buying_hours(result: BuyingHours, words: Words, *, ax: Axes | None = None) -> Axes:
    """Orders as shades by weekday and hour, with the best hour of all in a frame.

    Args:
        result: From `models.actions.buying_hours.buying_hours`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    ax = axes_or_new(ax)
    set_height(ax, 2.6)
    shades = LinearSegmentedColormap.from_list("orders", [PALETTE["paper"], PALETTE["base"]])
    shares = result.cells["share"].to_numpy().reshape(7, 24)
    ax.pcolormesh(
        np.arange(25),
        np.arange(8),
        shares,
        cmap=shades,
        vmin=0,
        edgecolor=PALETTE["paper"],
        linewidth=0.6,
        rasterized=True,
    )
    ax.set_ylim(7, 0)
    begin = result.best_hour - WITHIN_HOURS
    for first in (begin, begin + 24, begin - 24):
        frame = Rectangle((first, 0), 2 * WITHIN_HOURS, 7, fill=False, edgecolor=PALETTE["ink"], linewidth=1.6)
        ax.add_patch(frame)
    _note_best(ax, result, words)
    days = range(1, 8)
    ax.set_yticks(np.arange(7) + 0.5, [weekday_name(day, words, short=is_narrow(ax)) for day in days])
    ax.get_yticklabels()[result.best_weekday - 1].set_fontweight("bold")
    hours = range(0, 25, 6 if is_narrow(ax) else 3)
    ax.set_xticks(list(hours), [hour_name(hour) if hour < 24 else "24:00" for hour in hours])
    ax.set_xlim(0, 24)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    name_x_axis(ax, words.say(N_("hour of the order; the darker, the more orders")))
    return ax


def _note_best(ax: Axes, result: BuyingHours, words: Words) -> None:
    """The share of orders in the frame, above it."""
    middle = result.best_hour % 24
    late, early = middle > 15, middle < 9
    ax.annotate(
        words.say(N_("{share} of orders"), share=words.percent(result.around_best, 0)),
        (middle, 0),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right" if late else "left" if early else "center",
        va="bottom",
        color=PALETTE["ink"],
        fontsize=8.5,
        fontweight="bold",
    )


def plot_own_hours(result: Habits, words: Words, *, ax: Axes | None = None) -> Axes:
    """What the own favourite would have met beside what the best for all met, in the weeks held out.

    Args:
        result: From `models.actions.habits.habits`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    judged = rows(result.gains)
    if not judged:
        return no_data_yet(ax, words)
    set_height(ax, 1.4 + 0.5 * len(judged))
    places = np.arange(len(judged))[::-1]
    for place, row in zip(places, judged, strict=True):
        colour = PALETTE["base"] if row.used else PALETTE["muted"]
        ax.hlines(place, min(row.own, row.base), max(row.own, row.base), color=colour, linewidth=2)
        ax.scatter([row.base], [place], color=PALETTE["control"], s=34, zorder=3)
        ax.scatter([row.own], [place], color=PALETTE["base"], s=34, zorder=4)
        _note_gain(ax, place, row, words)
    _name_dots(ax, places[0], judged[0], words)
    names = [words.say(JUDGED[row.kind, row.what]) for row in judged]
    ax.set_yticks(places, ["\n".join(textwrap.wrap(name, _LINE)) for name in names])
    ax.set_ylim(-0.6, len(judged) - 0.25)
    ax.set_xlim(0, min(1.0, max(0.1, *(1.15 * max(row.own, row.base) for row in judged))))
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("share of later openings or orders that would have been met")))
    return ax


def _note_gain(ax: Axes, place: int, row: Any, words: Words) -> None:
    """The gain with its interval, under the line."""
    ax.annotate(
        _gain_text(row, words, narrow=is_narrow(ax)),
        (min(row.own, row.base), place),
        xytext=(-2, -6),
        textcoords="offset points",
        va="top",
        color=PALETTE["base"] if row.used else PALETTE["label"],
        fontsize=8.5,
    )


def _gain_text(row: Any, words: Words, *, narrow: bool) -> str:
    if np.isnan(row.gain):
        return words.say(N_("too few to judge"))
    if np.isnan(row.low):
        narrow = True
    gain = ("+" if row.gain > 0 else "") + words.points(row.gain)
    if narrow:
        return words.say(N_("{gain}, used") if row.used else N_("{gain}, not used"), gain=gain)
    message = N_("{gain} ({interval}), used") if row.used else N_("{gain} ({interval}), not used")
    return words.say(message, gain=gain, interval=words.interval(row.low, row.high, "points"))


def _name_dots(ax: Axes, place: int, row: Any, words: Words) -> None:
    """What the two dots of the first row are."""
    own_right = row.own >= row.base
    for value, text, colour, right in (
        (row.own, words.say(N_("own")), "base", own_right),
        (row.base, words.say(N_("best for all")), "control", not own_right),
    ):
        ax.annotate(
            text,
            (value, place),
            xytext=(-3 if right else 3, 7),
            textcoords="offset points",
            ha="left" if right else "right",
            color=PALETTE[colour],
            fontsize=8.5,
            fontweight="bold",
        )


def plot_stages(result: Stages, words: Words, *, ax: Axes | None = None) -> Axes:
    """Customers by stage as bars, with the share of each that bought in the last window beside them.

    Args:
        result: From `models.actions.stages.stages`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = [row for row in rows(result.table) if row.customers or row.past_customers]
    set_height(ax, 1.3 + 0.34 * len(table))
    places = np.arange(len(table))[::-1]
    longest = max(row.customers for row in table)
    ax.barh(
        places,
        [row.customers for row in table],
        color=[PALETTE[_COLOURS[row.stage]] for row in table],
        alpha=0.85,
        height=0.7,
    )
    for place, row in zip(places, table, strict=True):
        text = words.number(row.customers)
        if not np.isnan(row.bought):
            text = words.say(N_("{n}; {share} bought"), n=int(row.customers), share=words.percent(row.bought))
        ax.annotate(
            text,
            (row.customers, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=PALETTE["ink"],
        )
    ax.set_yticks(places, [words.say(STAGE_NAMES[row.stage]) for row in table])
    ax.set_xlim(0, longest * (2.0 if is_narrow(ax) else 1.35))
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "count", words)
    shown = N_("customers today; of those who stood there {days} ago, the share that bought since")
    name_x_axis(ax, words.say(shown, days=words.days(result.window_days)))
    return ax
