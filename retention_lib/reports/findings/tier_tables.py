"""The tables of the tiers."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from retention_lib.models.tier_behaviour import TierBehaviour
from retention_lib.models.tiers import JOINED, LEFT, NextTier, TierMigration, TierTable
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.tiers import threshold_text, tier_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: TierTable, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Tier"))),
        Column(name="reached", header=words.say(N_("Reached with")), kind="written"),
        Column(name="members", header=words.say(N_("Members now")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
        Column(name="orders", header=words.say(N_("Orders")), kind="parameter"),
        Column(name="revenue", header=words.say(N_("Revenue")), kind="money"),
        Column(name="gross_profit", header=words.say(N_("Gross profit")), kind="money"),
        Column(name="rewards_share", header=words.say(N_("Paid with points")), kind="share"),
    )
    rows = result.table
    frame = rows.assign(
        name=[tier_name(tier, words) for tier in rows["tier"]],
        reached=_reached(rows, words),
    )
    caption = words.say(
        N_("Tiers, lowest first; orders and money for each month of a member, from {start} to {until}"),
        start=result.start,
        until=result.until - timedelta(days=1),
    )
    return Table(columns=columns, frame=frame, caption=caption, thin="thin")


@shown_table.register
def _(result: TierMigration, words: Words) -> Table:
    columns = (
        Column(name="was", header=words.say(N_("Then"))),
        Column(name="is_now", header=words.say(N_("Now"))),
        Column(name="members", header=words.say(N_("Members")), kind="integer"),
        Column(name="share", header=words.say(N_("Of those then")), kind="share"),
    )
    frame = result.table.assign(
        was=[end_name(tier, words) for tier in result.table["before"]],
        is_now=[end_name(tier, words) for tier in result.table["now"]],
    )
    caption = words.say(
        N_("Members by tier at the end of {since} and of {until}"),
        since=result.since - timedelta(days=1),
        until=result.until - timedelta(days=1),
    )
    return Table(columns=columns, frame=frame, caption=caption, thin="thin", folded=True)


@shown_table.register
def _(result: TierBehaviour, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Tier"))),
        Column(name="threshold", header=words.say(N_("Orders to reach it")), kind="integer"),
        Column(
            name="effort", header=words.say(N_("Faster before it")), kind="share", low="effort_low", high="effort_high"
        ),
        Column(name="effort_members", header=words.say(N_("Members compared")), kind="integer"),
        Column(
            name="dip",
            header=words.say(N_("Faster in the {days} after"), days=words.days(result.rest_days)),
            kind="share",
            low="dip_low",
            high="dip_high",
        ),
        Column(name="dip_members", header=words.say(N_("Members compared")), kind="integer"),
    )
    frame = result.table.assign(name=[tier_name(tier, words) for tier in result.table["tier"]])
    caption = words.say(N_("How fast members buy around each tier, against other gaps of the same members"))
    return Table(columns=columns, frame=frame, caption=caption, thin="thin", folded=True)


@shown_table.register
def _(result: NextTier, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Next tier"))),
        Column(name="reached", header=words.say(N_("Reached with")), kind="written"),
        Column(name="members", header=words.say(N_("Members one order short")), kind="integer"),
        Column(name="recent", header=words.say(N_("Of them bought in the last 90 days")), kind="integer"),
        Column(name="order_profit", header=words.say(N_("Gross profit of an order")), kind="money"),
    )
    rows = result.table
    frame = rows.assign(
        name=[tier_name(tier, words) for tier in rows["tier"]],
        reached=_reached(rows, words),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("Members one order short of their next tier")))


def _reached(table: pd.DataFrame, words: Words) -> pd.Series:
    """With what each tier is reached; missing where it is not known."""
    pairs = zip(table["unit"], table["threshold"], strict=True)
    texts = [threshold_text(unit, threshold, words) or None for unit, threshold in pairs]
    return pd.Series(texts, index=table.index, dtype=object)


def end_name(tier: str, words: Words) -> str:
    """Where members stand: a tier, not joined yet, or gone."""
    if tier == JOINED:
        return words.say(N_("joined since"))
    return words.say(N_("left")) if tier == LEFT else tier_name(tier, words)
