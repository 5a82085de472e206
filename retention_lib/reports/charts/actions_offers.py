"""Chart of what messages and their offers were measured to bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retention_lib.models.actions.offer_gains import OfferGains
from retention_lib.reports.charts.axes import (
    axes_or_new,
    name_rows,
    name_x_axis,
    set_height,
    unit_axis,
    value_beside,
    zero_line,
)
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.rows import rows
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 16


def plot_offer_gains(gains: OfferGains, words: Words, *, ax: Axes | None = None) -> Axes:
    """By how much each message raises what customers bring, with its interval.

    Args:
        gains: From `models.actions.offer_gains.offer_gains`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = gains.table.head(_MOST)
    places = np.arange(len(table))[::-1]
    colours = [PALETTE["base" if own else "muted"] for own in table["measured"]]
    set_height(ax, 1.5 + 0.36 * len(table))
    ax.hlines(places, table["low"], table["high"], colors=colours, linewidth=2)
    ax.scatter(table["gain"], places, c=colours, s=30, zorder=3)
    for place, one in zip(places, rows(table), strict=True):
        value_beside(ax, max(float(one.high), 0.0), float(place), words.percent(float(one.gain), 0))
    limit = 20 if is_narrow(ax) else 46
    name_rows(ax, [clean_value(_named(one.scenario, one.offer, words), limit=limit) for one in rows(table)])
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, 0.0), high + (high - low) * (0.22 if is_narrow(ax) else 0.08))
    zero_line(ax, words.say(N_("no gain")))
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("rise of what customers bring; blue: own lists, grey: same offer elsewhere")))
    return ax


def _named(scenario: object, offer: object, words: Words) -> str:
    """A scenario and its offer."""
    told = {"name": scenario_name(str(scenario), words), "offer": offer_name(str(offer), words)}
    return words.say(N_("{name}: {offer}"), **told)
