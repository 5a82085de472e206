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

_ROOM = 1.75


def plot_lists(plan: Plan, words: Words, *, ax: Axes | None = None) -> Axes:
    """Customers to contact by list, each with what it is worth where that was measured, and what it costs.

    Args:
        plan: From `models.actions.plan.plan`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if plan.lists.empty:
        return no_data_yet(ax, words)
    lists = plan.lists.sort_values("contacts", ascending=False, kind="stable")
    places = np.arange(len(lists))[::-1]
    colours = [_colour(one) for one in rows(lists)]
    set_height(ax, 1.2 + 0.42 * len(lists))
    ax.barh(places, lists["contacts"], color=colours, height=0.62)
    most = float(lists["contacts"].max())
    ax.set_yticks(places, scenario_labels(ax, [str(name) for name in lists["scenario"]], words), parse_math=False)
    for place, one, colour in zip(places, rows(lists), colours, strict=True):
        _label(ax, (float(one.contacts), float(place)), _told(ax, one, words), colour)
    ax.set_xlim(0, most * (_ROOM if not is_narrow(ax) else 2.3))
    ax.set_ylim(-0.6, len(lists) - 0.4)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    unit_axis(ax, "x", "count", words)
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= most * 1.05])
    name_x_axis(
        ax, words.say(N_("customers to contact; green: pays, red: does not, brown: not sure yet, grey: never measured"))
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
        worth = words.say(N_("worth {value}"), value=words.money(float(one.expected), compact=True))
        parts = [*([] if is_narrow(ax) else [words.interval(one.low, one.high, "money", compact=True)]), *parts]
    return words.say(N_("{n}, {worth}"), n=int(one.contacts), worth=worth), "; ".join(parts)


def _label(ax: Axes, at: tuple[float, float], told: tuple[str, str], colour: str) -> None:
    """Two lines beside a bar."""
    for text, shift, weight, tint in ((told[0], 5, "bold", colour), (told[1], -5, "normal", PALETTE["label"])):
        ax.annotate(
            text,
            at,
            xytext=(5, shift),
            textcoords="offset points",
            color=tint,
            fontsize=8.5,
            fontweight=weight,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )
