"""Charts of the steps from purchase to purchase."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from retention_lib.models.steps import HORIZONS, JUDGED_AT, StepSurvival
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, unit_axis
from retention_lib.reports.findings.steps_tables import step_name
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (PALETTE["base"], PALETTE["returned"], PALETTE["expected"], PALETTE["new"])
# Labels nearer to each other than this share of the axis would touch.
LABEL_ROOM = 0.075


def plot_step_survival(steps: StepSurvival, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share not yet back after each purchase, one curve a step with its band, at most four.

    Args:
        steps: From `models.steps.step_survival`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    ends: list[tuple[float, float]] = []
    shown = [int(step) for step in steps.table["step"][: len(COLOURS)]]
    for step, colour in zip(shown, COLOURS, strict=False):
        curve = steps.curves[(steps.curves["step"] == step) & (steps.curves["days"] <= max(HORIZONS))]
        ax.fill_between(curve["days"], curve["low"], curve["high"], step="post", color=colour, alpha=0.15)
        ax.step(curve["days"], curve["survival"], where="post", color=colour)
        ends.append((float(curve["days"].iloc[-1]), float(curve["survival"].iloc[-1])))
    heights = _apart([height for _, height in ends])
    right = max(day for day, _ in ends)
    for step, colour, height, end in zip(shown, COLOURS, heights, ends, strict=False):
        # A curve that ends early, or whose label had to move, is led to it.
        ax.plot([end[0], right], [end[1], height], color=colour, linewidth=0.8, linestyle=(0, (1, 2)))
        name = (
            step_name(step, words) if is_narrow(ax) else words.say(N_("purchase {step}"), step=step_name(step, words))
        )
        label_end(ax, right, height, name, colour=colour)
    ax.axvline(JUDGED_AT, color=PALETTE["grid"], linewidth=1, zorder=0)
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    ax.set_xticks([0, *(day for day in (30, 60, 90, 120, 180) if day <= right)])
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("days since the purchase before")))
    ax.set_ylabel(words.say(N_("not yet bought again")))
    return ax


def _apart(heights: Sequence[float]) -> list[float]:
    """The heights of labels moved apart where they would touch, in their order from below."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    moved = list(heights)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + LABEL_ROOM)
    return moved
