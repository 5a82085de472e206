"""What orders set off: a welcome, a reminder to who went quiet, care after a sale, the request for a review."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import day_start, one_a_customer, seen, sendable, still_fresh_since
from retention_lib.measures.actions.orders_in_hand import orders_in_hand
from retention_lib.measures.actions.overdue import allowed_silences
from retention_lib.measures.actions.second_order import NEW_AFTER_DAYS, second_order_day

if TYPE_CHECKING:
    from datetime import date

    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenarios import (
        AfterSaleScenario,
        ReactivationScenario,
        ReviewRequestScenario,
        WelcomeScenario,
    )


def welcome(context: TriggerContext, scenario: WelcomeScenario) -> ir.Table:
    """Customers who bought once, at the day on which the store's new customers are likeliest to buy again.

    Who is first seen in the first 60 days of the data is not taken for new.

    Args:
        context: The plan.
        scenario: `within_days` is the day after the first purchase; `auto` takes that of `second_order_day`.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the day of the first purchase; `detail`: that day;
        `strength`: its money. An order refunded in full is none.
    """
    first_day = _first_day(context)
    peak = scenario.within_days
    if peak == "auto":
        peak = second_order_day(context.purchases, first_day=first_day, until=context.until)
    since = max(
        first_day + timedelta(days=NEW_AFTER_DAYS),
        still_fresh_since(context, scenario, after_days=peak),
    )
    days = context.purchases.group_by("customer_id").aggregate(
        first=ibis._.day.min(), last=ibis._.day.max(), money=ibis._.amount.sum()
    )
    once = days.filter(days["first"] == days["last"], days["first"] >= ibis.date(since.isoformat()))
    at = once["first"].cast("timestamp")
    rows = once.select(
        "customer_id",
        trigger_at=at,
        due=at + ibis.interval(days=peak),
        detail=once["first"].cast("string"),
        strength=once.money,
    )
    return sendable(rows, context, scenario)


def reactivation(context: TriggerContext, scenario: ReactivationScenario) -> ir.Table:
    """Customers who went quiet, and are not given up.

    The silence is counted from the day of the last purchase to the end of the data. It lasts until the customer buys,
    so that `fresh_days` count from the start of the plan for whoever was quiet before it.

    Args:
        context: The plan.
        scenario: `silence` takes silences of `silence_days` to `most_days`; `overdue` those longer than the customer's
            own rhythm allows (`overdue.allowed_silences`), up to `most_days` as well.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the day on which the silence had become long
        enough; `detail`: the day of the last purchase; `strength`: days with a purchase so far.
    """
    quiet = _silences(context, scenario)
    silent = ibis.date(context.until.isoformat()).delta(quiet.last_day, unit="day")
    quiet = quiet.filter(silent >= quiet.enough, silent <= scenario.most_days)
    last = quiet.last_day.cast("timestamp")
    due = (quiet.last_day + quiet.enough.as_interval("D")).cast("timestamp")
    rows = quiet.select(
        "customer_id",
        trigger_at=due,
        due=due,
        fresh_from=ibis.greatest(due, day_start(context.start)),
        ends=last + ibis.interval(days=scenario.most_days + 1),
        detail=quiet.last_day.cast("string"),
        strength=quiet.purchase_days,
    )
    return sendable(rows, context, scenario)


def after_sale(context: TriggerContext, scenario: AfterSaleScenario) -> ir.Table:
    """Customers whose goods have arrived: warranty, instructions, help.

    Args:
        context: The plan.
        scenario: `days` after the goods were handed over (`orders_in_hand`), of its `categories`.

    Returns:
        One row a customer, about the order handed over last of those whose time has come; columns of
        `due.TRIGGERED`. `trigger_at`: when it was handed over; `detail`: its dearest product; `strength`: its money,
        without what came back.
    """
    since = _handed_since(context, scenario)
    orders = orders_in_hand(context, since=since, categories=scenario.categories)
    return _about_orders(orders, context, scenario)


def review_request(context: TriggerContext, scenario: ReviewRequestScenario) -> ir.Table:
    """Customers who have had their goods for a while, and neither reviewed nor complained since they ordered them.

    Args:
        context: The plan.
        scenario: `days` after the goods were handed over (`orders_in_hand`).

    Returns:
        As `after_sale`. A review, or a contact with the service, on the day of the order or later speaks for the
        order; an answer to a survey does not.
    """
    orders = orders_in_hand(context, since=_handed_since(context, scenario))
    told = [stamps for stamps in (_reviews(context), _contacts(context)) if stamps is not None]
    if told:
        heard = ibis.union(*told) if len(told) > 1 else told[0]
        last = heard.group_by("customer_id").aggregate(told_on=heard.at.max().date())
        asked = orders.left_join(last, "customer_id")
        orders = asked.filter(asked.told_on.isnull() | (asked.told_on < asked.ordered_at.date()))
    return _about_orders(orders, context, scenario)


def _first_day(context: TriggerContext) -> date:
    """First day of the sales; the end of what is seen where there are none."""
    coverage = context.store.coverage
    return context.until if coverage is None else coverage.first_day


def _silences(context: TriggerContext, scenario: ReactivationScenario) -> ir.Table:
    """Each customer's last day, days with a purchase, and the days since the last one that are `enough`."""
    if scenario.rule == "overdue":
        allowed = allowed_silences(context.purchases, level=scenario.overdue_level, usual_days=scenario.silence_days)
        return allowed.mutate(enough=allowed.allowed_days + 1)
    days = context.purchases.group_by("customer_id").aggregate(last_day=ibis._.day.max(), purchase_days=ibis._.count())
    return days.mutate(enough=ibis.literal(scenario.silence_days, "int64"))


def _handed_since(context: TriggerContext, scenario: AfterSaleScenario | ReviewRequestScenario) -> date:
    return still_fresh_since(context, scenario, after_days=scenario.days)


def _about_orders(
    orders: ir.Table, context: TriggerContext, scenario: AfterSaleScenario | ReviewRequestScenario
) -> ir.Table:
    rows = orders.select(
        "customer_id",
        trigger_at=orders.handed_at,
        due=orders.handed_at + ibis.interval(days=scenario.days),
        detail=orders.detail,
        strength=orders.money,
    )
    return one_a_customer(sendable(rows, context, scenario))


def _reviews(context: TriggerContext) -> ir.Table | None:
    feedback = context.store.find("feedback")
    if feedback is None:
        return None
    given = seen(feedback, "given_at", context)
    if "kind" in given.columns:
        given = given.filter(given.kind.fill_null("review") == "review")
    return given.select("customer_id", at=given.given_at)


def _contacts(context: TriggerContext) -> ir.Table | None:
    service = context.store.find("service")
    if service is None:
        return None
    opened = seen(service, "opened_at", context)
    return opened.select("customer_id", at=opened.opened_at)
