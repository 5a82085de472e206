"""Charts of the churn risk and of what is at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.models.risk import ChurnRisk
from retention_lib.models.risk_importance import Importance
from retention_lib.models.stakes import ProfitAtStake
from retention_lib.reports.charts.axes import axes_or_new, intervals, name_x_axis, reference_line, set_height, unit_axis
from retention_lib.reports.findings.risk import SUBJECTS
from retention_lib.reports.rows import rows
from retention_lib.reports.style import PALETTE, is_narrow
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_risk_calibration(risk: ChurnRisk, words: Words, *, ax: Axes | None = None) -> Axes:
    """The share that stayed silent by tenth of the risk, with its interval, beside the line of equality.

    Args:
        risk: From `models.risk.churn_risk`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = risk.calibration.table
    top = min(1.0, 1.08 * float(table[["predicted", "high"]].max().max()))
    ax.plot([0, top], [0, top], color=PALETTE["control"], linewidth=1, linestyle=(0, (4, 3)))
    text = words.say(N_("on the line: as predicted"))
    ax.annotate(text, (top, 0), xytext=(0, 6), textcoords="offset points", ha="right", color=PALETTE["label"])
    ax.vlines(table["predicted"], table["low"], table["high"], colors=PALETTE["base"], linewidth=2)
    ax.scatter(table["predicted"], table["actual"], c=PALETTE["base"], s=30, zorder=3)
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    unit_axis(ax, "x", "share", words)
    unit_axis(ax, "y", "share", words)
    name_x_axis(ax, words.say(N_("risk given before")))
    ax.set_ylabel(words.say(N_("stayed silent")))
    return ax


def plot_risk_importance(importance: Importance, words: Words, *, ax: Axes | None = None) -> Axes:
    """How many fewer pairs are sorted right without a subject, with its interval.

    Args:
        importance: From `models.risk_importance.importance`.
        words: The reader's language.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = importance.table.head(10)
    named = table.assign(value=table["drop"], subject=[words.say(SUBJECTS[name]) for name in table["subject"]])
    colours = [PALETTE["base"] if row.low > 0 else PALETTE["muted"] for row in rows(table)]
    set_height(ax, 1.1 + 0.26 * len(table))
    intervals(ax, named, label="subject", colours=colours, words=words)
    reference_line(ax, 0.0, "")
    unit_axis(ax, "x", "share", words)
    name_x_axis(ax, words.say(N_("fewer pairs sorted right without it; grey: no more than chance")))
    return ax


def plot_profit_at_stake(stakes: ProfitAtStake, words: Words, *, ax: Axes | None = None) -> Axes:
    """Money at stake by tenth of the customers, highest risk first, with the mean risk under each bar.

    Args:
        stakes: From `models.stakes.profit_at_stake`.
        words: The reader's language and currency.
        ax: Axes to draw on; new ones if omitted.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    table = stakes.deciles
    ax.bar(table["decile"], table["at_stake"], color=PALETTE["lost"], width=0.8)
    shown = table.iloc[:: 3 if is_narrow(ax) else 1]
    ax.set_xticks(shown["decile"], [words.percent(float(row.risk), int(row.risk < 0.01)) for row in rows(shown)])
    unit_axis(ax, "y", "money", words)
    name_x_axis(ax, words.say(N_("mean risk of no purchase; each bar is a tenth of the customers")))
    ax.set_ylabel(words.say(N_("sales at stake") if stakes.measure == "revenue" else N_("gross profit at stake")))
    return ax
