"""Charts of the tiers: how members moved between them, and how they buy around reaching one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.tier_behaviour import TierBehaviour
from retention_lib.models.tiers import JOINED, LEFT, TierMigration
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    name_x_axis,
    no_data_yet,
    reference_line,
    set_height,
    unit_axis,
)
from retention_lib.reports.findings.tier_tables import end_name
from retention_lib.reports.findings.tiers import tier_name
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTERS, _LETTERS_NARROW = 20, 12
_MANY_COLUMNS = 5
_COLOURS = {"up": "returned", "down": "lost", "left": "lost", "stayed": "base", "joined": "new"}


def plot_tier_migration(moves: TierMigration, words: Words, *, ax: Axes | None = None) -> Axes:
    """Where the members of each tier stand now: shares of each row, darker where more.

    Blue stayed, green went up, red left or went down, violet joined in between; rows of few members are grey.

    Args:
        moves: From `models.tiers.tier_migration`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = moves.table
    starts = [tier for tier in (*moves.order, JOINED) if tier in set(table["before"])]
    ends = [tier for tier in (*moves.order, LEFT) if tier in set(table["now"])]
    set_height(ax, 1.2 + 0.5 * len(starts))
    for cell in rows(table):
        _cell(ax, ends.index(cell.now), starts.index(cell.before), cell, words)
    limit = _LETTERS_NARROW if is_narrow(ax) else _LETTERS
    bases = table.drop_duplicates("before").set_index("before")["base"]
    named = [clean_value(end_name(tier, words), limit=limit) for tier in starts]
    labels = [f"{name}\n{words.number(int(bases[tier]))}" for name, tier in zip(named, starts, strict=True)]
    ax.set_yticks(np.arange(len(starts)), labels, parse_math=False)
    columns = [clean_value(end_name(tier, words), limit=limit) for tier in ends]
    ax.set_xticks(np.arange(len(ends)), columns, parse_math=False)
    if len(ends) > _MANY_COLUMNS:
        for label in ax.get_xticklabels():
            label.set(rotation=40, ha="right")
    ax.set(xlim=(-0.5, len(ends) - 0.5), ylim=(len(starts) - 0.5, -0.5))
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    axis = N_("where they stand now, % of those who stood there {months} months ago")
    name_x_axis(ax, words.say(axis, months=moves.months))
    return ax


def _cell(ax: Axes, column: int, row: int, cell: Any, words: Words) -> None:
    """A cell with its share; grey where the row has too few members."""
    from matplotlib.patches import Rectangle

    colour = PALETTE["grid"] if cell.thin else PALETTE[_COLOURS[cell.move]]
    depth = 0.6 if cell.thin else 0.08 + 0.5 * cell.share
    size = 0.94
    corner = (column - size / 2, row - size / 2)
    ax.add_patch(Rectangle(corner, size, size, facecolor=colour, alpha=depth, edgecolor="none"))
    ink = PALETTE["label"] if cell.thin else PALETTE["ink"]
    ax.text(column, row, words.percent(cell.share, 0), ha="center", va="center", color=ink, fontsize=9)


def plot_tier_behaviour(behaviour: TierBehaviour, words: Words, *, ax: Axes | None = None) -> Axes:
    """How much faster or slower members buy just before a tier and just after it, by tier.

    Args:
        behaviour: From `models.tier_behaviour.tier_behaviour`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = _lines(behaviour, words)
    if table.empty:
        return no_data_yet(ax, words)
    set_height(ax, 1.1 + 0.34 * len(table))
    colours = [
        PALETTE["muted"] if thin else PALETTE[colour]
        for thin, colour in zip(table["thin"], table["colour"], strict=True)
    ]
    intervals(ax, table, label="row", colours=colours, words=words)
    reference_line(ax, 0, words.say(N_("as at other times")))
    ax.set_ylim(top=len(table) + 0.1)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("how much faster members buy than at other times")))
    ax.set_ylabel("")
    return ax


def _lines(behaviour: TierBehaviour, words: Words) -> pd.DataFrame:
    """A row for each tier and side of it, those without a value left out."""
    messages = {"effort": N_("before {tier}"), "dip": N_("after {tier}")}
    colours = {"effort": "base", "dip": "lost"}
    found = [
        {
            "row": words.say(messages[side], tier=tier_name(row["tier"], words)),
            "value": row[side],
            "low": row[f"{side}_low"],
            "high": row[f"{side}_high"],
            "thin": row["thin"],
            "colour": colours[side],
        }
        for row in behaviour.table.to_dict("records")
        for side in messages
    ]
    return pd.DataFrame(found).dropna(subset=["value"])
