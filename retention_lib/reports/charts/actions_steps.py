"""Chart of what became of the customers whom scenarios are about."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.actions.plan_steps import PlanSteps
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, no_data_yet, set_height, unit_axis
from retention_lib.reports.findings.actions_steps import NAMES, grouped_steps
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "listed": PALETTE["base"],
        "consented": PALETTE["lost"],
        "apart": PALETTE["new"],
        "under_cap": PALETTE["expected"],
        "one_message": PALETTE["band"],
        "offered": PALETTE["control"],
        "within_limits": PALETTE["muted"],
    }
)

_LEGEND_ROWS, _NARROW = 0.24, 15


def plot_plan_steps(steps: PlanSteps, words: Words, *, ax: Axes | None = None) -> Axes:
    """Customers whom each scenario is about, by what became of them.

    Args:
        steps: From `models.actions.plan_steps.plan_steps`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    counts = grouped_steps(steps)
    counts = counts[counts.sum(axis=1) > 0]
    if counts.empty:
        return no_data_yet(ax, words)
    used = [name for name in counts.columns if counts[name].sum() > 0]
    columns = 1 if is_narrow(ax) else 3
    set_height(ax, 1.2 + (0.42 if is_narrow(ax) else 0.3) * len(counts) + _LEGEND_ROWS * -(-len(used) // columns))
    every = counts.sum(axis=1).to_numpy()
    places, left = np.arange(len(counts))[::-1], np.zeros(len(counts))
    for name in used:
        share = counts[name].to_numpy() / every
        ax.barh(places, share, left=left, height=0.66, color=_COLOURS[name], label=words.say(NAMES[name]))
        left = left + share
    ax.set_yticks(places, scenario_labels(ax, [str(name) for name in counts.index], words), parse_math=False)
    _totals(ax, places, counts["listed"].to_numpy(), every, words)
    ax.set_xlim(0, 1.75 if is_narrow(ax) else 1.25)
    ax.grid(visible=False)
    unit_axis(ax, "x", "share", words)
    ax.set_xticks([0, 0.5, 1])
    ax.legend(
        loc="lower right" if is_narrow(ax) else "lower left",
        bbox_to_anchor=(1 if is_narrow(ax) else 0, 1),
        ncols=columns,
        fontsize=8.5,
        borderaxespad=0.3,
    )
    name_x_axis(ax, words.say(N_("share of the customers whom the scenario is about; to the right: on a list")))
    return ax


def scenario_labels(ax: Axes, scenarios: Sequence[str], words: Words) -> list[str]:
    """Names of scenarios beside an axis, in two lines on a phone.

    Args:
        ax: The axes.
        scenarios: Their ids.
        words: The reader's language.
    """
    names = [clean_value(scenario_name(name, words), limit=28) for name in scenarios]
    if not is_narrow(ax):
        return names
    return ["\n".join(textwrap.wrap(name, _NARROW)[:2]) for name in names]


def _totals(ax: Axes, places: np.ndarray, listed: np.ndarray, every: np.ndarray, words: Words) -> None:
    """At the end of each bar, how many of how many are listed."""
    message = N_("{n} of {all}")
    for place, n, each in zip(places, listed, every, strict=True):
        ax.annotate(
            words.say(message, n=int(n), all=int(each)),
            (1.0, float(place)),
            xytext=(5, 0),
            textcoords="offset points",
            color=PALETTE["base"],
            fontsize=8.5,
            fontweight="bold",
            va="center",
        )
