"""Charts of whether the programme pays and of what each kind of programme needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention_lib.estimates import Estimate
from retention_lib.models.programme_kinds import ProgrammeKinds
from retention_lib.models.programme_profit import ProgrammeProfit
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_rows,
    name_x_axis,
    set_height,
    unit_axis,
    value_beside,
)
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = {
    "discount": N_("{off} off"),
    "combined": N_("half of each"),
    "points": N_("{back} in points"),
    "points_goods": N_("points, at cost"),
    "today": N_("today's points"),
}
_ROOM = 0.16
_DEEP = 0.55


def plot_needed_lift(kinds: ProgrammeKinds, words: Words, *, ax: Axes | None = None) -> Axes:
    """The lift in members' sales that each kind needs, and the band of what today's programme is measured to bring.

    Args:
        kinds: From `models.programme_kinds.programme_kinds`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = kinds.asked.assign(value=kinds.asked["lift"], row=[_kind(row, words) for row in rows(kinds.asked)])
    table = table.assign(low=table["lift_low"].fillna(table["lift"]), high=table["lift_high"].fillna(table["lift"]))
    set_height(ax, 1.3 + 0.34 * len(table))
    colours = [PALETTE["base"] if kind == "today" else PALETTE["expected"] for kind in table["kind"]]
    intervals(ax, table, label="row", colours=colours, words=words)
    for place, row in zip(range(len(table))[::-1], rows(table), strict=True):
        pays = row.lift == row.lift
        text = words.percent(row.lift) if pays else words.say(N_("no lift pays"))
        value_beside(ax, row.high if pays else 0.0, place, text)
    ax.set_xlim(0, max(_furthest(kinds, table), 0.01) * (1 + _ROOM))
    if kinds.effect_shown is not None:
        _band(ax, kinds.effect_shown, words)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("more sales to members before it pays")))
    return ax


def plot_programme_profit(result: ProgrammeProfit, words: Words, *, ax: Axes | None = None) -> Axes:
    """From the extra gross profit over rewards and running cost to what is left, then over the points still to be used.

    Args:
        result: From `models.programme_profit.programme_profit`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    bars = _bars(result)
    set_height(ax, 1.0 + 0.42 * len(bars))
    places = list(range(len(bars)))[::-1]
    for place, (_, start, size, colour, lines) in zip(places, bars, strict=True):
        ax.barh(place, size, left=start, height=_DEEP, color=colour)
        if lines is not None and lines.low is not None and lines.high is not None:
            ax.hlines(place, lines.low, lines.high, colors=PALETTE["ink"], linewidth=1.4)
    ends = [(lines.low, lines.high) if lines is not None else (0.0, 0.0) for *_, lines in bars]
    _with_room(ax, [0.0, *(start + size for _, start, size, *_ in bars), *(end for pair in ends for end in pair)])
    for place, (_, start, size, _, lines) in zip(places, bars, strict=True):
        furthest = max(start, start + size, -float("inf") if lines is None or lines.high is None else lines.high)
        value_beside(ax, furthest, place, words.money(size, compact=True))
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    name_rows(ax, [words.say(name) for name, *_ in bars])
    unit_axis(ax, "x", "money", words)
    ax.locator_params(axis="x", nbins=3 if is_narrow(ax) else 6)
    name_x_axis(ax, words.say(N_("money, all members followed")))
    return ax


def _bars(result: ProgrammeProfit) -> list[tuple[str, float, float, str, Estimate | None]]:
    """Name, start, size, colour and interval of each bar; each begins where the one above ends."""
    extra = result.incremental.value
    bars: list[tuple[str, float, float, str, Estimate | None]] = [
        (N_("extra profit"), 0.0, extra, PALETTE["returned"], result.incremental)
    ]
    taken = [] if result.rewards_in_sales else [(N_("rewards"), result.rewards.value)]
    if isinstance(result.running, Estimate):
        taken.append((N_("running it"), result.running.value))
    for name, amount in taken:
        bars.append((name, extra, -amount, PALETTE["lost"], None))
        extra -= amount
    bars.append((N_("what is left"), 0.0, result.profit.value, PALETTE["base"], result.profit))
    owed, after = result.owed, result.after_owed
    if isinstance(owed, Estimate) and isinstance(after, Estimate) and owed.value > 0:
        bars.append((N_("points still held"), result.profit.value, -owed.value, PALETTE["lost"], None))
        bars.append((N_("left then"), 0.0, after.value, PALETTE["base"], after))
    return bars


def _kind(row: Any, words: Words) -> str:
    """A kind in as few words as a phone has room for."""
    off, back = (words.percent(share, 0 if round(share * 100, 6).is_integer() else 1) for share in row[2:4])
    return words.say(_KINDS[row.kind], off=off, back=back)


def _furthest(kinds: ProgrammeKinds, table: Any) -> float:
    """The largest value to be drawn."""
    shown = kinds.effect_shown
    ends = [float(high) for high in table["high"].dropna()]
    return max([*ends, 0.0 if shown is None or shown.high is None else shown.high])


def _band(ax: Axes, effect: Estimate, words: Words) -> None:
    """What today's programme is measured to bring."""
    ax.axvspan(effect.low or 0.0, effect.high or 0.0, color=PALETTE["band"], alpha=0.55, linewidth=0, zorder=0)
    ax.axvline(effect.value, color=PALETTE["base"], linestyle=(0, (4, 3)), linewidth=1, zorder=0)
    ax.annotate(
        words.say(N_("measured: {effect}"), effect=words.percent(effect.value)),
        (effect.value, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=8.5,
        color=PALETTE["base"],
        ha="center",
        va="bottom",
    )


def _with_room(ax: Axes, ends: list[float | None]) -> None:
    """Limits that leave room for the values beside the bars."""
    known = [end for end in ends if end is not None]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    ax.set_xlim(low - 0.04 * span if low < 0 else 0.0, high + 1.6 * _ROOM * span)
