"""Charts of what a campaign test earned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.models.experiments.arm_profit import Profit
from retention_lib.models.experiments.profit import ProfitParts, Profits
from retention_lib.models.experiments.subsidy import SubsidyShares
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_rows,
    name_x_axis,
    no_data_yet,
    reference_line,
    set_height,
    unit_axis,
    value_above,
    value_beside,
)
from retention_lib.reports.findings.experiment_profit import PART_NAMES, amount, chance, shown_parts
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"pays": "returned", "loses": "lost", "open": "base", "withheld": "muted"}
_DEEP = 0.55
_ROOM = 0.3


def plot_profit_per_contact(profits: Profits, words: Words, *, ax: Axes | None = None) -> Axes:
    """What a contact of each arm earned after all costs, with the chance that it is a gain; nothing of an invalid test.

    Args:
        profits: From `models.experiments.profit.profits`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if profits.withheld is not None:
        return no_data_yet(ax, words)
    told = [(one.arm, one.per_contact) for one in profits.arms]
    table = pd.DataFrame(
        [
            {"arm": arm, "value": one.value, "low": _or(one.low, one.value), "high": _or(one.high, one.value)}
            for arm, one in told
        ]
    )
    set_height(ax, 1.2 + 0.55 * len(table))
    colours = [PALETTE[_COLOURS[one.standing]] for one in profits.arms]
    intervals(ax, table, label="arm", colours=colours, words=words)
    ax.set_ylim(-0.6, len(table) - 0.15)
    for place, one in zip(range(len(table))[::-1], profits.arms, strict=True):
        value_above(ax, one.per_contact.value, place, _label(one, words))
    reference_line(ax, 0.0, words.say(N_("no gain")), at="bottom")
    unit_axis(ax, "x", "money", words)
    name_x_axis(ax, words.say(N_("profit a contact after all costs")))
    return ax


def _label(one: Profit, words: Words) -> str:
    """The profit and its chance, as short as a phone needs it."""
    profit = amount(one.per_contact, words)
    if one.standing == "withheld":
        return profit
    return words.say(N_("{profit}, pays: {chance}"), profit=profit, chance=chance(one.probability, words))


def plot_profit_parts(parts: ProfitParts, words: Words, *, ax: Axes | None = None) -> Axes:
    """From the extra sales of a contact of the best arm over its costs to what is left; nothing of an invalid test.

    Args:
        parts: From `Profits.parts`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    if parts.withheld is not None:
        return no_data_yet(ax, words)
    table = shown_parts(parts)
    set_height(ax, 1.0 + 0.42 * len(table))
    at, ends = 0.0, [0.0]
    for place, one in zip(range(len(table))[::-1], rows(table), strict=True):
        start, last = (0.0, True) if one.part == "left" else (at, False)
        at = start + one.amount
        ax.barh(place, one.amount, left=start, height=_DEEP, color=_part_colour(one.part, one.amount))
        bounds = [bound for bound in (one.low, one.high) if last and not math.isnan(bound)]
        # Only what is left carries a line: those of its parts hang together and would look far wider than it is.
        if bounds:
            _line(ax, place, bounds[0], bounds[1])
        ends += [start, at, *bounds]
        text = words.money(one.amount, digits=0 if abs(one.amount) >= 100 else 2)
        value_beside(ax, max(start, at, *bounds), place, text)
    span = (max(ends) - min(ends)) or 1.0
    ax.set_xlim(min(ends) - 0.04 * span, max(ends) + _ROOM * span)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    name_rows(ax, [words.say(PART_NAMES[name]) for name in table["part"]])
    unit_axis(ax, "x", "money", words)
    name_x_axis(ax, words.say(N_("money a contact of {arm}"), arm=clean_value(parts.best, limit=24)))
    return ax


def _part_colour(part: str, amount: float) -> str:
    if part == "left":
        return PALETTE["base"]
    return PALETTE["returned" if amount >= 0 else "lost"]


def plot_subsidy_shares(shares: SubsidyShares, words: Words, *, ax: Axes | None = None) -> Axes:
    """Of the orders made with each coupon, those that would have come anyway and extra ones; none of an invalid test.

    Args:
        shares: From `models.experiments.subsidy.subsidy_shares`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = shares.table.dropna(subset=["share"])
    if table.empty or shares.withheld is not None:
        return no_data_yet(ax, words)
    set_height(ax, 1.2 + 0.5 * len(table))
    places = list(range(len(table)))[::-1]
    share, low, high = (table[name].clip(0, 1) for name in ("share", "low", "high"))
    ax.barh(places, share, height=_DEEP, color=PALETTE["muted"])
    ax.barh(places, 1 - share, left=share, height=_DEEP, color=PALETTE["returned"])
    for place, start, end in zip(places, low, high, strict=True):
        _line(ax, place, start, end)
    ax.set_yticks(
        places, [clean_value(arm, limit=16 if is_narrow(ax) else 28) for arm in table["arm"]], parse_math=False
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.6, len(table) - 0.1)
    for x, side, text in ((0.0, "left", N_("came anyway")), (1.0, "right", N_("extra orders"))):
        colour = PALETTE["control" if side == "left" else "returned"]
        ax.annotate(words.say(text), (x, len(table) - 0.55), ha=side, va="center", fontsize=8.5, color=colour)
    ax.grid(visible=False)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("share of the orders made with the coupon")))
    return ax


def _or(bound: float | None, value: float) -> float:
    return value if bound is None else bound


def _line(ax: Axes, y: float, low: float, high: float) -> None:
    """An interval that can be seen on any bar."""
    ax.hlines(y, low, high, colors=PALETTE["paper"], linewidth=4)
    ax.hlines(y, low, high, colors=PALETTE["ink"], linewidth=1.6)
