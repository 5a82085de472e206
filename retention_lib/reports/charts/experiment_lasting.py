"""Charts of the effect of a campaign over the days since it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.experiments.lasting import Lasting
from retention_lib.reports.charts.axes import (
    axes_or_new,
    label_end,
    name_x_axis,
    names_above,
    no_data_yet,
    reference_line,
    unit_axis,
)
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("base", "new", "expected")
"""One for each arm drawn; the others are in the table."""

_ROOM = 1.32


def plot_lasting(result: Lasting, words: Words, *, ax: Axes | None = None) -> Axes:
    """The effect of each arm, all days so far together, over the days since it was assigned.

    Of more than three arms those that gained and lost most are drawn.

    Args:
        result: From `models.experiments.lasting`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    ends = result.path.groupby("arm", sort=False).tail(1)
    if ends.empty:
        return no_data_yet(ax, words)
    drawn = ends.reindex(ends["effect"].abs().sort_values(ascending=False, kind="stable").index).head(len(_COLOURS))
    ax.hlines(0, 0, float(ends["age"].max()), colors=PALETTE["ink"], linewidth=1)
    for arm, colour in zip(drawn.sort_index()["arm"], _COLOURS, strict=False):
        rows = result.path[result.path["arm"] == arm]
        ax.fill_between(rows["age"], rows["low"], rows["high"], color=PALETTE[colour], alpha=0.13, linewidth=0)
        ax.plot(rows["age"], rows["effect"], color=PALETTE[colour])
    last = float(ends["age"].max())
    _name_lines(ax, [str(arm) for arm in drawn.sort_index()["arm"]], result)
    if result.window_days <= last:
        reference_line(ax, result.window_days - 0.5, words.say(N_("window over")), at="bottom")
    ax.set_xlim(0, max(last, 1.0) * (_ROOM if not is_narrow(ax) else 1.02))
    ax.set_xticks(list(range(0, int(last) + 2, 28 if is_narrow(ax) else 14)))
    unit_axis(ax, "y", {"share": "share", "count": "count"}.get(result.kind, "money"), words, digits=_digits(result))
    name_x_axis(ax, words.say(N_("days since the mailing")))
    return ax


def _name_lines(ax: Axes, arms: list[str], result: Lasting) -> None:
    """Write each arm's name at its line's end, apart where lines end close together; on a phone above the chart."""
    ends = {arm: result.path[result.path["arm"] == arm].iloc[-1] for arm in arms}
    if is_narrow(ax):
        names_above(ax, arms, [PALETTE[colour] for colour in _COLOURS[: len(arms)]], x=0.02)
        return
    low, high = ax.get_ylim()
    apart = (high - low) * 0.07
    at = -float("inf")
    for arm in sorted(arms, key=lambda name: float(ends[name]["effect"])):
        at = max(float(ends[arm]["effect"]), at + apart)
        colour = PALETTE[_COLOURS[arms.index(arm)]]
        label_end(ax, float(ends[arm]["age"]), at, clean_value(arm, limit=18), colour=colour)


def _digits(result: Lasting) -> int:
    """Digits of the y axis: more where effects are small."""
    largest = float(result.path[["low", "high"]].abs().max().max())
    if result.kind == "share":
        return 0 if largest >= 0.05 else 1
    return 0 if largest >= 5 else 2
