"""The chart of how soon members hold a reward, at today's rate of accrual and at others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from retention_lib.models.accrual_rates import RateProposals
from retention_lib.reports.charts.axes import axes_or_new, label_end, name_x_axis, unit_axis
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_APART = 0.075


def plot_rate_proposals(proposals: RateProposals, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share of members who hold a reward by days since joining, as it was and by buying alone at several rates.

    Args:
        proposals: From `models.accrual_rates.rate_proposals`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    lines = _lines(proposals, words)
    for line in lines:
        days, shares = [0.0, *line["days"], proposals.horizon], [0.0, *line["share"], line["share"][-1]]
        ax.step(days, shares, where="post", color=line["colour"])
    top = max((line["share"][-1] for line in lines), default=0.0)
    limit = min(1.05, 1.15 * max(top, 0.1))
    ordered = sorted(lines, key=lambda line: line["share"][-1], reverse=True)
    places = _apart([line["share"][-1] for line in ordered], _APART * limit)
    for line, place in zip(ordered, places, strict=True):
        label_end(ax, proposals.horizon, place, line["name"], colour=line["colour"])
    ax.set_ylim(0, limit)
    ax.set_xlim(0, proposals.horizon * (1.5 if is_narrow(ax) else 1.28))
    ax.set_xticks([30 * place for place in range(0, proposals.horizon // 30 + 1, 4 if is_narrow(ax) else 2)])
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("days since joining")))
    ax.set_ylabel(words.say(N_("members with a reward")))
    return ax


def _lines(proposals: RateProposals, words: Words) -> list[dict[str, Any]]:
    """What is drawn: as it was, and by buying alone at today's rate, and the other ones."""
    curves = proposals.curves
    today = curves[(curves["kind"] == "today") & ~curves["bought"]]
    alone = curves[curves["bought"]]
    lines = [_line(today, words.say(N_("gifts included")), "base")]
    lines += [_line(alone[alone["kind"] == "today"], _buying(proposals.rate, words), "control")]
    for _, part in alone[alone["kind"] == "flat"].groupby("way", sort=False):
        lines.append(_line(part, _buying(float(part["rate"].iloc[0]), words), "expected"))
    return [line for line in lines if line["days"]]


def _buying(rate: float, words: Words) -> str:
    return words.say(N_("buying at {rate}"), rate=words.number(rate, 1))


def _line(part: pd.DataFrame, name: str, colour: str) -> dict[str, Any]:
    return {
        "days": [float(day) for day in part["days"]],
        "share": [float(share) for share in part["share"]],
        "name": name,
        "colour": PALETTE[colour],
    }


def _apart(places: list[float], least: float) -> list[float]:
    """Places in falling order, moved apart around their middle where labels on them would meet."""
    blocks: list[list[float]] = []
    for place in places:
        blocks.append([place])
        while (
            len(blocks) > 1
            and _middle(blocks[-2]) - _middle(blocks[-1]) < least * (len(blocks[-2]) + len(blocks[-1])) / 2
        ):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return [
        max(_middle(block), least * len(block) / 2) + least * ((len(block) - 1) / 2 - index)
        for block in blocks
        for index in range(len(block))
    ]


def _middle(block: list[float]) -> float:
    return sum(block) / len(block)
