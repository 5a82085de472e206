"""Charts of forecasts that were tried on the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.backtest_views import FrequencyCalibration, PastForecasts
from retention_lib.models.season import SeasonalIndex
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MONTHS = 12


def plot_past_forecasts(past: PastForecasts, words: Words, *, ax: Axes | None = None) -> Axes:
    """What came on each past day as a share of the forecast, beside the forecast's own interval.

    Args:
        past: From `models.backtest_views.past_forecasts`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = past.table
    places = np.arange(len(table))
    known = table["low"].notna().to_numpy()
    bars = table[known]
    ax.vlines(places[known], 1 + bars["low"], 1 + bars["high"], colors=PALETTE["band"], linewidth=9 - 3 * is_narrow(ax))
    ax.axhline(1, color=PALETTE["expected"], linewidth=1.2, linestyle=(0, (4, 3)))
    colours = [PALETTE["lost"] if lies is False else PALETTE["base"] for lies in table["inside"]]
    ax.scatter(places, 1 + table["error"], c=colours, s=34, zorder=3)
    label_end(ax, len(table) - 0.4, 1, words.say(N_("forecast")), colour=PALETTE["expected"])
    # The last test is told apart by its place, not by its colour, which says whether it lies inside.
    for place, test in zip(places, rows(table), strict=True):
        if test.last:
            ax.axvline(place - 0.5, color=PALETTE["label"], linewidth=1, linestyle=(0, (2, 2)))
            _name_above(ax, float(place), words.say(N_("last test")))
    _name_days(ax, past, words)
    ax.set_xlim(-0.6, len(table) - 0.4)
    ax.margins(y=0.12)
    unit_axis(ax, "y", "share", words)
    named = N_("first day of the forecast; bar: its interval, dot: what came")
    name_x_axis(ax, words.say(named if known.any() else N_("first day of the forecast; dot: what came")))
    ax.set_ylabel(words.say(N_("of the forecast")))
    return ax


def _name_above(ax: Axes, place: float, text: str) -> None:
    """A name over the chart, at a place on the x axis."""
    ax.annotate(
        text,
        (place, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=PALETTE["label"],
        fontsize=8.5,
    )


def _name_days(ax: Axes, past: PastForecasts, words: Words) -> None:
    """Days on the x axis: day and month, thinned where there is little room, the year under its first one."""
    days = list(past.table["cutoff"])
    step = max(1, -(-len(days) // (4 if is_narrow(ax) else 9)))
    shown = list(range(len(days) - 1, -1, -step))[::-1]
    labels = []
    for at, place in enumerate(shown):
        day = days[place]
        label = f"{day.day} {words.month(f'{day:%Y-%m}', year=False)[:3]}"
        first = at == 0 or days[shown[at - 1]].year != day.year
        labels.append(f"{label}\n{day.year}" if first else label)
    ax.set_xticks(shown, labels)


def plot_frequency_calibration(calibration: FrequencyCalibration, words: Words, *, ax: Axes | None = None) -> Axes:
    """Purchases a customer by how often customers had bought again, as expected and as they happened.

    Args:
        calibration: From `models.backtest_views.frequency_calibration`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    groups = list(rows(calibration.table))
    places = np.arange(len(groups))
    colours = [PALETTE["muted"] if group.thin else PALETTE["base"] for group in groups]
    ax.bar(places, calibration.table["actual"], width=0.62, color=colours)
    ax.hlines(calibration.table["expected"], places - 0.4, places + 0.4, colors=PALETTE["expected"], linewidth=2.4)
    last = groups[-1]
    above = last.expected >= last.actual
    edge = len(groups) - 0.55
    label_end(
        ax, edge, last.expected, words.say(N_("expected")), colour=PALETTE["expected"], offset=(2, 6 * _sign(above))
    )
    label_end(ax, edge, last.actual, words.say(N_("bought")), colour=PALETTE["base"], offset=(2, -6 * _sign(above)))
    ax.set_xticks(places, [group.frequency for group in groups])
    ax.set_xlim(-0.6, len(groups) - 0.4)
    top = max(float(calibration.table[["actual", "expected"]].max().max()), 0.5)
    ax.set_ylim(0, 1.08 * top)
    unit_axis(ax, "y", "count", words, digits=1 if top < 3 else 0)
    name_x_axis(ax, words.say(N_("how often the customer had bought again before")))
    ax.set_ylabel(words.say(N_("purchases a customer")))
    return ax


def _sign(above: bool) -> int:
    return 1 if above else -1


def plot_seasonal_index(index: SeasonalIndex, words: Words, *, ax: Axes | None = None) -> Axes:
    """How much known customers buy in each month of the year, with its interval, against the mean month.

    Args:
        index: From `models.season.seasonal_index`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    places = np.arange(_MONTHS)
    ax.axhline(1, color=PALETTE["label"], linewidth=1, linestyle=(0, (4, 3)))
    colour = PALETTE["base"] if index.seasonal else PALETTE["control"]
    ax.vlines(places, index.low, index.high, colors=PALETTE["band"], linewidth=9 - 3 * is_narrow(ax))
    ax.plot(places, index.factors, color=colour, linewidth=1, marker="o", markersize=5.5)
    names = [words.month(f"2001-{month:02d}", year=False)[: 1 if is_narrow(ax) else 3] for month in range(1, 13)]
    ax.set_xticks(places, names)
    ax.set_xlim(-0.6, _MONTHS - 0.4)
    unit_axis(ax, "y", "share", words)
    ax.set_ylabel(words.say(N_("of the mean month")))
    return ax
