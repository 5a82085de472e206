"""Chart of the looks at a test before its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.sequential import Sequential
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, unit_axis
from retention_lib.reports.findings.experiment_looks import shown_arm
from retention_lib.reports.metric_names import difference_text
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROOM = 0.4
"""Share of the axis that the words at the first crossing need to its right."""


def plot_looks(result: Sequential, words: Words, *, ax: Axes | None = None) -> Axes:
    """The effect of an arm at each look, inside the band that all looks so far leave.

    The arm is the winner, or else the one nearest to it; the others are in the table.

    Args:
        result: From `models.experiments.sequential`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    arm = shown_arm(result)
    looks = result.looks[result.looks["arm"] == arm]
    days = list(looks["age"])
    ax.hlines(0, days[0], days[-1], colors=PALETTE["ink"], linewidth=1)
    ax.fill_between(days, looks["low"], looks["high"], color=PALETTE["band"], linewidth=0, step="post")
    marker = "o" if len(days) == 1 else None
    ax.plot(days, looks["effect"], color=PALETTE["base"], marker=marker)
    last = looks.iloc[-1]
    if len(days) == 1:
        ax.vlines(days, looks["low"], looks["high"], color=PALETTE["band"], linewidth=6)
    text = difference_text(float(last["effect"]), result.kind, words, sign=True)
    if is_narrow(ax):
        ax.set_title(f"{clean_value(arm, limit=20)}: {text}", color=PALETTE["base"], parse_math=False)
    else:
        label = f"{clean_value(arm, limit=18)}\n{text}"
        label_end(ax, days[-1], float(last["effect"]), label, colour=PALETTE["base"])
        ax.set_xlim(min(days) - 0.5, max(days) + max(3.0, 0.22 * (max(days) - min(days))))
    crossed = result.summary.set_index("arm")["crossed"][arm]
    if crossed is not None:
        place = days[list(looks["day"]).index(crossed)]
        at = (place, float(looks["effect"].iloc[days.index(place)]))
        ax.plot(*at, "o", color=PALETTE["base"])
        if days[-1] - place > _ROOM * (days[-1] - days[0]):
            label_end(ax, *at, words.say(N_("told from zero")), colour=PALETTE["base"], offset=(6, 9))
    unit_axis(ax, "y", {"share": "share", "count": "count"}.get(result.kind, "money"), words, digits=_digits(result))
    name_x_axis(ax, words.say(N_("days since the test began (only closed windows counted)")))
    return ax


def _digits(result: Sequential) -> int:
    """Digits of the y axis: more where effects are small."""
    largest = float(result.looks[["low", "high"]].abs().max().max())
    if result.kind == "share":
        return 0 if largest >= 0.05 else 1
    return 0 if largest >= 5 else 2
