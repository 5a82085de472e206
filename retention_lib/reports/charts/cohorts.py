"""Charts of cohorts: who came back, what a customer brought, when the cost of winning one is paid back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.cohort_calendar import CohortCalendar
from retention_lib.models.cohort_groups import COHORT, GroupValues
from retention_lib.models.cohort_matrices import CohortMatrix
from retention_lib.models.cohorts import CohortTriangles, CohortValue
from retention_lib.models.payback import Payback
from retention_lib.reports.charts.axes import (
    axes_or_new,
    claim_colour,
    intervals,
    label_end,
    name_x_axis,
    no_data_yet,
    set_height,
    unit_axis,
)
from retention_lib.reports.charts.heatmaps import cohort_heatmap
from retention_lib.reports.period_names import AGE_AXES, period_name, periods_text, short_name
from retention_lib.reports.rows import rows
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.style import HATCH_INCOMPLETE, PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_GROUPS = 18
MATRIX_AGES = 12
_DIRECT_LABELS = 4


def plot_cohort_retention(cohorts: CohortTriangles, words: Words, *, ax: Axes | None = None) -> Axes:
    """Heatmap of the share of each cohort that bought at each age; cells not yet seen stay empty.

    Args:
        cohorts: From `models.cohorts.cohort_triangles`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    return cohort_heatmap(
        cohorts.retention.iloc[:, 1:],
        cohorts.whole.iloc[:, 1:],
        cohorts.sizes,
        written=lambda share: words.number(share * 100),
        axis=words.say(AGE_AXES[cohorts.by]),
        words=words,
        ax=axes_or_new(ax),
    )


def plot_cohort_matrix(matrix: CohortMatrix, words: Words, *, ax: Axes | None = None) -> Axes:
    """Heatmap of purchases or revenue a customer of each cohort at the first twelve ages.

    Args:
        matrix: From `models.cohort_matrices.cohort_matrix`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ages = slice(1, MATRIX_AGES + 1)
    largest = float(np.nanmax(np.abs(matrix.table.iloc[:, ages].to_numpy()), initial=0))
    digits = 0 if largest >= 10 else 1 if largest >= 1 else 2
    return cohort_heatmap(
        matrix.table.iloc[:, ages],
        matrix.whole.iloc[:, ages],
        matrix.sizes,
        written=lambda value: words.number(value, digits),
        axis=words.say(AGE_AXES[matrix.by]),
        words=words,
        ax=axes_or_new(ax),
    )


def plot_cohort_value(value: CohortValue, words: Words, *, ax: Axes | None = None) -> Axes:
    """Money that a customer of each cohort has brought, by age; only periods that are over.

    Args:
        value: From `models.cohorts.cohort_value`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = value.table
    long = table.index[table.notna().sum(axis=1) >= max(3, table.shape[1] // 4)]
    named = set(table.index) if len(table) <= _DIRECT_LABELS else {*table.index[:1], *long[-1:]}
    for colour, (cohort, row) in zip(_shades(len(table)), table.iterrows(), strict=True):
        seen, older = row.dropna(), cohort in value.opening
        style: Any = (0, (2, 2)) if older else "-"
        ax.plot(seen.index, seen, color=colour, linestyle=style, marker="o" if len(seen) == 1 else None, markersize=4)
        if cohort in named:
            label_end(
                ax, seen.index[-1], seen.iloc[-1], short_name(str(cohort), words), colour=_readable(colour, table)
            )
    ax.set_ylim(bottom=min(0.0, float(np.nanmin(table.to_numpy()))))
    ax.margins(x=0.08)
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(AGE_AXES[value.by]))
    ax.set_ylabel(words.say(_money_name(value.measure)))
    return ax


def plot_cohort_calendar(view: CohortCalendar, words: Words, *, ax: Axes | None = None) -> Axes:
    """Net sales by calendar period, stacked by when the customers were won; periods not seen whole hatched.

    Args:
        view: From `models.cohort_calendar.cohort_calendar`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table, whole = view.table, view.whole.to_numpy()
    places, base = np.arange(len(table)), np.zeros(len(table))
    for colour, band in zip(_shades(len(table.columns), many=True), table.columns, strict=True):
        height = table[band].clip(lower=0).to_numpy()
        drawn = ax.bar(places, height, width=0.92, bottom=base, color=colour, edgecolor=PALETTE["paper"], linewidth=0.4)
        for bar, over in zip(drawn, whole, strict=True):
            bar.set_hatch("" if over else HATCH_INCOMPLETE)
        base = base + height
    step = max(1, -(-len(table) // (4 if is_narrow(ax) else 8)))
    ticks = places[::-1][::step][::-1]
    ax.set_xticks(ticks, [short_name(str(table.index[place]), words) for place in ticks])
    _band_labels(ax, table, words)
    ax.set_ylim(bottom=0)
    unit_axis(ax, "y", "money", words)
    ax.set_ylabel(words.say(N_("net sales")))
    return ax


def plot_payback(result: Payback, words: Words, *, ax: Axes | None = None) -> Axes:
    """What an acquired customer has brought by each age, beside what winning one cost.

    Args:
        result: From `models.payback.payback`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table, cost = result.table, result.cost.per_customer
    ax.fill_between(table["periods"], table["low"], table["high"], color=PALETTE["band"], linewidth=0)
    ax.plot(table["periods"], table["value"], color=PALETTE["base"], marker="o", markersize=3)
    ax.axhline(cost.value, color=PALETTE["lost"], linestyle=(0, (5, 2)), linewidth=1.6)
    if cost.low is not None and cost.high is not None:
        ax.axhspan(cost.low, cost.high, color=PALETTE["lost"], alpha=0.15, linewidth=0)
    if result.paid.periods is not None:
        at = table.loc[table["periods"] == result.paid.periods].iloc[0]
        ax.scatter([at["periods"]], [at["value"]], s=60, color=PALETTE["returned"], zorder=4)
    last = table.iloc[-1]
    above = cost.value <= last["value"] / 2
    ax.annotate(
        words.say(N_("cost of winning a customer")),
        (last["periods"], cost.value),
        xytext=(0, -9 if above else 9),
        textcoords="offset points",
        color=PALETTE["lost"],
        fontsize=8.5,
        fontweight="bold",
        ha="right",
        va="center",
    )
    ax.set_ylim(bottom=min(0.0, float(table["low"].min())), top=max(float(table["high"].max()), cost.value) * 1.08)
    ax.set_xlim(0.5, max(3.0, float(last["periods"])) + 0.5)
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, _counted_axis(result.by, words))
    ax.set_ylabel(words.say(_money_name("gross_profit")))
    return ax


def plot_group_values(result: GroupValues, words: Words, *, ax: Axes | None = None) -> Axes:
    """What a customer of each group brought over the same time, beside the others of its split and the cost.

    Args:
        result: From `models.cohort_groups.group_values`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = result.table.loc[~result.table["thin"] & (result.table["segment"] != "")].head(MOST_GROUPS)
    if table.empty:
        return no_data_yet(ax, words)
    narrow = is_narrow(ax)
    named = [_group_name(row, words, narrow=narrow) for row in rows(table)]
    colours = [claim_colour(row.difference, claimed=row.differs, otherwise="control") for row in rows(table)]
    set_height(ax, 1.1 + (0.42 if narrow else 0.3) * len(table))
    intervals(ax, table.assign(named=named), label="named", colours=colours, words=words)
    places = np.arange(len(table))[::-1]
    ax.scatter(table["rest_value"], places, marker="|", s=90, color=PALETTE["label"], zorder=2)
    costs = table["cost"].notna().to_numpy()
    ax.scatter(table.loc[costs, "cost"], places[costs], marker="x", s=28, color=PALETTE["lost"], zorder=2)
    ax.set_yticks(places, named, parse_math=False)
    splits = table["dimension"].to_numpy()
    for place in np.flatnonzero(splits[1:] != splits[:-1]):
        ax.axhline(places[place] - 0.5, color=PALETTE["grid"], linewidth=1)
    ax.set_xlim(left=min(0.0, float(table["low"].min())))
    unit_axis(ax, "x", "money", words)
    ax.locator_params(axis="x", nbins=3 if narrow else 6)
    told = N_("{money} in {time}; bar: 95% interval; | the others")
    if costs.any():
        told = N_("{money} in {time}; bar: 95% interval; | the others; x cost of winning one")
    money = words.say(_money_name(result.measure))
    name_x_axis(ax, words.say(told, money=money, time=periods_text(result.periods, result.by, words)))
    return ax


def _counted_axis(by: str, words: Words) -> str:
    names = {
        "month": N_("months, that of the first purchase counted"),
        "week": N_("weeks, that of the first purchase counted"),
        "quarter": N_("quarters, that of the first purchase counted"),
    }
    return words.say(names[by])


def _money_name(measure: str) -> str:
    return N_("gross profit a customer") if measure == "gross_profit" else N_("revenue a customer")


def _group_name(row: Any, words: Words, *, narrow: bool) -> str:
    """A group with its split; on a phone without it, as groups tell it."""
    if row.dimension == COHORT:
        return short_name(row.segment, words) if narrow else period_name(row.segment, words)
    segment = clean_value(segment_of(row.dimension, row.segment, words), limit=18 if narrow else 26)
    split = split_name(row.dimension, words)
    return segment if narrow else words.say(N_("{segment} ({split})"), segment=segment, split=split)


def _band_labels(ax: Axes, table: pd.DataFrame, words: Words) -> None:
    """The bands' names at the right edge, where they have room."""
    from matplotlib.patches import Patch

    shades = _shades(len(table.columns), many=True)
    handles = [
        Patch(facecolor=colour, label=period_name(str(band), words)) for colour, band in zip(shades, table, strict=True)
    ]
    narrow = is_narrow(ax)
    legend = ax.legend(
        handles=handles[::-1],
        title=words.say(N_("won in")),
        loc="upper center" if narrow else "center left",
        bbox_to_anchor=(0.5, -0.16) if narrow else (1.0, 0.5),
        ncols=2 if narrow else 1,
        fontsize=8,
        title_fontsize=8,
    )
    legend.get_title().set_color(PALETTE["label"])


def _readable(colour: str, table: pd.DataFrame) -> str:
    """A line's colour for its label, but the lighter shades, which no text is read in."""
    return colour if len(table) <= _DIRECT_LABELS else PALETTE["label"]


def _shades(count: int, *, many: bool = False) -> list[str]:
    """Oldest darkest; colours of their own for a few lines."""
    from seaborn import light_palette

    if count <= _DIRECT_LABELS and not many:
        return [PALETTE["base"], PALETTE["returned"], PALETTE["expected"], PALETTE["new"]][:count]
    return list(light_palette(PALETTE["base"], n_colors=count + 2, reverse=True).as_hex())[:count]
