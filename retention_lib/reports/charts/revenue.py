"""Charts of what moved the revenue: steps from one month's sales to another's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retention_lib.models.revenue import RevenueByKind, RevenueChange
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, set_height, unit_axis
from retention_lib.reports.findings.revenue import FACTOR_NAMES, kind_names
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_revenue_change(change: RevenueChange, words: Words, *, ax: Axes | None = None) -> Axes:
    """From the sales of the earlier month to those of the month, a bar for each factor.

    Args:
        change: From `models.revenue.revenue_change`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    moved = change.table[(change.table["change"] != 0) | (change.table["factor"] != "refunds")]
    names = [words.say(FACTOR_NAMES[factor]) for factor in moved["factor"]]
    months = (change.compared, change.month)
    return _waterfall(axes_or_new(ax), names, list(moved["change"]), months=months, start=change.then, words=words)


def plot_revenue_by_kind(kinds: RevenueByKind, words: Words, *, ax: Axes | None = None) -> Axes:
    """From the sales of the earlier month to those of the month, a bar for each kind of customer.

    Args:
        kinds: `RevenueChange.kinds`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    names = kind_names(kinds, words)
    months, start = (kinds.compared, kinds.month), float(kinds.table["then"].sum())
    return _waterfall(axes_or_new(ax), names, list(kinds.table["change"]), months=months, start=start, words=words)


def _waterfall(
    ax: Axes, names: Sequence[str], changes: Sequence[float], *, months: tuple[str, str], start: float, words: Words
) -> Axes:
    """Rows from top to bottom: the first total, a floating bar a change, the last total."""
    set_height(ax, 1.1 + 0.36 * (len(names) + 2))
    levels = [start]
    for change in changes:
        levels.append(levels[-1] + change)
    last = len(changes) + 1
    for row, change in enumerate(changes, start=1):
        colour = PALETTE["returned"] if change >= 0 else PALETTE["lost"]
        ax.barh(row, change, left=levels[row - 1], height=0.6, color=colour)
        _label(ax, max(levels[row - 1 : row + 1]), row, _signed(change, words), colour)
    for row, level in ((0, levels[0]), (last, levels[-1])):
        ax.plot([level], [row], "D", color=PALETTE["base"], markersize=6)
        _label(ax, level, row, words.money(level, compact=True), PALETTE["base"])
    for row, level in enumerate(levels):
        ax.plot([level, level], [row + 0.3, row + 0.7], color=PALETTE["label"], linewidth=0.8, zorder=0)
    ends = [words.month(month, year=not is_narrow(ax)) for month in months]
    ax.set_yticks(range(last + 1), [ends[0], *names, ends[1]])
    ax.set_ylim(last + 0.6, -0.6)
    low, high = min(levels), max(levels)
    spread = (high - low) or abs(high) or 1.0
    ax.set_xlim(low - 0.08 * spread, high + (0.42 if is_narrow(ax) else 0.2) * spread)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "money", words, digits=1)
    if is_narrow(ax):
        # Money with its currency is wide, and every bar says its own.
        ax.locator_params(axis="x", nbins=2)
    name_x_axis(ax, words.say(N_("net sales of the month; the axis does not begin at 0")))
    return ax


def _label(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    """A text right of a mark."""
    ax.annotate(
        text,
        (x, y),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        color=colour,
    )


def _signed(change: float, words: Words) -> str:
    """Money with its sign."""
    text = words.money(change, compact=True)
    return words.say(N_("+{money}"), money=text) if change > 0 else text
