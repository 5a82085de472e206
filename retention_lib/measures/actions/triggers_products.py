"""Customers of scenarios about products: what goes with a purchase, and what must have run out."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.due import one_a_customer, sendable
from retention_lib.measures.actions.hits import holdings, with_chance
from retention_lib.measures.actions.intervals import own_gaps

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.actions.items import Items
    from retention_lib.settings.scenarios import CrossSellScenario, ReplenishmentScenario

REPEATED = 0.25
"""Share of a product's buyers who bought it again, from which on even who bought it once is expected to."""

_QUANTILES = {0.25: "days_25", 0.5: "days_50", 0.75: "days_75"}


def cross_sell(context: TriggerContext, scenario: CrossSellScenario) -> ir.Table | NotEnough:
    """Customers who lately bought the first product of a pair and in a year have not bought the second.

    Args:
        context: The store up to a day, with what was learned; `pairs` hold for the first `within_days` they were
            learned with.
        scenario: What a pair must show, and for how many days after the purchase it counts.

    Returns:
        The customers, each with the pair of the largest confidence (`strength`): `trigger_at` is the day of the
        purchase, `detail` the second product and its category. NotEnough as learned, NotEnough("pairs_found") where no
        pair holds.
    """
    items, pairs = context.learned.items, context.learned.pairs
    if isinstance(items, NotEnough):
        return items
    if isinstance(pairs, NotEnough):
        return pairs
    if pairs.by == "category":
        items = items.by_category()
        if isinstance(items, NotEnough):
            return items
    rules = _rules(pairs.rules, scenario)
    if rules.empty:
        return NotEnough("pairs_found", 0, 1)
    offered = _numbered(rules, items)
    first_day = ibis.date(context.until.isoformat()) - ibis.interval(days=scenario.within_days)
    lately = items.days.filter(items.days.day >= first_day)
    bought = lately.group_by("number", "item").aggregate(day=lately.day.max())
    met = bought.inner_join(offered, "item").select("number", "day", "then", "confidence", "detail")
    new = met.anti_join(items.days, ["number", met.then == items.days.item])
    day = new.day.cast("timestamp(6)")
    ends = day + ibis.interval(days=scenario.within_days)
    events = new.select("number", "detail", trigger_at=day, due=day, ends=ends, strength=new.confidence)
    return _strongest(sendable(events.inner_join(items.people, "number"), context, scenario))


def _rules(rules: pd.DataFrame, scenario: CrossSellScenario) -> pd.DataFrame:
    """The pairs that show what a scenario asks for."""
    holds = (rules["together"] >= scenario.support) & (rules["confidence"] >= scenario.confidence)
    return rules[holds & (rules["lift"] >= scenario.lift)]


def _numbered(rules: pd.DataFrame, items: Items) -> ir.Table:
    """Pairs by the products' numbers: `item` (the first), `then`, `confidence`, `detail`."""
    category = rules["then_category"].where(rules["then_category"] != rules["then"], "")
    told = ibis.memtable(rules[["first", "then", "confidence"]].assign(category=category))
    numbers = items.products.select("item", "name")
    known = told.inner_join(numbers, told["first"] == numbers.name).drop("name")
    other = numbers.rename(then_item="item", then_name="name")
    known = known.inner_join(other, known.then == other.then_name)
    return known.select("item", "confidence", then=known.then_item, detail=_about(known.then_name, known.category))


def replenishment(context: TriggerContext, scenario: ReplenishmentScenario) -> ir.Table | NotEnough:
    """Customers for whom a product that they buy again and again runs out in the days of the plan.

    A product runs out when the interval has passed since its last purchase: the product's own, drawn towards the
    customer's own by how many intervals of the customer are known. Counted are products that the customer bought on two
    days at least, and those that a quarter of their buyers bought again.

    Args:
        context: The store up to a day, with what was learned.
        scenario: Which quantile of the interval counts, and how many intervals of a product must be known.

    Returns:
        The customers, each with the product that is most likely bought in the next 30 days (`strength`: that chance):
        `trigger_at` is the day on which it runs out, `detail` the product and its category. NotEnough as learned.
    """
    learned = context.learned
    for part in (learned.items, learned.intervals, learned.ranking):
        if isinstance(part, NotEnough):
            return part
    items: Items = learned.items  # type: ignore[assignment]
    known = learned.intervals.table[learned.intervals.table["gaps"] >= scenario.least]
    due = _sendable_days(due_dates(items, known, quantile=scenario.quantile), context, scenario).cache()
    # What else a customer bought matters for the chance, but only of those who run out of something.
    held = with_chance(holdings(items.days, items.until, only=due), learned.ranking.table)
    found = held.select("number", "item", "chance").inner_join(due, ["number", "item"])
    day = found.due.cast("timestamp(6)")
    events = found.select("number", "detail", trigger_at=day, due=day, strength=found.chance)
    sent = sendable(events.inner_join(items.people, "number"), context, scenario, days=context.horizon_days)
    return _strongest(sent)


def _sendable_days(due: ir.Table, context: TriggerContext, scenario: ReplenishmentScenario) -> ir.Table:
    """The rows whose day lies where a message could be sent at all; `due.sendable` looks closer."""
    first = context.start - timedelta(days=scenario.fresh_days + math.ceil(scenario.wait_hours / 24) + 1)
    return due.filter(due.due >= ibis.date(first.isoformat()), due.due < ibis.date(context.end.isoformat()))


def due_dates(items: Items, intervals: pd.DataFrame, *, quantile: float = 0.5) -> ir.Table:
    """When each customer runs out of each product with a known interval.

    Args:
        items: From `items.items`.
        intervals: `models.actions.intervals.ProductIntervals.table`.
        quantile: Which quartile of the interval counts: 0.25, 0.5 or 0.75.

    Returns:
        Lazy table, one row a customer and product: `number`, `item`, `due` (date), `days` (of the interval; float),
        `own` (intervals of the customer's own behind it; count), `detail` (the product and its category).
    """
    named = items.products.inner_join(_log_intervals(intervals, quantile), "name")
    lasts = items.days.group_by("number", "item").aggregate(last=items.days.day.max())
    gaps = own_gaps(items.days)
    own = gaps.group_by("number", "item").aggregate(own=ibis._.count(), own_log=gaps.log_gap.mean())
    held = lasts.inner_join(named, "item").left_join(own, ["number", "item"]).drop("number_right", "item_right")
    counted = held.filter((held.repeat_share >= REPEATED) | held.own.notnull())
    n = counted.own.fill_null(0)
    weight = n / (n + counted.needed)
    log_days = weight * counted.own_log.fill_null(0.0) + (1 - weight) * counted.log_days + counted.log_step
    # Sums of floats differ in their last digits from run to run; no day may depend on them.
    days = log_days.exp().round(6)
    due = counted["last"] + ibis.interval(days=1) * days.round().cast("int64")
    return counted.select(
        "number", "item", due=due.cast("date"), days=days, own=n, detail=_about(counted.name, counted.category)
    )


def _log_intervals(intervals: pd.DataFrame, quantile: float) -> ir.Table:
    """Products with the logarithms of their interval (`log_days`) and of the step from it to the quartile."""
    middle = np.log(intervals["days_50"].to_numpy())
    frame = pd.DataFrame(
        {
            "name": intervals["product"],
            "repeat_share": intervals["repeat_share"],
            "log_days": middle,
            "log_step": np.log(intervals[_QUANTILES[quantile]].to_numpy()) - middle,
            # So many that own intervals count for nothing.
            "needed": np.minimum(intervals["own_gaps_needed"].to_numpy(), 1e9),
        }
    )
    return ibis.memtable(frame)


def _strongest(sent: ir.Table) -> ir.Table:
    """Each customer's product with the largest strength."""
    return one_a_customer(sent, [sent.strength.desc()])


def _about(name: ir.StringValue, category: ir.StringValue) -> ir.StringValue:
    """What a message is about: the product, and its category where it is known."""
    return (category == "").ifelse(name, name + " (" + category + ")")
