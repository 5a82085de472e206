"""Charts of cohorts and of customer value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.backtest import Tracking
from retention_lib.models.cohorts import CohortTriangles, CohortValue
from retention_lib.reports.charts.axes import (
    axes_or_new,
    label_end,
    name_x_axis,
    no_data_yet,
    reference_line,
    set_height,
    unit_axis,
)
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST_AGES_NARROW = 7


def plot_cohort_retention(cohorts: CohortTriangles, words: Words, *, ax: Axes | None = None) -> Axes:
    """Heatmap of the share of each cohort that bought at each age; cells not yet seen stay empty.

    Args:
        cohorts: From `models.value.cohort_table`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    import seaborn as sns

    ax = axes_or_new(ax)
    matrix = cohorts.retention.loc[cohorts.judged].iloc[:, 1:]
    if is_narrow(ax):
        matrix = matrix.iloc[:, :FIRST_AGES_NARROW]
    if matrix.isna().all(axis=None):
        return no_data_yet(ax, words)
    set_height(ax, 1.2 + 0.34 * len(matrix))
    labels = matrix.map(lambda share: "" if share != share else words.number(share * 100))  # noqa: PLR0124 - NaN
    sns.heatmap(
        matrix,
        ax=ax,
        annot=labels,
        fmt="",
        cmap=sns.light_palette(PALETTE["base"], as_cmap=True),
        vmin=0,
        cbar=False,
        linewidths=1,
        linecolor=PALETTE["paper"],
        annot_kws={"fontsize": 8},
    )
    names = [words.month(str(cohort)) for cohort in matrix.index]
    ax.set_yticklabels([name if not is_narrow(ax) else name.replace("\u00a0", "\n") for name in names], rotation=0)
    name_x_axis(ax, words.say(N_("months since the first purchase")))
    ax.set_ylabel("")
    ax.grid(visible=False)
    return ax


def plot_cohort_value(value: CohortValue, words: Words, *, ax: Axes | None = None) -> Axes:
    """Money that a customer of each cohort has brought, by age.

    Args:
        value: From `models.value.cohort_value`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    shades = _shades(len(value.table))
    for colour, (cohort, row) in zip(shades, value.table.iterrows(), strict=True):
        seen = row.dropna()
        ax.plot(seen.index, seen, color=colour)
        if len(value.table) <= 4 or cohort in (value.table.index[0], value.table.index[-1]):
            label_end(ax, seen.index[-1], seen.iloc[-1], words.month(str(cohort), year=False)[:3], colour=colour)
    ax.set_ylim(bottom=0)
    unit_axis(ax, "x", "count", words)
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(N_("months since the first purchase")))
    name = N_("gross profit a customer") if value.measure == "gross_profit" else N_("revenue a customer")
    ax.set_ylabel(words.say(name))
    return ax


def plot_tracking(tracking: Tracking, words: Words, *, ax: Axes | None = None) -> Axes:
    """Cumulative repeat purchases, as they happened and as the model expected, through the holdout.

    Args:
        tracking: From `models.backtest.tracking`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = tracking.table
    held = table[table["holdout"]]
    ax.axvspan(held["week"].iloc[0] - 0.5, held["week"].iloc[-1] + 0.5, color=PALETTE["grid"], alpha=0.5, linewidth=0)
    ax.plot(table["week"], table["cumulative_expected"], color=PALETTE["expected"], linestyle=(0, (5, 2)))
    ax.plot(table["week"], table["cumulative_actual"], color=PALETTE["base"])
    last = table.iloc[-1]
    above = last["cumulative_actual"] >= last["cumulative_expected"]
    label_end(
        ax,
        last["week"],
        last["cumulative_actual"],
        words.say(N_("actual")),
        colour=PALETTE["base"],
        offset=(5, 6 if above else -6),
    )
    label_end(
        ax,
        last["week"],
        last["cumulative_expected"],
        words.say(N_("expected")),
        colour=PALETTE["expected"],
        offset=(5, -6 if above else 6),
    )
    reference_line(ax, held["week"].iloc[0] - 0.5, words.say(N_("not seen by the model")), at="bottom")
    ax.set_ylim(bottom=0)
    unit_axis(ax, "y", "count", words)
    name_x_axis(ax, words.say(N_("week")))
    ax.set_ylabel(words.say(N_("repeat purchases so far")))
    return ax


def _shades(count: int) -> list[str]:
    """From the newest meaning of the palette's base colour to its lighter shades, oldest darkest."""
    import seaborn as sns

    if count <= 4:
        return [PALETTE["base"], PALETTE["returned"], PALETTE["expected"], PALETTE["new"]][:count]
    return list(sns.light_palette(PALETTE["base"], n_colors=count + 2, reverse=True).as_hex())[:count]
