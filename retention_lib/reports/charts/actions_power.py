"""Chart of what the lists of a plan can show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.models.actions.power import ListPower
from retention_lib.reports.charts.axes import axes_or_new, name_x_axis, no_data_yet, reference_line, set_height
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import channel_name, scenario_name
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def plot_list_power(power: ListPower, words: Words, *, ax: Axes | None = None) -> Axes:
    """The smallest effect that each list shows, and lists of one offer and channel together.

    Args:
        power: From `models.actions.power.list_power`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    told = _rows(power, words)
    if told.empty:
        return no_data_yet(ax, words)
    places = np.arange(len(told))[::-1]
    able = told["detectable"] <= power.smallest_effect
    colours = np.where(able, PALETTE["returned"], PALETTE["control"])
    set_height(ax, 1.4 + 0.3 * len(told))
    low = min(float(told["detectable"].min()), power.smallest_effect) / 1.6
    ax.hlines(places, low, told["detectable"], colors=PALETTE["grid"], linewidth=1.5)
    for mark, together in (("o", False), ("D", True)):
        some = (told["together"] == together).to_numpy()
        ax.scatter(told["detectable"][some], places[some], c=colours[some], marker=mark, s=42, zorder=3)
    limit = 20 if is_narrow(ax) else 34
    ax.set_yticks(places, [clean_value(name, limit=limit) for name in told["name"]], parse_math=False)
    for place, share, colour in zip(places, told["detectable"], colours, strict=True):
        ax.annotate(
            words.percent(float(share), 0),
            (float(share), float(place)),
            xytext=(7, 0),
            textcoords="offset points",
            color=str(colour),
            fontsize=8.5,
            fontweight="bold",
            va="center",
        )
    high = max(float(told["detectable"].max()), power.smallest_effect * (2.5 if is_narrow(ax) else 1.5))
    _axes(ax, low, high, len(told), words)
    reference_line(ax, power.smallest_effect, words.say(N_("worth finding")), at="bottom")
    return ax


def _axes(ax: Axes, low: float, high: float, count: int, words: Words) -> None:
    from matplotlib.ticker import NullLocator

    ax.set_xscale("log")
    ax.set_xlim(low, high * 1.9)
    ticks = [tick for tick in _TICKS if low <= tick <= high * 1.9]
    ticks = ticks[:: 2 if is_narrow(ax) and len(ticks) > 4 else 1]
    ax.set_xticks(ticks, [words.percent(tick, 0) for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(-1.2, count - 0.4)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    name_x_axis(ax, words.say(N_("smallest rise of gross profit that is found; diamonds: lists read together")))


def _rows(power: ListPower, words: Words) -> pd.DataFrame:
    """Lists and pools that can show anything, the finest first."""
    lists = [(scenario_name(str(name), words), share, False) for name, share in _known(power.lists, "scenario")]
    pools = []
    for offer, channel, share in power.pools[["offer", "channel", "detectable"]].dropna().to_numpy(dtype=object):
        kinds = [offer_name(str(offer), words), channel_name(str(channel), words)]
        pools.append((words.say(N_("together: {kinds}"), kinds=", ".join(kinds)), float(share), True))
    told = pd.DataFrame([*lists, *pools], columns=["name", "detectable", "together"])
    return told.sort_values(["detectable", "name"], kind="stable", ignore_index=True)


def _known(table: pd.DataFrame, name: str) -> list[tuple[str, float]]:
    known = table[table["detectable"].notna()]
    return list(zip(known[name].astype(str), known["detectable"].astype(float), strict=True))
