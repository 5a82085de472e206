"""Chart of the size of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.planning import TestPlan
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, unit_axis
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_plan(plan: TestPlan, words: Words, *, ax: Axes | None = None) -> Axes:
    """Customers in each group by the smallest change that the test is to find, and how many there are.

    Args:
        plan: From `models.experiments.planning.planned_test`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    curve, design = plan.curve, plan.design
    ax.plot(curve["effect"], curve["n_per_arm"], color=PALETTE["base"], linewidth=2)
    ax.set_yscale("log")
    ax.scatter([design.smallest_effect], [plan.n_per_arm], color=PALETTE["base"], s=46, zorder=4)
    digits = 0 if float(round(100 * design.smallest_effect, 6)).is_integer() else 1
    effect = words.percent(design.smallest_effect, digits)
    told = words.say(N_("{n} for a change of {effect}"), n=plan.n_per_arm, effect=effect)
    label_end(ax, design.smallest_effect, plan.n_per_arm, told, colour=PALETTE["base"], offset=(8, 8))
    _enough(ax, plan, words)
    _axes(ax, plan, words)
    return ax


def _enough(ax: Axes, plan: TestPlan, words: Words) -> None:
    """The line of those who are there; its words stand below it where it runs above everything."""
    there = plan.supply.count / plan.design.arms
    above = there > float(plan.curve["n_per_arm"].max())
    ax.axhline(there, color=PALETTE["expected"], linestyle=(0, (4, 3)), linewidth=1.4)
    ax.annotate(
        words.say(N_("{n} a group with all there are now"), n=int(there)),
        (float(plan.curve["effect"].max()), there),
        xytext=(0, -4 if above else 4),
        textcoords="offset points",
        ha="right",
        va="top" if above else "bottom",
        fontsize=8.5,
        color=PALETTE["expected"],
    )


def _axes(ax: Axes, plan: TestPlan, words: Words) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    unit_axis(ax, "x", "share", words)
    ax.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=5 if is_narrow(ax) else 7))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.grid(visible=True, axis="y")
    each = of_unit(plan.base.unit, household=N_("households in each group"), customer=N_("customers in each group"))
    ax.set_title(words.say(each), loc="left", fontsize=8.5, color=PALETTE["label"])
    name_x_axis(ax, words.say(N_("smallest change that the test finds")))
