"""Charts of the plan of a month: its lists, what each step took away, and what each list can show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from retention_lib.models.actions.plan import Plan
from retention_lib.models.actions.playbook_terms import UNTESTED
from retention_lib.reports.charts.actions_steps import scenario_labels
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, no_data_yet, set_height, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE, _LETTER, _BOLD = 8.5, 0.56, 1.12
"""Points of a label's letters, the width of one as a share of these, and how much wider bold ones are."""

_AXES_SHARE, _AXES_SHARE_NARROW, _MOST_TAKEN = 0.76, 0.66, 0.8
"""The axes' part of a chart's width, and the most of it that a label may take."""


def plot_lists(plan: Plan, words: Words, *, ax: Axes | None = None) -> Axes:
    """Customers to contact by list, each with what it is worth where that was measured, and what it costs.

    Args:
        plan: From `models.actions.plan.plan`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes_or_new(ax)
    sent = plan.lists[plan.lists["contacts"] > 0]
    if sent.empty:
        return no_data_yet(ax, words)
    lists = sent.sort_values("contacts", ascending=False, kind="stable")
    places = np.arange(len(lists))[::-1]
    colours = [_colour(one) for one in rows(lists)]
    set_height(ax, 1.2 + 0.42 * len(lists))
    ax.barh(places, lists["contacts"], color=colours, height=0.62)
    most = float(lists["contacts"].max())
    ax.set_yticks(places, scenario_labels(ax, [str(name) for name in lists["scenario"]], words), parse_math=False)
    told = [_told(ax, one, words) for one in rows(lists)]
    for place, contacts, lines, colour in zip(places, lists["contacts"], told, colours, strict=True):
        _label(ax, (float(contacts), float(place)), lines, colour)
    ax.set_xlim(0, _end(ax, lists["contacts"].to_numpy(dtype=float), told))
    ax.set_ylim(-0.6, len(lists) - 0.4)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "count", words)
    ticks = MaxNLocator(nbins=2 if is_narrow(ax) else 4, integer=True).tick_values(0, most)
    ax.set_xticks([tick for tick in ticks if 0 <= tick <= most * 1.05])
    name_x_axis(
        ax,
        words.say(N_("customers to contact; green: pays at 95%, red: loses, brown: either, grey: untested")),
    )
    return ax


def _colour(one: Any) -> str:
    """Whether a list pays, does not, or may do either; grey where that was never measured."""
    if one.source == UNTESTED or not math.isfinite(float(one.expected)):
        return PALETTE["control"]
    if one.low > 0:
        return PALETTE["returned"]
    return PALETTE["lost"] if one.high < 0 else PALETTE["expected"]


def _told(ax: Axes, one: Any, words: Words) -> tuple[str, str]:
    """What stands beside a bar: customers and worth; interval and cost."""
    cost = float(one.cost)
    parts = [words.say(N_("costs {value}"), value=words.money(cost, compact=True))] if math.isfinite(cost) else []
    worth = words.say(N_("untested"))
    if one.source != UNTESTED and math.isfinite(float(one.expected)):
        worth = words.say(N_("profit {value}"), value=words.money(float(one.expected), compact=True))
        parts = [*([] if is_narrow(ax) else [words.interval(one.low, one.high, "money", compact=True)]), *parts]
    return words.say(N_("{n}, {worth}"), n=int(one.contacts), worth=worth), "; ".join(parts)


def _end(ax: Axes, contacts: np.ndarray, told: list[tuple[str, str]]) -> float:
    """Where the axis must end for every label to stand beside its bar, as far as letters are of a usual width."""
    figure = ax.get_figure(root=True)
    share = _AXES_SHARE_NARROW if is_narrow(ax) else _AXES_SHARE
    room = 72 * share * (figure.get_figwidth() if figure is not None else 1)
    letters = np.array([max(_BOLD * len(lines[0]), len(lines[1])) for lines in told])
    taken = np.minimum((_SIZE * _LETTER * letters + 8) / room, _MOST_TAKEN)
    return float((contacts / (1 - taken)).max())


def _label(ax: Axes, at: tuple[float, float], told: tuple[str, str], colour: str) -> None:
    """Two lines beside a bar."""
    for text, shift, weight, tint in ((told[0], 5, "bold", colour), (told[1], -5, "normal", PALETTE["label"])):
        ax.annotate(
            text,
            at,
            xytext=(5, shift),
            textcoords="offset points",
            color=tint,
            fontsize=_SIZE,
            fontweight=weight,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )
