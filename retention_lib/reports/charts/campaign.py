"""Charts of a campaign test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.arm_effects import ArmEffects
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_arm_effects(effects: ArmEffects, words: Words, *, ax: Axes | None = None) -> Axes:
    """Effects of every arm on every metric, relative to the customers left alone.

    Args:
        effects: From `models.experiments.arm_effects`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = effects.table[effects.table["relative_low"].notna()]
    table = known.assign(
        value=known["relative"],
        low=known["relative_low"],
        high=known["relative_high"],
        row=[f"{row.metric}: {row.arm}" for row in rows(known)],
    )
    colours = [
        PALETTE["muted"] if not row.claimed else PALETTE["returned"] if row.value > 0 else PALETTE["lost"]
        for row in rows(table)
    ]
    set_height(ax, 1.2 + 0.36 * len(table))
    intervals(ax, table, label="row", colours=colours, words=words)
    reference_line(ax, 0.0, words.say(N_("no effect")))
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("change against {control}; grey: not shown"), control=effects.control))
    return ax
