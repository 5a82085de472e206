"""Charts of what coupon campaigns did to sales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.campaign_effects import CampaignEffects, GapAndEffect
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, set_height, unit_axis
from retention_lib.reports.findings.campaign_effects import campaign_rows
from retention_lib.reports.style import PALETTE
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_campaign_effects(effects: CampaignEffects, words: Words, *, ax: Axes | None = None) -> Axes:
    """The change of sales by type of campaign, with intervals; coloured where it is claimed.

    Args:
        effects: From `models.campaign_effects.campaign_effects`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    told = campaign_rows(effects, words)
    table = told[~told["few"]].assign(value=told["relative"], low=told["relative_low"], high=told["relative_high"])
    colours = [PALETTE["base"] if claimed else PALETTE["control"] for claimed in table["claimed"]]
    set_height(ax, 1.3 + 0.3 * len(table))
    intervals(ax, table, label="label", colours=colours, words=words)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("change of sales when campaigns began; grey: not claimed")))
    return ax


def plot_gap_and_effect(result: GapAndEffect, words: Words, *, ax: Axes | None = None) -> Axes:
    """The plain gap between mailed and others above the effect on both scales, in money a week.

    Where the comparison cannot carry an effect, its dots are as grey as the gap's.

    Args:
        result: From `models.campaign_effects.gap_and_effect`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    names = {
        "gap": words.say(N_("plain gap")),
        "money": words.say(N_("change, per cent")),
        "additive": words.say(N_("change, amount")),
    }
    table = result.to_frame()
    table = table.assign(label=[names[figure] for figure in table["figure"]])
    # A gap without variance has no interval: the dot stands alone.
    table = table.assign(low=table["low"].fillna(table["value"]), high=table["high"].fillna(table["value"]))
    set_height(ax, 2.0)
    effect = PALETTE["control"] if result.effect.refused else PALETTE["base"]
    intervals(ax, table, label="label", colours=[PALETTE["control"], effect, effect], words=words)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    unit_axis(ax, "x", "money", words)
    label = of_unit(
        result.effect.unit,
        household=N_("sales a household-week, mailed against others"),
        customer=N_("sales a customer-week, mailed against others"),
    )
    if result.effect.refused:
        label = of_unit(
            result.effect.unit,
            household=N_("sales a household-week; grey: what campaigns did cannot be told"),
            customer=N_("sales a customer-week; grey: what campaigns did cannot be told"),
        )
    name_x_axis(ax, words.say(label))
    return ax
