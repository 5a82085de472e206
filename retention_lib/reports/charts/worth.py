"""Charts of what customers are worth: month by month, by customer, by group, and against the cost of winning them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.concentration import Concentration
from retention_lib.models.new_customer import NewCustomersBy
from retention_lib.models.value import BaseValue, ValueBy
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    label_end,
    month_ticks,
    name_x_axis,
    no_data_yet,
    reference_line,
    set_height,
    unit_axis,
)
from retention_lib.reports.segment_names import segment_of
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BROUGHT = {"gross_profit": N_("gross profit"), "revenue": N_("sales")}
_ROWS = 12
_PHONE_TICKS = 3


def plot_value_ahead(value: BaseValue, words: Words, *, ax: Axes | None = None) -> Axes:
    """What the known customers are expected to bring, added up month by month, with its band.

    Args:
        value: From `models.value.base_value`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = value.months
    ax.fill_between(table["month"], table["low"], table["high"], color=PALETTE["band"], linewidth=0)
    ax.plot(table["month"], table["cumulative"], color=PALETTE["base"], marker="o", markersize=3.5)
    last = table.iloc[-1]
    text = words.money(float(last["cumulative"]), compact=True)
    label_end(ax, last["month"], last["cumulative"], text, colour=PALETTE["base"])
    ax.set_ylim(bottom=0)
    ax.margins(x=0.12 if is_narrow(ax) else 0.06)
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(N_("months ahead")))
    ax.set_ylabel(words.say(_BROUGHT[value.measure]))
    return ax


def plot_concentration(concentration: Concentration, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of all value held by the customers with the highest, with that of the first tenth marked.

    Args:
        concentration: From `models.concentration.concentration`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    curve, top = concentration.lorenz, concentration.top_decile_share.value
    ax.plot([0, 1], [0, 1], color=PALETTE["control"], linewidth=1, linestyle=(0, (4, 3)))
    ax.fill_between(curve["customers"], curve["customers"], curve["value"], color=PALETTE["band"], linewidth=0)
    ax.plot(curve["customers"], curve["value"], color=PALETTE["base"])
    ax.scatter([0.1], [top], color=PALETTE["base"], s=36, zorder=3)
    text = words.say(N_("a tenth carries {share}"), share=words.percent(top, 0))
    label_end(ax, 0.1, top, text, colour=PALETTE["base"], offset=(10, -9))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    unit_axis(ax, "x", "share", words)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("customers, the most valuable first")))
    ax.set_ylabel(words.say(N_("share of the value")))
    return ax


def plot_value_by(value: ValueBy, words: Words, *, ax: Axes | None = None) -> Axes:
    """What a known customer of each group is expected to bring, with intervals; grey: fewer than 30 customers.

    Args:
        value: From `models.value.value_by`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = value.table
    if table["thin"].all():
        return no_data_yet(ax, words)
    if value.by == "cohort":
        return _by_month(ax, value, words)
    shown = table.head(_ROWS).assign(
        name=[segment_of(value.by, str(name), words) for name in table["group"].head(_ROWS)]
    )
    set_height(ax, 1.1 + 0.32 * len(shown))
    colours = [PALETTE["muted"] if thin else PALETTE["base"] for thin in shown["thin"]]
    intervals(
        ax, shown.fillna({"low": shown["value"], "high": shown["value"]}), label="name", colours=colours, words=words
    )
    _money_axis(ax, words)
    name_x_axis(ax, words.say(N_("expected of a customer")))
    return ax


def plot_new_customers(value: NewCustomersBy, words: Words, *, ax: Axes | None = None) -> Axes:
    """The worth of a new customer by group, beside that of all and, where known, the cost of winning one.

    Args:
        value: From `models.new_customer.new_customers_by`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    told = value.table[~value.table["thin"]].head(_ROWS)
    if told.empty:
        return no_data_yet(ax, words)
    shown = told.assign(name=[segment_of(value.by, str(name), words) for name in told["group"]])
    set_height(ax, 1.3 + 0.34 * len(shown))
    places = np.arange(len(shown))[::-1]
    ax.hlines(places, shown["low"], shown["high"], colors=PALETTE["band"], linewidth=2)
    own = shown.assign(low=shown["own_low"], high=shown["own_high"])
    colours = [PALETTE["muted"] if pooled else PALETTE["base"] for pooled in shown["pooled"]]
    intervals(ax, own, label="name", colours=colours, words=words)
    _costs(ax, shown["cost"].to_numpy(dtype=float), places, words)
    reference_line(ax, value.everybody.value.value, words.say(N_("all")), at="bottom")
    _money_axis(ax, words)
    name_x_axis(ax, words.say(N_("value of a new customer in {months} months"), months=value.months))
    return ax


def _money_axis(ax: Axes, words: Words) -> None:
    """Money along the x axis from 0, with ticks few enough for a phone."""
    ax.set_xlim(left=0)
    unit_axis(ax, "x", "money", words)
    if is_narrow(ax):
        ax.locator_params(axis="x", nbins=_PHONE_TICKS)


def _costs(ax: Axes, costs: np.ndarray, places: np.ndarray, words: Words) -> None:
    """The cost of winning one as a mark of its own, named once."""
    known = np.isfinite(costs)
    if not known.any():
        return
    ax.scatter(costs[known], places[known], c=PALETTE["lost"], marker="D", s=26, zorder=4)
    top = int(np.flatnonzero(known)[0])
    label_end(ax, costs[top], places[top], words.say(N_("cost")), colour=PALETTE["lost"], offset=(6, 8))


def _by_month(ax: Axes, value: ValueBy, words: Words) -> Axes:
    """Cohorts along the months of their first purchase."""
    table = value.table
    places = np.arange(len(table))
    colours = [PALETTE["muted"] if thin else PALETTE["base"] for thin in table["thin"]]
    ax.vlines(
        places, table["low"].fillna(table["value"]), table["high"].fillna(table["value"]), colors=colours, linewidth=2
    )
    ax.scatter(places, table["value"], c=colours, s=22, zorder=3)
    month_ticks(ax, [str(month) for month in table["group"]], words)
    top = float(table["high"].max())
    ax.set_ylim(0, top * 1.05 if math.isfinite(top) and top > 0 else 1)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(N_("month of the first purchase")))
    ax.set_ylabel(words.say(N_("expected of a customer")))
    return ax
