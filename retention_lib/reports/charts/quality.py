"""The chart of the check of the data: sales over time, with what is missing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.sales_calendar import SalesCalendar
from retention_lib.reports.charts.axes import axes_or_new, month_ticks, name_x_axis, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import HATCH_INCOMPLETE, PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_BY_DAY = 62
"""Days from the first to the last sale up to which each day has a bar; beyond, each month."""


def plot_sales_calendar(calendar: SalesCalendar, words: Words, *, ax: Axes | None = None) -> Axes:
    """Bars of net sales by day or by month; months seen in part are pale and hatched, gaps are red.

    Args:
        calendar: From `models.sales_calendar.sales_calendar`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if len(calendar.days) <= LONGEST_BY_DAY:
        _draw_days(calendar, words, ax)
    else:
        _draw_months(calendar, words, ax)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    unit_axis(ax, "y", "money", words)
    ax.set_ylabel(words.say(N_("net sales")))
    return ax


def _draw_days(calendar: SalesCalendar, words: Words, ax: Axes) -> None:
    """A bar a day; gaps are red bands."""
    places = np.arange(len(calendar.days))
    ax.bar(places, calendar.days["revenue"].to_numpy(), width=0.8, color=PALETTE["base"])
    for gap in rows(calendar.gaps):
        first, last = ((day - calendar.first_day).days for day in (gap.first_day, gap.last_day))
        _band(ax, first - 0.5, last + 0.5)
    step = max(1, -(-len(places) // (3 if is_narrow(ax) else 6)))
    shown = places[::step]
    ax.set_xticks(shown, [f"{calendar.days['day'].iloc[place]:%d.%m}" for place in shown])
    ax.set_xlim(-0.7, len(places) - 0.3)
    name_x_axis(ax, words.say(N_("day")))


def _draw_months(calendar: SalesCalendar, words: Words, ax: Axes) -> None:
    """A bar a month, those seen in part hatched; gaps are red bands at their place in the month."""
    months = calendar.months
    places = np.arange(len(months))
    whole = (months["days_seen"] == months["days_in_month"]).to_numpy()
    revenue = months["revenue"].to_numpy()
    ax.bar(places[whole], revenue[whole], width=0.8, color=PALETTE["base"])
    ax.bar(places[~whole], revenue[~whole], width=0.8, color=PALETTE["muted"], hatch=HATCH_INCOMPLETE)
    names = list(months["month"])
    for gap in rows(calendar.gaps):
        _band(ax, _place(gap.first_day, names), _place(gap.last_day, names, end=True))
    for month in calendar.missing_months:
        _band(ax, names.index(month) - 0.5, names.index(month) + 0.5)
    month_ticks(ax, names, words)
    ax.set_xlim(-0.7, len(places) - 0.3)
    name_x_axis(ax, words.say(N_("month")))


def _place(day: date, months: list[str], *, end: bool = False) -> float:
    """Where a day begins, or ends, on the axis of months."""
    month = f"{day:%Y-%m}"
    return months.index(month) - 0.5 + (day.day - (not end)) / 31


def _band(ax: Axes, start: float, stop: float) -> None:
    """A red band over days without a sale, wide enough to be seen."""
    middle, half = (start + stop) / 2, max((stop - start) / 2, 0.06)
    ax.axvspan(middle - half, middle + half, color=PALETTE["lost"], alpha=0.35, linewidth=0)
