"""What concerns a person: a birthday ahead, a complaint that nobody settled, new products of a category bought."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import day_start, one_a_customer, seen, sendable
from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenarios import BirthdayScenario, NewArrivalsScenario, RescueScenario

SHELF_DAYS = 90
"""Days of sales before a product's first one, without which nobody knows whether it is new."""


def birthday(context: TriggerContext, scenario: BirthdayScenario) -> ir.Table:
    """Customers whose birthday is ahead; who was born on 29 February has it on the 28th in common years.

    Args:
        context: The plan; birthdays reach into all of its `horizon_days`.
        scenario: The message goes `days_ahead` or later, and before the birthday is over.

    Returns:
        One row a customer with a known date of birth, columns of `due.TRIGGERED`. `trigger_at`: the birthday's
        first moment; `detail`: the birthday; `strength`: NULL.
    """
    people = context.store.table("customers")
    people = people.filter(people.birth_date < ibis.date(context.until.isoformat()))
    if "acquired_at" in people.columns:
        people = people.filter(people.acquired_at.isnull() | (people.acquired_at < day_start(context.until)))
    this, following = (_birthday(people, context.start.year + years) for years in (0, 1))
    start = ibis.date(context.start.isoformat())
    ahead = people.select("customer_id", day=(this >= start).ifelse(this, following))
    at = ahead.day.cast("timestamp")
    rows = ahead.select(
        "customer_id",
        trigger_at=at,
        due=at - ibis.interval(days=scenario.days_ahead),
        ends=at + ibis.interval(days=1),
        detail=ahead.day.cast("string"),
        strength=ibis.null("float64"),
    )
    return sendable(rows, context, scenario, days=context.horizon_days)


def rescue(context: TriggerContext, scenario: RescueScenario) -> ir.Table:
    """Customers with a bad review that nobody answered, or a contact with the service that is not settled.

    Where the store does not say what was answered or settled, every bad review and every contact counts.

    Args:
        context: The plan.
        scenario: Reviews of at most `worst_score` of their scale and contacts of `service_kinds`, in the `days` before
            the end of the data.

    Returns:
        One row a customer, about what came last; columns of `due.TRIGGERED`.
        `trigger_at`: when it came; `detail`: "review", or the kind of the contact ("service" where kinds are not
        known); `strength`: the share of the scale that the review left out, 1 for a contact.
    """
    found = [rows for rows in (_bad_reviews(context, scenario), _open_contacts(context, scenario)) if rows is not None]
    rows = ibis.union(*found) if len(found) > 1 else found[0]
    return one_a_customer(sendable(rows.mutate(due=rows.trigger_at), context, scenario))


def new_arrivals(context: TriggerContext, scenario: NewArrivalsScenario) -> ir.Table:
    """Active customers in whose categories there are new products, none of which they have bought.

    A product is new when it was first sold in the last `arrived_days`, after 90 days of sales without it, and five
    customers have bought it since: in a long assortment something is always sold for the first time.

    Args:
        context: The plan.
        scenario: `arrived_days` and `active_days`, back from the end of the data.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the first sale of the category's newest product;
        `detail`: of the categories the customer bought in the active days and kept, the one bought on most days (of
        equal ones that with the later arrival, then the first by name); `strength`: these days.
    """
    arrived = context.until - timedelta(days=scenario.arrived_days)
    active = context.until - timedelta(days=scenario.active_days)
    arrivals = _arrivals(context, since=arrived).cache()
    lines = seen(context.store.table("transactions"), "ordered_at", context, since=min(arrived, active))
    lines = lines.filter(lines.category.notnull())
    new = arrivals.select("product_id", new=ibis.literal(True))
    marked = lines.left_join(new, "product_id")
    lately = marked.ordered_at >= day_start(active)
    bought = marked.group_by("customer_id", "category").aggregate(
        days=marked.ordered_at.date().nunique(where=lately & (marked.amount > 0)),
        kept=marked.amount.sum(where=lately),
        has=marked.new.notnull().any(),
    )
    newest = arrivals.group_by("category").aggregate(arrived_at=arrivals.arrived_at.max())
    bought = bought.filter(bought.days > 0, bought.kept > 0, ~bought.has)
    told = bought.inner_join(newest, "category")
    rows = told.select(
        "customer_id",
        trigger_at=told.arrived_at,
        due=told.arrived_at,
        fresh_from=day_start(context.start),
        detail=told.category,
        strength=told.days,
    )
    sent = sendable(rows, context, scenario)
    return one_a_customer(sent, [sent.strength.desc()])


def _birthday(people: ir.Table, year: int) -> ir.DateValue:
    """The birthday of a year."""
    month, day = people.birth_date.month(), people.birth_date.day()
    if not isleap(year):
        day = ((month == 2) & (day == 29)).ifelse(28, day)
    return ibis.date(ibis.literal(year), month, day)


def _bad_reviews(context: TriggerContext, scenario: RescueScenario) -> ir.Table | None:
    feedback = context.store.find("feedback")
    if feedback is None:
        return None
    given = seen(feedback, "given_at", context, since=context.until - timedelta(days=scenario.days))
    if "kind" in given.columns:
        given = given.filter(given.kind.fill_null("review") == "review")
    bad = given.filter(given.scale > 0, given.score <= scenario.worst_score * given.scale)
    open_ones = bad.filter(_open(bad, "answered_at", context))
    share = 1 - open_ones.score.cast("float64") / open_ones.scale.cast("float64")
    return open_ones.select(
        "customer_id", trigger_at=open_ones.given_at, detail=ibis.literal("review"), strength=share.round(6)
    )


def _open_contacts(context: TriggerContext, scenario: RescueScenario) -> ir.Table | None:
    service = context.store.find("service")
    if service is None:
        return None
    opened = seen(service, "opened_at", context, since=context.until - timedelta(days=scenario.days))
    kind = opened.kind if "kind" in opened.columns else ibis.null("string")
    if scenario.service_kinds:
        opened = opened.filter(kind.isin(scenario.service_kinds))
    waiting = opened.filter(_open(opened, "closed_at", context))
    return waiting.select(
        "customer_id",
        trigger_at=waiting.opened_at,
        detail=ibis.coalesce(kind, "service"),
        strength=ibis.literal(1.0),
    )


def _open(rows: ir.Table, stamp: str, context: TriggerContext) -> ir.BooleanValue:
    """Whether something had not been settled when the data end."""
    if stamp not in rows.columns:
        return ibis.literal(True)
    return rows[stamp].isnull() | (rows[stamp] >= day_start(context.until))


def _arrivals(context: TriggerContext, *, since: date) -> ir.Table:
    """Products first sold since a day, to five customers at least: `product_id`, `category`, `arrived_at`."""
    coverage = context.store.coverage
    known = coverage is not None and coverage.first_day <= since - timedelta(days=SHELF_DAYS)
    sold = seen(context.store.table("transactions"), "ordered_at", context)
    sold = sold.filter(sold.amount > 0, sold.product_id.notnull(), sold.category.notnull())
    firsts = sold.group_by("product_id").aggregate(arrived_at=sold.ordered_at.min())
    new = firsts.filter(firsts.arrived_at >= day_start(since), ibis.literal(known))
    buyers = sold.filter(sold.ordered_at >= day_start(since)).inner_join(new, "product_id")
    shared = buyers.group_by("product_id", "category").aggregate(
        arrived_at=buyers.arrived_at.min(), buyers=buyers.customer_id.nunique()
    )
    return shared.filter(shared.buyers >= FEWEST).drop("buyers")
