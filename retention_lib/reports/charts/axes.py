"""What several charts share: axes in the reader's units, direct labels, rows with their names, dots with intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from retention_lib.reports.style import PALETTE, chart_axes, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Unit, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Letters of an axis' name that fit into one line.
LAPTOP_LINE, PHONE_LINE = 64, 36


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes given, or new ones at the wide size."""
    return chart_axes() if ax is None else ax


def set_height(ax: Axes, inches: float) -> None:
    """Give the chart the height its rows need."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.set_figheight(inches)


def name_x_axis(ax: Axes, text: str) -> None:
    """Name the x axis in lines that fit; on a phone, where names are longer than axes, it ends with the axis."""
    narrow = is_narrow(ax)
    lines = textwrap.wrap(clean_value(text), PHONE_LINE if narrow else LAPTOP_LINE)
    ax.set_xlabel("\n".join(lines), loc="right" if narrow else "center", parse_math=False)


def unit_axis(ax: Axes, which: str, unit: Unit | str, words: Words, *, digits: int = 0) -> None:
    """Write the ticks of an axis ('x' or 'y') as the reader writes numbers of that unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = ax.xaxis if which == "x" else ax.yaxis
    steps = {"share": lambda v: words.percent(v, digits), "count": lambda v: words.number(v, digits)}
    written = steps.get(unit, lambda v: words.money(v, compact=True, digits=digits if digits else None))
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    axis.set_major_locator(MaxNLocator(nbins=4 if is_narrow(ax) else 6, integer=unit == "count" and not digits))


def month_ticks(ax: Axes, months: Sequence[str], words: Words) -> None:
    """Name months on the x axis, thinned where there is little room, with the first of a year marked."""
    step = max(1, -(-len(months) // (5 if is_narrow(ax) else 12)))
    places = list(range(len(months) - 1, -1, -step))[::-1]
    labels = [words.month(months[place], year=False)[:3] for place in places]
    for at, place in enumerate(places):
        if at == 0 or months[place][:4] != months[places[at - 1]][:4]:
            labels[at] += f"\n{months[place][:4]}"
    ax.set_xticks(places, labels)


def label_end(ax: Axes, x: float, y: float, text: str, *, colour: str, offset: tuple[float, float] = (6, 0)) -> None:
    """A direct label beside a point, in the colour of its mark."""
    ax.annotate(
        text,
        (x, y),
        xytext=offset,
        textcoords="offset points",
        color=colour,
        fontsize=8.5,
        fontweight="bold",
        va="center",
        annotation_clip=False,
        parse_math=False,
    )


def value_beside(ax: Axes, x: float, y: float, text: str) -> None:
    """A value to the right of its mark."""
    _value(ax, x, y, text, offset=(6, 0), align=("left", "center"))


def value_above(ax: Axes, x: float, y: float, text: str) -> None:
    """A value over its mark."""
    _value(ax, x, y, text, offset=(0, 6), align=("center", "bottom"))


def _value(ax: Axes, x: float, y: float, text: str, *, offset: tuple[float, float], align: tuple[str, str]) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=offset,
        textcoords="offset points",
        fontsize=8.5,
        color=PALETTE["label"],
        ha=align[0],
        va=align[1],
        bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 1.0, "alpha": 0.8},
    )


def names_above(ax: Axes, names: Sequence[str], colours: Sequence[str], *, x: float = 0.0) -> None:
    """The names of lines above the chart, one under the other, in the colours of their lines.

    Args:
        ax: Where to write.
        names: What the lines are called.
        colours: One a name.
        x: Where the names begin, as a share of the axis.
    """
    for place, (name, colour) in enumerate(zip(names, colours, strict=True)):
        ax.annotate(
            clean_value(name, limit=24),
            (x, 1.0),
            xycoords="axes fraction",
            xytext=(0, 4 + 13 * (len(names) - 1 - place)),
            textcoords="offset points",
            color=colour,
            fontweight="bold",
            parse_math=False,
        )


def intervals(ax: Axes, table: pd.DataFrame, *, label: str, colours: Sequence[str], words: Words) -> None:
    """Rows as dots with their intervals, first row on top, labelled on the y axis.

    Args:
        ax: Where to draw.
        table: Columns `share` or `effect` given as `value`, `low`, `high`, and the label column.
        label: Name of the label column.
        colours: One colour a row.
        words: The reader's language.
    """
    places = np.arange(len(table))[::-1]
    ax.hlines(places, table["low"], table["high"], colors=list(colours), linewidth=2)
    ax.scatter(table["value"], places, c=list(colours), s=30, zorder=3)
    limit = 16 if is_narrow(ax) else 28
    # Names come from data: dollars in them are money, not the signs around a formula.
    name_rows(ax, [clean_value(name, limit=limit) for name in table[label]])


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Names of rows on the y axis, the first on top, with no line of the grid through them."""
    ax.set_yticks(np.arange(len(names))[::-1], list(names), parse_math=False)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


def claim_colour(value: float, *, claimed: bool, otherwise: str = "muted") -> str:
    """The colour of a gain or a loss that is claimed, and of what is not."""
    if not claimed:
        return PALETTE[otherwise]
    return PALETTE["returned"] if value > 0 else PALETTE["lost"]


def zero_line(ax: Axes, text: str) -> None:
    """What no effect is, with its name in the room below the last row."""
    ax.set_ylim(bottom=-1.3)
    reference_line(ax, 0.0, text, at="bottom")


def reference_line(ax: Axes, x: float, text: str, *, at: Literal["top", "bottom"] = "top") -> None:
    """A dashed vertical line with its meaning at the top or, where marks are high there, at the bottom."""
    ax.axvline(x, color=PALETTE["label"], linestyle=(0, (4, 3)), linewidth=1)
    ax.annotate(
        text,
        (x, 1 if at == "top" else 0),
        xycoords=("data", "axes fraction"),
        xytext=(4, -4 if at == "top" else 6),
        textcoords="offset points",
        fontsize=8.5,
        color=PALETTE["label"],
        va=at,
        bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )


def no_data_yet(ax: Axes, words: Words) -> Axes:
    """An empty chart that says that it is empty; the sentence under it says why."""
    set_height(ax, 0.8)
    ax.set_axis_off()
    text = words.say(N_("nothing to draw yet"))
    ax.annotate(text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color=PALETTE["label"])
    return ax
