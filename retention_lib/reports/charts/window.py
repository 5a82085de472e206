"""Charts of when a customer is gone: who comes back, by which definition, and who stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.definitions import RetentionDefinitions
from retention_lib.models.returning import ReturnsByPurchases
from retention_lib.models.staying import Staying
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, set_height, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = {"came_back": "returned", "stayed": "base", "new": "new"}
# The darkest shade of a cell, on which dark letters can still be read.
DEEPEST = 0.62


def plot_returns_by_purchases(returns: ReturnsByPurchases, words: Words, *, ax: Axes | None = None) -> Axes:
    """Shaded cells of the share that came back, by number of purchases and band of silence.

    Args:
        returns: From `models.returning.returns_by_purchases`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    ax = axes_or_new(ax)
    cells = returns.cells
    bands = cells[["silence_above", "silence_to"]].drop_duplicates().sort_values("silence_above", ignore_index=True)
    classes = cells[["purchases_from", "purchases_to"]].drop_duplicates(ignore_index=True)
    shades = LinearSegmentedColormap.from_list("shares", [PALETTE["paper"], PALETTE["base"]])
    across = {int(above): place for place, above in enumerate(bands["silence_above"])}
    down = {int(least): len(classes) - 1 - place for place, least in enumerate(classes["purchases_from"])}
    set_height(ax, max(2.4, 1.6 + 0.42 * len(classes)))
    for row in rows(cells):
        x, y = across[int(row.silence_above)], down[int(row.purchases_from)]
        colour = PALETTE["grid"] if row.thin else shades(DEEPEST * float(row.share))
        ax.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor=colour, edgecolor=PALETTE["grid"]))
        _write_cell(ax, (x, y), row, words)
    beyond = next((place for above, place in across.items() if above >= returns.lapse_days), None)
    if beyond is not None:
        ax.axvline(beyond - 0.5, color=PALETTE["label"], linestyle=(0, (4, 3)), linewidth=1)
    ax.set_xlim(-0.52, len(bands) - 0.48)
    ax.set_ylim(-0.52, len(classes) - 0.48)
    ax.set_xticks(range(len(bands)), [_band(row, words, narrow=is_narrow(ax)) for row in rows(bands)])
    ax.set_yticks([down[int(least)] for least in classes["purchases_from"]], [_class(row) for row in rows(classes)])
    ax.tick_params(axis="x", length=0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    name = N_("days silent; right of the line: beyond the window of {days}; small: customers")
    name_x_axis(ax, words.say(name, days=words.days(returns.lapse_days)))
    ax.set_ylabel(words.say(N_("purchases before")))
    return ax


def plot_definitions(definitions: RetentionDefinitions, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share kept by three definitions against the days since the first purchase.

    Args:
        definitions: From `models.definitions.retention_definitions`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    period, bracket, later = (definitions.of(name) for name in ("in_period", "bracket", "on_or_after"))
    ends = period["to_day"].to_numpy(dtype=float)
    ax.plot(ends, later["share"], color=PALETTE["returned"], marker="o", markersize=3)
    ax.plot(ends, period["share"], color=PALETTE["base"], marker="o", markersize=3)
    for row in rows(bracket):
        ax.hlines(row.share, float(row.from_day), float(row.to_day), color=PALETTE["expected"], linewidth=2.5)
    last = float(ends[-1])
    texts = (
        (float(later["share"].iloc[-1]), words.say(N_("that week\nor later")), "returned"),
        (float(bracket["share"].iloc[-1]), words.say(N_("between\ntwo days")), "expected"),
        (float(period["share"].iloc[-1]), words.say(N_("in that\nweek")), "base"),
    )
    top = max(float(later["share"].max()), float(bracket["share"].max())) * 1.08
    for (_, text, colour), place in zip(texts, _apart([share for share, *_ in texts], top * 0.17), strict=True):
        label_end(ax, last, place, text, colour=PALETTE[colour])
    ax.set_ylim(0, max(top, 0.01))
    ax.set_xlim(0, last * (1.28 if is_narrow(ax) else 1.14))
    ax.set_xticks([1, *(float(day) for day in bracket["to_day"])])
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("days since the first purchase")))
    ax.set_ylabel(words.say(N_("bought again")))
    return ax


def plot_staying(staying: Staying, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share still active in the months after customers came back, stayed or were new.

    Args:
        staying: From `models.staying.staying`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = staying.table
    names = {"came_back": N_("came back"), "stayed": N_("had stayed"), "new": N_("new")}
    shown = [name for name in LINES if (table["group"] == name).any()]
    lasts = []
    for name in shown:
        group, colour = table.loc[table["group"] == name], PALETTE[LINES[name]]
        ax.fill_between(group["months_after"], group["low"], group["high"], color=colour, alpha=0.15, linewidth=0)
        ax.plot(group["months_after"], group["share"], color=colour, marker="o", markersize=4)
        lasts.append(float(group["share"].iloc[-1]))
    months = sorted(table["months_after"].unique())
    step = float(months[0])
    order = np.argsort(lasts)[::-1]
    for place, at in zip(_apart([lasts[index] for index in order], 0.07), order, strict=True):
        label_end(ax, months[-1], place, words.say(names[shown[at]]), colour=PALETTE[LINES[shown[at]]])
    ax.set_ylim(0, 1.02)
    ax.set_xlim(months[0] - 0.2 * step, months[-1] + (0.9 if is_narrow(ax) else 0.5) * step)
    ax.set_xticks(months, [words.number(month) for month in months])
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("months later")))
    ax.set_ylabel(words.say(N_("still active")))
    return ax


def _write_cell(ax: Axes, place: tuple[float, float], row: Any, words: Words) -> None:
    """The share of a cell and, small, its customers."""
    colour = PALETTE["label"] if row.thin else PALETTE["ink"]
    offsets = ((5, words.percent(float(row.share), 0), 9, "bold"), (-7, words.compact(int(row.customers)), 7, "normal"))
    for offset, text, size, weight in offsets:
        ax.annotate(
            text,
            place,
            xytext=(0, offset),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            fontweight=weight,
            color=colour,
        )


def _apart(places: list[float], least: float) -> list[float]:
    """Places in falling order, pushed down so far that labels on them do not meet."""
    found: list[float] = []
    for place in places:
        found.append(place if not found else min(place, found[-1] - least))
    return found


def _band(row: Any, words: Words, *, narrow: bool) -> str:
    """A band of silence, as in "15-29"; the open one as in "over 87"."""
    if pd.isna(row.silence_to):
        return words.say(N_("over {above}"), above=int(row.silence_above)).replace(" ", "\n" if narrow else " ")
    return f"{int(row.silence_above) + 1}\u2013{int(row.silence_to)}".replace(
        "\u2013", "\u2013\n" if narrow else "\u2013"
    )


def _class(row: Any) -> str:
    """A class of purchases, as in "4-9" or "10+"."""
    least = int(row.purchases_from)
    if pd.isna(row.purchases_to):
        return f"{least}+"
    return str(least) if int(row.purchases_to) == least else f"{least}\u2013{int(row.purchases_to)}"
