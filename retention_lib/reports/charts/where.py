"""Charts of where customers go quiet: segments, RFM groups and their moves, and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.models.fatigue import ContactFatigue
from retention_lib.models.rfm import RfmGroups, RfmMigration
from retention_lib.models.segments import SegmentRates
from retention_lib.models.where import WhereRates
from retention_lib.reports.charts.axes import (
    axes_or_new,
    intervals,
    label_end,
    name_x_axis,
    reference_line,
    set_height,
    unit_axis,
)
from retention_lib.reports.rows import rows, segment_name
from retention_lib.reports.segment_names import dimension_name, group_name, segment_of
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_SEGMENTS = 14
SHOWN_SHARE = 0.005


def plot_where(rates: WhereRates, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share that went quiet in the segments that differ most, each beside the others of its dimension.

    Args:
        rates: From `models.where.where_rates`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = rates.shown.sort_values(["thin", "share"], ascending=[True, False], kind="stable")
    colours = [_judged(row, row.difference > 0) for row in rows(table)]
    narrow = is_narrow(ax)
    set_height(ax, 1.1 + (0.42 if narrow else 0.28) * len(table))
    intervals(ax, table.assign(value=table["share"]), label="segment", colours=colours, words=words)
    places = np.arange(len(table))[::-1]
    ax.scatter(table["rest_share"], places, marker="|", s=90, color=PALETTE["label"], zorder=2)
    ax.set_yticks(places, [_two_names(row, words, narrow=narrow) for row in rows(table)], parse_math=False)
    ax.set_xlim(left=0)
    unit_axis(ax, "x", "share", words)
    name = N_("went quiet in the month; bar: 95% interval; | the others of the same kind; grey: fewer than {n}")
    name_x_axis(ax, words.say(name, n=rates.minimum_base))
    return ax


def plot_segment_rates(rates: SegmentRates, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share lost in each segment with its interval; grey where there are too few to judge.

    Args:
        rates: From `models.segments.segment_rates`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = rates.table.sort_values(["thin", "share"], ascending=[True, False], kind="stable").head(SHOWN_SEGMENTS)
    named = [segment_name(name, words) for name in table["segment"]]
    table = table.assign(value=table["share"], segment=named)
    colours = [_judged(row, row.share > rates.overall.value) for row in rows(table)]
    set_height(ax, 1.1 + 0.26 * len(table))
    intervals(ax, table, label="segment", colours=colours, words=words)
    ax.set_ylim(top=len(table) + 0.1)  # room for the line's name above the first row
    reference_line(ax, rates.overall.value, words.say(N_("all: {share}"), share=words.percent(rates.overall.value)))
    ax.set_xlim(left=0)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("share lost in the month; grey: fewer than {n}"), n=rates.minimum_base))
    return ax


def plot_rfm_groups(groups: RfmGroups, words: Words, *, ax: Axes | None = None) -> Axes:
    """Each RFM group's share of the customers and of their money.

    Args:
        groups: From `models.rfm.rfm_groups`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = groups.table
    places = np.arange(len(table))[::-1]
    set_height(ax, 1.2 + 0.3 * len(table))
    ax.hlines(places, table["share"], table["revenue_share"], colors=PALETTE["band"], linewidth=3)
    ax.scatter(table["share"], places, s=34, color=PALETTE["base"], zorder=3)
    ax.scatter(table["revenue_share"], places, s=34, marker="D", color=PALETTE["expected"], zorder=3)
    ax.set_yticks(places, [group_name(group, words) for group in table["group"]])
    ax.set_ylim(-0.6, len(table) + 0.1)
    ax.set_xlim(left=0)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    _legend_on_top(ax, table, words)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("share of all customers, and of the money of the last year")))
    return ax


def plot_rfm_migration(moves: RfmMigration, words: Words, *, ax: Axes | None = None) -> Axes:
    """Heat map of the share of each group that was in each group a month later.

    Args:
        moves: From `models.rfm.rfm_migration`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    groups = [group for group in moves.order if group in set(moves.table["from_group"])]
    ends = [group for group in moves.order if group in set(moves.table["to_group"])]
    set_height(ax, 1.6 + 0.31 * len(groups))
    _draw_moves(ax, moves.table, groups, ends, words)
    names = {group: f"{place} {group_name(group, words)}" for place, group in enumerate(moves.order, start=1)}
    ax.set_yticks(np.arange(len(groups)) + 0.5, [names[group] for group in groups])
    ax.set_xticks(np.arange(len(ends)) + 0.5, [names[group] for group in ends], rotation=40, ha="right")
    if is_narrow(ax):
        ax.set_xticks(ax.get_xticks(), [names[group].split()[0] for group in ends], rotation=0, ha="center")
    name_x_axis(ax, words.say(N_("group when the month ended; % of the group it began in; red: worse, green: better")))
    ax.grid(visible=False)
    return ax


def plot_contact_fatigue(fatigue: ContactFatigue, words: Words, *, ax: Axes | None = None) -> Axes:
    """Messages opened, customers without consent now and those gone quiet, by number of messages of one channel.

    Args:
        fatigue: From `models.fatigue.contact_fatigue`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = fatigue.table.loc[(fatigue.table["channel"] == fatigue.channel) & ~fatigue.table["thin"]]
    places = np.arange(len(table))
    lines = [("opened", "opened_share", N_("of messages opened"), "base"), ("lapse", "lapse", N_("went quiet"), "lost")]
    if fatigue.withdrawn:
        lines.append(("withdrawn", "withdrawn_share", N_("without consent now"), "expected"))
    for prefix, share, label, colour in lines:
        _line(ax, places, table, (share, f"{prefix}_low", f"{prefix}_high"), words.say(label), PALETTE[colour])
    ax.set_xticks(places, [band_name(row.messages_from, row.messages_to, words) for row in rows(table)])
    ax.set_xlim(-0.5, len(table) - 0.5 + 0.3 * len(table))
    ax.set_ylim(bottom=0)
    unit_axis(ax, "y", "share", words)
    name = N_("messages by {channel} in the {days} before the month")
    name_x_axis(ax, words.say(name, channel=clean_value(fatigue.channel), days=words.days(fatigue.days)))
    return ax


def band_name(least: int, most: Any, words: Words) -> str:
    """A number of messages in words: "none", "3", "4 to 5", "21 or more"."""
    if least == 0:
        return words.say(N_("none"))
    if pd.isna(most):
        return words.say(N_("{n} or more"), n=int(least))
    return str(least) if least == most else words.say(N_("{first} to {last}"), first=int(least), last=int(most))


def _judged(row: Any, above: bool) -> str:
    """The colour of a segment: grey where thin, red or green where it differs from the rest."""
    if row.thin:
        return PALETTE["muted"]
    if not row.differs:
        return PALETTE["base"]
    return PALETTE["lost"] if above else PALETTE["returned"]


def _two_names(row: Any, words: Words, *, narrow: bool) -> str:
    """A segment and its dimension, under it where there is little room."""
    limit = 18 if narrow else 28
    segment = clean_value(segment_of(row.dimension, row.segment, words), limit=limit)
    dimension = clean_value(dimension_name(row.dimension, words), limit=limit)
    return (
        f"{segment}\n{dimension}"
        if narrow
        else words.say(N_("{segment} ({dimension})"), dimension=dimension, segment=segment)
    )


def _legend_on_top(ax: Axes, table: pd.DataFrame, words: Words) -> None:
    """The names of the two marks beside those of the first row, outwards."""
    first, top = table.iloc[0], len(table) - 1
    customers, money = words.say(N_("customers")), words.say(N_("money"))
    left = first["share"] <= first["revenue_share"]
    marks = ((first["share"], customers, "base", left), (first["revenue_share"], money, "expected", not left))
    for place, text, colour, leftwards in marks:
        ax.annotate(
            text,
            (float(place), top),
            xytext=(0, 7),
            textcoords="offset points",
            ha="right" if leftwards else "left",
            color=PALETTE[colour],
            fontsize=8.5,
            fontweight="bold",
        )


def _draw_moves(ax: Axes, table: pd.DataFrame, groups: list[str], ends: list[str], words: Words) -> None:
    """The cells: moves down in red, up in green, by their share; who stayed in a frame; thin groups grey."""
    import seaborn as sns
    from matplotlib.patches import Rectangle

    shares = table.pivot(index="from_group", columns="to_group", values="share").reindex(index=groups, columns=ends)
    shade = table["share"] * table["move"].map({"down": 1, "up": -1, "stayed": 0}) * ~table["thin"]
    shades = table.assign(shade=shade).pivot(index="from_group", columns="to_group", values="shade")
    sns.heatmap(
        shades.reindex(index=groups, columns=ends).fillna(0),
        ax=ax,
        annot=shares.map(lambda share: words.number(share * 100) if share >= SHOWN_SHARE else ""),
        fmt="",
        cmap=sns.blend_palette([PALETTE["returned"], PALETTE["paper"], PALETTE["lost"]], as_cmap=True),
        vmin=-0.9,
        vmax=0.9,
        cbar=False,
        linewidths=1,
        linecolor=PALETTE["grid"],
        annot_kws={"fontsize": 7 if is_narrow(ax) else 8, "color": PALETTE["ink"]},
    )
    thin = set(table.loc[table["thin"], "from_group"])
    for place, group in enumerate(groups):
        if group in thin:
            ax.add_patch(Rectangle((0, place), len(ends), 1, facecolor=PALETTE["grid"], alpha=0.6))
        if group in ends:
            corner = (ends.index(group), place)
            ax.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=PALETTE["base"], linewidth=1.2))
    ax.set(xlabel="", ylabel="")


def _line(
    ax: Axes, places: np.ndarray, table: pd.DataFrame, columns: tuple[str, str, str], label: str, colour: str
) -> None:
    """A share over the bands with its intervals, named at its end; nothing where it is not known."""
    share, low, high = (table[name].to_numpy(dtype=float) for name in columns)
    known = ~np.isnan(share)
    if not known.any():
        return
    ax.plot(places[known], share[known], "o-", color=colour, markersize=4)
    ax.vlines(places[known], low[known], high[known], color=colour, linewidth=2)
    label_end(ax, float(places[known][-1]), float(share[known][-1]), label, colour=colour)
