"""Customers of scenarios about the loyalty programme: in the best tier, close to the next one, with expiring points."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from retention_lib.estimates import NotEnough, first_refusal
from retention_lib.measures.accrual import TINY
from retention_lib.measures.actions.due import day_start, one_a_customer, sendable
from retention_lib.measures.actions.loyalty import Loyalty

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.tiers import Tiers
    from retention_lib.settings.scenario import Scenario
    from retention_lib.settings.scenarios import EarlyAccessScenario, PointsExpiringScenario, TierNudgeScenario

REWARD = "reward"
"""What a nudge is about where it is no tier."""


def early_access(context: TriggerContext, scenario: EarlyAccessScenario) -> ir.Table | NotEnough:
    """Members of the best tiers, those who bought most often first.

    Args:
        context: The store up to a day.
        scenario: The tiers it is for; the highest one where it names none.

    Returns:
        The members: `trigger_at` is the start, `detail` the tier, `strength` the days with a purchase. NotEnough as the
        programme has it; NotEnough("best_tier_known") where it has no such tier.
    """
    tiers = _loyalty(context).tiers
    if isinstance(tiers, NotEnough):
        return tiers
    wanted = scenario.tiers or [name for name in tiers.names[-1:] if len(tiers.names) > 1]
    ranks = {tiers.names.index(name): name for name in wanted if name in tiers.names}
    if not ranks:
        return NotEnough("best_tier_known", 0, 1)
    now = _standing(tiers)
    there = now.filter(now["rank"].isin(list(ranks)))
    days = context.purchases.group_by("customer_id").aggregate(days=ibis._.count())
    joined = there.left_join(days, "customer_id")
    detail = joined["rank"].cases(*ranks.items())
    return _from_start(
        joined.select("customer_id", detail=detail, strength=joined.days.fill_null(0)), context, scenario
    )


def tier_nudge(context: TriggerContext, scenario: TierNudgeScenario) -> ir.Table | NotEnough:
    """Members who are an order or so short of the next tier, or short of a reward by little.

    What a tier takes and from how many points on a reward can be used is what the data show (`learned.tier_rules`,
    `learned.reward`). Of a tier that takes money, one is short by an order where the money lacking is not above a usual
    order of the member's.

    Args:
        context: The store up to a day, with what was learned.
        scenario: How many orders or which share of a reward's points may be lacking.

    Returns:
        The members: `trigger_at` is the start, `detail` the next tier or `reward`, `strength` the share of the way they
        have gone. NotEnough where neither can be told.
    """
    parts = [_close_to_tier(context, scenario.orders_short), _close_to_reward(context, scenario.reward_share)]
    known = [part for part in parts if not isinstance(part, NotEnough)]
    if not known:
        return first_refusal(*parts)
    events = ibis.union(*known) if len(known) > 1 else known[0]
    sent = _from_start(events, context, scenario)
    return one_a_customer(sent, [sent.strength.desc()])


def points_expiring(context: TriggerContext, scenario: PointsExpiringScenario) -> ir.Table | NotEnough:
    """Members with points that can be used now and expire soon.

    Args:
        context: The store up to a day.
        scenario: In how many days from the start they expire.

    Returns:
        The members: `trigger_at` is the day on which the first of them expire, before which the message goes, `detail`
        that day, `strength` the points that expire in these days. NotEnough as `points.lots` has it.
    """
    first, last = context.start + timedelta(days=1), context.start + timedelta(days=scenario.days)
    lots = _loyalty(context).expiring(first, last)
    if isinstance(lots, NotEnough):
        return lots
    held = lots.lots.filter(lots.lots["left"] > 0)
    soon = held.filter(held.expires >= ibis.date(first.isoformat()), held.expires < ibis.date(last.isoformat()))
    own = soon.group_by("customer_id").aggregate(day=soon.expires.min(), points=soon["left"].sum().cast("float64"))
    moment = own.day.cast("timestamp(6)")
    events = own.select(
        "customer_id", trigger_at=moment, ends=moment, detail=own.day.cast("string"), strength=own.points
    )
    return _from_start(events, context, scenario)


def _loyalty(context: TriggerContext) -> Loyalty:
    """The programme as it was read for the plan, or read now."""
    known = context.learned.loyalty
    return Loyalty(store=context.store, until=context.until) if isinstance(known, NotEnough) else known


def _standing(tiers: Tiers) -> ir.Table:
    """The tier of each member now: `customer_id`, `rank`."""
    there = tiers.spells.filter(tiers.spells.until_day.isnull())
    return there.group_by("customer_id").aggregate(rank=there["rank"].max())


def _close_to_tier(context: TriggerContext, orders_short: int) -> ir.Table | NotEnough:
    """Members so many orders short of the next tier at most: `customer_id`, `detail`, `strength`."""
    loyalty, rules = _loyalty(context), context.learned.tier_rules
    if isinstance(rules, NotEnough):
        return rules
    tiers, orders = loyalty.tiers, loyalty.orders
    if isinstance(tiers, NotEnough) or isinstance(orders, NotEnough):
        return first_refusal(tiers, orders)
    sums = orders.group_by("customer_id").aggregate(
        orders=ibis._.count().cast("float64"), spend=orders.amount.sum().cast("float64")
    )
    each = _standing(tiers).inner_join(sums, "customer_id")
    found = []
    for rule in rules.to_frame().to_dict("records"):
        if rule["unit"] is None:
            continue
        below = each.filter(each["rank"] == int(rule["rank"]) - 1)
        done, step = (below.orders, 1.0) if rule["unit"] == "orders" else (below.spend, below.spend / below.orders)
        lacking = float(rule["threshold"]) - done
        close = below.filter(lacking > TINY, lacking <= orders_short * step + TINY)
        share = done / float(rule["threshold"])
        found.append(close.select("customer_id", detail=ibis.literal(str(rule["tier"])), strength=share))
    if not found:
        return NotEnough("tier_rules_known", 0, 1)
    return ibis.union(*found) if len(found) > 1 else found[0]


def _close_to_reward(context: TriggerContext, share: float) -> ir.Table | NotEnough:
    """Members who hold that share of a reward's points, and not yet all: `customer_id`, `detail`, `strength`."""
    own, reward = _loyalty(context).balances, context.learned.reward
    if isinstance(own, NotEnough) or isinstance(reward, NotEnough):
        return first_refusal(own, reward)
    points = float(reward.points)
    close = own.filter(own.balance >= share * points - TINY, own.balance < points - TINY)
    return close.select("customer_id", detail=ibis.literal(REWARD), strength=close.balance / points)


def _from_start(rows: ir.Table, context: TriggerContext, scenario: Scenario) -> ir.Table:
    """The rows of a scenario about how things stand: due from the start of the plan on."""
    start = day_start(context.start)
    known = rows if "trigger_at" in rows.columns else rows.mutate(trigger_at=start)
    return sendable(known.mutate(due=start), context, scenario)
