"""Charts about products: pairs bought together, days until products are bought again, and how often named ones hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.models.actions.hits import HitRates
from retention_lib.models.actions.intervals import ProductIntervals
from retention_lib.models.actions.pairs import ProductPairs
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    label_end,
    name_x_axis,
    reference_line,
    set_height,
    unit_axis,
)
from retention_lib.reports.findings.actions_products import SHOWN, product_label
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTERS, _LETTERS_NARROW = 30, 11


def plot_product_pairs(pairs: ProductPairs, words: Words, *, ax: Axes | None = None) -> Axes:
    """How many times oftener than by chance the second product of a pair follows the first, the closest pairs.

    Args:
        pairs: From `models.actions.pairs.product_pairs`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = pairs.strongest(SHOWN)
    narrow = is_narrow(ax)
    limit = _LETTERS_NARROW if narrow else _LETTERS
    between = " →\n" if narrow else " → "
    names = [
        between.join(clean_value(one, limit=limit) for one in (row.first, row.then))
        for row in rows(table[["first", "then"]])
    ]
    table = table.assign(value=table["lift"], label="")
    set_height(ax, 1.2 + (0.42 if narrow else 0.32) * len(table))
    intervals(ax, table, label="label", colours=[PALETTE["base"]] * len(table), words=words)
    places = np.arange(len(table))[::-1]
    ax.set_yticks(places, names, parse_math=False)
    for place, row in zip(places, rows(table), strict=True):
        label_end(ax, row.high, place, _times(row.lift, words), colour=PALETTE["base"])
    ax.set_ylim(-0.6, len(table) + 0.1)
    ax.set_xlim(0, float(table["high"].max()) * (1.3 if narrow else 1.15))
    reference_line(ax, 1.0, words.say(N_("as by chance")))
    unit_axis(ax, "x", "count", words)
    name_x_axis(ax, words.say(N_("times as often as by chance")))
    return ax


def _times(lift: float, words: Words) -> str:
    """A lift at its mark, as in "7.3 x"."""
    return words.say(N_("{lift} x"), lift=words.number(lift, 1))


def plot_product_intervals(found: ProductIntervals, words: Words, *, ax: Axes | None = None) -> Axes:
    """Days until products are bought again: from the 25th to the 75th percentile, with the median.

    Args:
        found: From `models.actions.intervals.product_intervals`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    top = found.top(SHOWN)
    table = top.assign(value=top["days_50"], low=top["days_25"], high=top["days_75"])
    limit = 12 if is_narrow(ax) else _LETTERS
    table["label"] = [product_label(*one, limit=limit) for one in zip(top["product"], top["category"], strict=True)]
    set_height(ax, 1.1 + 0.32 * len(table))
    intervals(ax, table, label="label", colours=[PALETTE["base"]] * len(table), words=words)
    for place, row in zip(np.arange(len(table))[::-1], rows(table), strict=True):
        text = f"{round(row.low)} · {round(row.value)} · {round(row.high)}"
        label_end(ax, row.high, place, text, colour=PALETTE["base"])
    ax.set_xlim(0, float(table["high"].max()) * (1.7 if is_narrow(ax) else 1.25))
    unit_axis(ax, "x", "count", words)
    name_x_axis(ax, words.say(N_("days until a quarter, half and three quarters have bought again")))
    return ax


def plot_hit_rates(rates: HitRates, words: Words, *, ax: Axes | None = None) -> Axes:
    """Share of customers for whom one of ten named products was bought, by own purchases and by popularity.

    Args:
        rates: From `models.actions.hits.hit_rates`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    both = {N_("own purchases"): rates.replenishment, N_("popular"): rates.popularity}
    table = pd.DataFrame(
        {
            "label": [words.say(name) for name in both],
            "value": [rate.value for rate in both.values()],
            "low": [rate.value if rate.low is None else rate.low for rate in both.values()],
            "high": [rate.value if rate.high is None else rate.high for rate in both.values()],
        }
    )
    colours = [PALETTE["base"], PALETTE["control"]]
    set_height(ax, 1.7)
    intervals(ax, table, label="label", colours=colours, words=words)
    for place, row, colour in zip((1, 0), rows(table), colours, strict=True):
        label_end(ax, row.high, place, words.percent(row.value), colour=colour)
    ax.set_xlim(0, min(1.25, float(table["high"].max()) * (1.4 if is_narrow(ax) else 1.2)))
    unit_axis(ax, "x", "share", words)
    ax.set_xticks([tick for tick in (0.0, 0.25, 0.5, 0.75, 1.0) if tick <= ax.get_xlim()[1]])
    name_x_axis(ax, words.say(N_("customers who bought one of the ten within 30 days")))
    return ax
