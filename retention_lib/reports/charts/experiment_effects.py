"""Charts of what the arms of a test changed, and of comparisons that mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.effects import GOAL, Effects
from retention_lib.models.experiments.traps import BUYERS, OPENERS, Traps
from retention_lib.reports.charts.axes import (
    axes_or_new,
    claim_colour,
    intervals,
    name_x_axis,
    no_data_yet,
    reference_line,
    set_height,
    unit_axis,
    zero_line,
)
from retention_lib.reports.metric_names import metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GROUPS = {BUYERS: N_("buyers only"), OPENERS: N_("openers only")}


def plot_effects(effects: Effects, words: Words, *, ax: Axes | None = None) -> Axes:
    """Effects of every arm on every metric of the goal, as a share of what the customers left alone did.

    The interval drawn is that of the difference, on which claims rest, divided by the control's mean.

    Args:
        effects: From `models.experiments.effects`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    goals = effects.table[(effects.table["role"] == GOAL) & (effects.table["control_mean"] > 0)]
    known = goals[goals["low"].notna()]
    if known.empty:
        return no_data_yet(ax, words)
    table = pd.concat([_with_heading(part) for _, part in known.groupby("metric", sort=False)], ignore_index=True)
    colours = [claim_colour(one.value, claimed=one.claimed) for one in rows(table)]
    set_height(ax, 1.3 + 0.26 * len(table))
    intervals(ax, table, label="label", colours=colours, words=words)
    _name_metrics(ax, table, effects, words)
    zero_line(ax, words.say(N_("no effect")))
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("change against {control}; grey: not shown"), control=effects.control))
    return ax


def _with_heading(part: pd.DataFrame) -> pd.DataFrame:
    """A metric's arms under a row for its name."""
    arms = pd.DataFrame(
        {
            "metric": part["metric"],
            "kind": part["kind"],
            "label": part["arm"],
            "claimed": part["claimed"].astype(bool),
            "value": part["effect"] / part["control_mean"],
            "low": part["low"] / part["control_mean"],
            "high": part["high"] / part["control_mean"],
        }
    )
    heading = arms.head(1).assign(label="", claimed=False, value=np.nan, low=np.nan, high=np.nan)
    return pd.concat([heading, arms])


def _name_metrics(ax: Axes, table: pd.DataFrame, effects: Effects, words: Words) -> None:
    """Write each metric's name above its rows, at the left edge."""
    narrow = is_narrow(ax)
    for place, one in enumerate(rows(table)):
        if one.label:
            continue
        name = metric_name(one.metric, words, unit=effects.unit, kind=one.kind)
        ax.annotate(
            clean_value(name, limit=28 if narrow else 60),
            (0, len(table) - 1 - place),
            xycoords=("axes fraction", "data"),
            xytext=(4, -3),
            textcoords="offset points",
            va="center",
            fontsize=8 if narrow else 8.5,
            fontweight="bold",
            color=PALETTE["ink"],
            parse_math=False,
            bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
        )


def plot_traps(traps: Traps | NotEnough, words: Words, *, ax: Axes | None = None) -> Axes:
    """What buyers or openers only would have said, beside the honest change of all customers.

    Args:
        traps: From `models.experiments.traps`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    known = None if isinstance(traps, NotEnough) else traps.table.dropna(subset=["naive", "honest"])
    if known is None or known.empty or isinstance(traps, NotEnough):
        return no_data_yet(ax, words)
    places = np.arange(len(known))[::-1]
    set_height(ax, 1.4 + 0.42 * len(known))
    ax.hlines(places, known["naive"], known["honest"], colors=PALETTE["grid"], linewidth=3)
    ax.scatter(known["naive"], places, s=34, c=PALETTE["lost"], zorder=3)
    ax.scatter(known["honest"], places, s=34, c=PALETTE["base"], zorder=3)
    names = [clean_value(one.arm, limit=16 if is_narrow(ax) else 28) for one in rows(known)]
    labels = [f"{name}\n{words.say(_GROUPS[group])}" for name, group in zip(names, known["group"], strict=True)]
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_ylim(-0.9, len(known) - 0.2)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    _name_dots(ax, known.assign(place=places), words)
    reference_line(ax, 0.0, words.say(N_("no effect")), at="bottom")
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("change against {control}"), control=traps.control))
    return ax


def _name_dots(ax: Axes, known: pd.DataFrame, words: Words) -> None:
    """Say which dot is which where they are furthest apart."""
    widest = rows(known.loc[[(known["naive"] - known["honest"]).abs().idxmax()]])[0]
    texts = ((widest.naive, N_("misleading"), PALETTE["lost"]), (widest.honest, N_("honest"), PALETTE["base"]))
    rightmost = max(widest.naive, widest.honest)
    for value, text, colour in texts:
        ax.annotate(
            words.say(text),
            (value, widest.place),
            xytext=(4 if value == rightmost else -4, 7),
            textcoords="offset points",
            ha="right" if value == rightmost else "left",
            fontsize=8.5,
            fontweight="bold",
            color=colour,
        )
