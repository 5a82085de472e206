"""From what happened to a customer to the time in which a message about it makes sense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenario import Scenario

TRIGGERED = ("customer_id", "trigger_at", "send_from", "send_by", "detail", "strength")
"""The columns of what a trigger returns."""


def sendable(
    rows: ir.Table,
    context: TriggerContext,
    scenario: Scenario,
    *,
    days: int | None = None,
    wait_hours: float | None = None,
) -> ir.Table:
    """The rows whose message can be sent in the days of the plan, with the earliest and the latest useful time.

    Args:
        rows: Columns `customer_id`, `trigger_at` (what it is about), `due` (when the scenario's own rule is met),
            `detail` (text), `strength` (number); where they differ from `due`, `fresh_from` (from when on
            `fresh_days` count), and where the message has an end of its own, `ends` (timestamps).
        context: The plan.
        scenario: Its `wait_hours` and `fresh_days` count from `due` on.
        days: From the start of the plan, in which the first useful time must lie; the plan's `send_days` if omitted.
        wait_hours: In place of the scenario's.

    Returns:
        Columns of `TRIGGERED`: `customer_id`, `trigger_at`, `send_from` (not before the start), `send_by` (after
        `send_from`; no longer useful from there on), `detail` (text, NULL where there is nothing to say), `strength`
        (float64, higher first within the scenario; NULL where it ranks nobody). A customer may have several rows.
    """
    start = day_start(context.start)
    stop = day_start(context.start + timedelta(days=context.send_days if days is None else days))
    waited = rows["due"] + _hours(scenario.wait_hours if wait_hours is None else wait_hours)
    fresh_from = rows["fresh_from"] if "fresh_from" in rows.columns else rows["due"]
    fresh = fresh_from + ibis.interval(days=scenario.fresh_days)
    timed = rows.select(
        customer_id=rows["customer_id"],
        trigger_at=rows["trigger_at"].cast("timestamp(6)"),
        send_from=ibis.greatest(waited.cast("timestamp(6)"), start.cast("timestamp(6)")),
        send_by=(ibis.least(fresh, rows["ends"]) if "ends" in rows.columns else fresh).cast("timestamp(6)"),
        detail=rows["detail"].cast("string"),
        strength=rows["strength"].cast("float64"),
    )
    return timed.filter(timed.send_from < stop, timed.send_from < timed.send_by)


def one_a_customer(rows: ir.Table, order: Sequence[ir.Value] = ()) -> ir.Table:
    """The first row of each customer.

    Args:
        rows: Columns of `TRIGGERED`.
        order: What comes first; where it leaves rows equal, the latest trigger, then the higher strength, then the
            first detail by name.
    """
    last = [rows.trigger_at.desc(), rows.strength.desc(nulls_first=False), rows.detail.asc(nulls_first=False)]
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=[*order, *last]))
    return rows.mutate(place=place).filter(ibis._.place == 0).select(*TRIGGERED)


def still_fresh_since(context: TriggerContext, scenario: Scenario, *, after_days: int = 0) -> date:
    """The day from which on something must have happened for a message about it to make sense at the plan's start.

    Args:
        context: The plan.
        scenario: Its `fresh_days` count.
        after_days: Whole days after what happened from which on they count, rounded up.
    """
    return context.start - timedelta(days=scenario.fresh_days + after_days)


def day_start(day: date) -> ir.TimestampScalar:
    """The first moment of a day."""
    return ibis.timestamp(day.isoformat())


def seen(table: ir.Table, stamp: str, context: TriggerContext, *, since: date | None = None) -> ir.Table:
    """The rows of a table from before the end of the plan's data.

    Args:
        table: A table of the store.
        stamp: Its column that says when.
        context: Nothing from its `until` on is seen.
        since: The first day; None for all.
    """
    rows = table.filter(table[stamp] < day_start(context.until))
    return rows if since is None else rows.filter(rows[stamp] >= day_start(since))


def _hours(hours: float) -> ir.IntervalScalar:
    return ibis.interval(seconds=round(hours * 3600))
