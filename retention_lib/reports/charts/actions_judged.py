"""Charts of what the lists of the playbook earned: last month's a contact, and each scenario's by month."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.actions.decisions import TrackRecord
from retention_lib.models.actions.last_month import LastMonth
from retention_lib.reports.charts.actions_steps import scenario_labels
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "paid": PALETTE["returned"],
    "lost": PALETTE["lost"],
    "open": PALETTE["muted"],
    "small": PALETTE["muted"],
    "invalid": PALETTE["muted"],
}
_MOST_LISTS, _MOST_ROWS, _LEAST_HEIGHT = 24, 36, 2.2


def plot_last_month(month: LastMonth, words: Words, *, ax: Axes | None = None) -> Axes:
    """Net profit of a contact, list by list, with its interval, and the total of the list beside it.

    Args:
        month: From `models.actions.judged.judged`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = month.table[month.table["profit"].notna()]
    table = known.sort_values("profit", ascending=False, kind="stable").head(_MOST_LISTS)
    places = np.arange(len(table))[::-1]
    colours = [_COLOURS[str(one)] for one in table["standing"]]
    set_height(ax, max(1.4 + 0.36 * len(table), _LEAST_HEIGHT))
    ax.hlines(places, table["low"], table["high"], colors=colours, linewidth=2)
    ax.scatter(table["profit"], places, c=colours, s=30, zorder=3)
    for place, one, colour in zip(places, rows(table), colours, strict=True):
        end = float(one.high) if math.isfinite(float(one.high)) else float(one.profit)
        shown = one.standing in ("paid", "lost")
        _beside(ax, (end, float(place)), _total(one.total, words), colour if shown else PALETTE["label"])
    labels = scenario_labels(ax, [str(name) for name in table["scenario"]], words)
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_ylim(-1.3, len(table) - 0.4)
    low, high = min(ax.get_xlim()[0], 0.0), max(ax.get_xlim()[1], 0.0)
    ax.set_xlim(low, high + (high - low) * (0.6 if is_narrow(ax) else 0.24))
    reference_line(ax, 0.0, words.say(N_("pays from here")), at="bottom")
    unit_axis(ax, "x", "money", words)
    _few_ticks(ax)
    ax.grid(visible=False, axis="y")
    name_x_axis(ax, words.say(N_("net profit a contact (whole list beside it); grey: may be chance")))
    return ax


def plot_track_record(record: TrackRecord, words: Words, *, ax: Axes | None = None) -> Axes:
    """What the lists of each scenario earned, month by month, the scenario that earned most on top.

    Args:
        record: From `models.actions.decisions.track_record`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = record.table.head(_MOST_ROWS)
    scenarios = [name for name in record.scenarios if name in set(table["scenario"])]
    places = _places([str(name) for name in table["scenario"]])
    colours = [_COLOURS[str(one)] for one in table["standing"]]
    set_height(ax, max(1.2 + 0.24 * (max(places) + 1), _LEAST_HEIGHT))
    bars = ax.barh([-place for place in places], table["total"], color=colours, height=0.8)
    for bar, one in zip(bars, table["standing"], strict=True):
        if one == "small":
            bar.set_hatch("////")
            bar.set_edgecolor(PALETTE["paper"])
    ax.hlines(
        [-place for place in places], table["total_low"], table["total_high"], colors=PALETTE["label"], linewidth=1
    )
    for place, one in zip(places, rows(table), strict=True):
        ends = [float(value) for value in (one.total, one.total_high, 0.0) if math.isfinite(float(value))]
        _beside(ax, (max(ends), -float(place)), words.month(str(one.month), year=False)[:3], PALETTE["label"])
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + (high - low) * (0.14 if is_narrow(ax) else 0.04))
    middle = [
        float(np.mean([-place for place, name in zip(places, table["scenario"], strict=True) if name == scenario]))
        for scenario in scenarios
    ]
    ax.set_yticks(middle, scenario_labels(ax, scenarios, words), parse_math=False)
    ax.set_ylim(-max(places) - 0.8, 0.8)
    ax.axvline(0.0, color=PALETTE["label"], linewidth=1)
    unit_axis(ax, "x", "money", words)
    _few_ticks(ax)
    ax.grid(visible=False, axis="y")
    name_x_axis(ax, words.say(N_("net profit of a list; green: shown to pay, red: to lose money, grey: may be chance")))
    return ax


def _few_ticks(ax: Axes) -> None:
    """On a phone only as many ticks as leave room for amounts with the name of a currency."""
    if is_narrow(ax):
        ax.locator_params(axis="x", nbins=2)


def _places(scenarios: list[str]) -> list[int]:
    """Where each bar stands, with room between scenarios."""
    places, at = [], 0
    for before, name in zip(["", *scenarios], scenarios, strict=False):
        at += 2 if before and before != name else 1 if before else 0
        places.append(at)
    return places


def _total(total: float, words: Words) -> str:
    """What a whole list earned, with its sign."""
    said = words.money(float(total), compact=True)
    return words.say(N_("+{money}"), money=said) if total > 0 else said


def _beside(ax: Axes, at: tuple[float, float], text: str, colour: str) -> None:
    ax.annotate(
        text,
        at,
        xytext=(5, 0),
        textcoords="offset points",
        color=colour,
        fontsize=8.5,
        va="center",
        annotation_clip=False,
        parse_math=False,
        bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 0.5, "alpha": 0.85},
    )
