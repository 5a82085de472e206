"""The chart of late first deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.late_delivery import LateDelivery
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.style import PALETTE
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.25


def plot_late_delivery(result: LateDelivery, words: Words, *, ax: Axes | None = None) -> Axes:
    """The difference in second purchases, late less on time: as seen, adjusted, and where there can be none.

    Without the adjusted one where it cannot be trusted.

    Args:
        result: From `models.late_delivery.late_delivery`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    drawn = _drawn(result)
    table = pd.DataFrame(
        [
            {"row": words.say(name), **{part: 100 * getattr(one, part) for part in ("value", "low", "high")}}
            for name, (one, _) in drawn.items()
        ]
    )
    set_height(ax, 1.3 + 0.3 * len(drawn))
    intervals(ax, table, label="row", colours=[colour for _, colour in drawn.values()], words=words)
    reference_line(ax, 0.0, words.say(N_("no gap")), at="bottom")
    # Room for the words on the right of the line.
    low, high = ax.get_xlim()
    ax.set_xlim(low, max(high, _ROOM * (high - low)))
    unit_axis(ax, "x", "count", words)
    name_x_axis(ax, words.say(N_("more or fewer who bought again, of 100 late customers")))
    return ax


def _drawn(result: LateDelivery) -> dict[str, tuple[Estimate, str]]:
    """The differences with their colours, by what they are called."""
    found = result.difference
    claimed = PALETTE["lost"] if found.value < 0 else PALETTE["returned"]
    adjusted = {N_("like with like"): (found, claimed if found.claimed else PALETTE["muted"])}
    return {
        N_("as seen"): (result.raw, PALETTE["control"]),
        **(adjusted if result.trusted else {}),
        N_("before due day"): (result.placebo, PALETTE["control"]),
    }
