"""What speaks against a message to a customer: a hold-out, an open complaint, an open test, messages of late.

All of it counts up to the start of the plan, where the data hold it, whatever the day on which they end for triggers.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.audiences import ADS
from retention_lib.measures.actions.due import day_start
from retention_lib.measures.holdout_arms import held_out
from retention_lib.measures.profile_columns import NEGATIVE
from retention_lib.stores.listed import scenario_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention_lib.measures.actions.context import TriggerContext

TEST_DAYS = 28
"""Days from their assignment on in which customers of a test that is no list are in no list."""

_LONGEST_WINDOW = 92


def held_out_customers(context: TriggerContext) -> ir.Table | None:
    """The customers of a global hold-out that is under way at the start.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, one row an assignment; None where there is none.
    """
    assignments = context.store.find("assignments")
    if assignments is None:
        return None
    return held_out(assignments, context.holdouts)


def complaints(context: TriggerContext) -> ir.Table | None:
    """The customers with an open complaint: a case with the service that is not closed, a bad review without an answer.

    Cases and reviews older than `suppress_days` do not count any more; where nothing says when they were closed or
    answered, all of those days are open.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, one row a complaint; None where the store knows of none.
    """
    days = context.playbook.suppress_days
    if days == 0:
        return None
    first, stop = day_start(context.start - timedelta(days=days)), day_start(context.start)
    parts = []
    service = context.store.find("service")
    if service is not None:
        rows = service.filter(service.opened_at >= first, service.opened_at < stop)
        parts.append(_unsettled(rows, "closed_at", stop))
    feedback = context.store.find("feedback")
    if feedback is not None:
        rows = feedback.filter(feedback.given_at >= first, feedback.given_at < stop)
        review = (rows.kind.fill_null("review") == "review") if "kind" in rows.columns else ibis.literal(True)
        bad = rows.filter(review, rows.score <= NEGATIVE * rows.scale)
        parts.append(_unsettled(bad, "answered_at", stop))
    return _union(parts)


def _unsettled(rows: ir.Table, stamp: str, stop: ir.Value) -> ir.Table:
    if stamp in rows.columns:
        rows = rows.filter(rows[stamp].isnull() | (rows[stamp] >= stop))
    return rows.filter(rows.customer_id.notnull()).select("customer_id")


def open_tests(context: TriggerContext) -> ir.Table | None:
    """The customers in a list or another test whose window is not closed at the start, with the day on which it is.

    A list of the ledger is open for all its customers until its verdict; one that is kept elsewhere for its scenario's
    window from the assignment on; any other test for `TEST_DAYS`. Hold-outs are none: who is in their other arm gets
    all campaigns.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, `open_until` (date), several rows a customer; None where there can be none.
    """
    parts = [part for part in (_open_lists(context), _open_others(context)) if part is not None]
    return _union(parts)


def _open_lists(context: TriggerContext) -> ir.Table | None:
    listed = context.store.listed
    if listed is None:
        return None
    running = listed.filter(listed.verdict_on > ibis.date(context.start.isoformat()))
    return running.select("customer_id", open_until=running.verdict_on)


def _open_others(context: TriggerContext) -> ir.Table | None:
    assignments = context.store.find("assignments")
    if assignments is None or "assigned_at" not in assignments.columns:
        return None
    first = day_start(context.start - timedelta(days=_LONGEST_WINDOW))
    recent = assignments.filter(assignments.assigned_at >= first, assignments.assigned_at < day_start(context.start))
    found = recent.select("experiment_id").distinct().to_pandas()["experiment_id"].dropna()
    days = _windows(context, sorted(map(str, found)))
    if not days:
        return None
    window = ibis.cases(*((recent.experiment_id == name, many) for name, many in days.items()))
    told = recent.select("customer_id", open_until=recent.assigned_at.date() + window.as_interval("D"))
    return told.filter(told.open_until > ibis.date(context.start.isoformat()))


def _windows(context: TriggerContext, names: Sequence[str]) -> dict[str, int]:
    """Days for which each test is open; those of the ledger and hold-outs are left out."""
    ledger = {listed.experiment_id for listed in context.store.seen_lists.experiments}
    holdouts = set(context.holdouts["experiment"])
    scenarios = context.playbook.scenarios
    days = {}
    for name in names:
        if name not in ledger and name not in holdouts:
            scenario = scenario_of(name, scenarios)
            days[name] = TEST_DAYS if scenario is None else scenarios[scenario].window
    return days


def messages_of_late(context: TriggerContext) -> ir.Table | None:
    """Messages sent to customers in the days of the frequency cap.

    Messages of lists whose sending no table tells count as planned.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, `sent` (count), several rows a customer; None where there is nothing to count.
    """
    since = context.start - timedelta(days=context.playbook.frequency_cap.days)
    first = day_start(since)
    contacts = context.store.find("contacts")
    parts = []
    if contacts is not None:
        lately = contacts.filter(contacts.sent_at >= first, contacts.sent_at < day_start(context.start))
        parts.append(lately.group_by("customer_id").aggregate(sent=lately.count()))
    planned = _planned(context, contacts, since=since)
    if planned is not None:
        lately = planned.filter(planned.send_at >= first, planned.send_at < day_start(context.start))
        parts.append(lately.group_by("customer_id").aggregate(sent=lately.count()))
    return _union(parts)


def _planned(context: TriggerContext, contacts: ir.Table | None, *, since: date) -> ir.Table | None:
    """The messages of lists that `contacts` does not tell; an audience for advertising gets none."""
    listed = context.store.listed
    lists = {one.experiment_id: one for one in context.store.seen_lists.experiments if one.last_send >= since}
    if contacts is not None and lists:
        told = contacts.filter(contacts.campaign_id.isin(list(lists))).select("campaign_id").distinct()
        for name in told.to_pandas()["campaign_id"]:
            del lists[name]
    if listed is None or not lists:
        return None
    control = ibis.cases(*((listed.experiment_id == name, one.control) for name, one in lists.items()))
    return listed.filter(
        listed.experiment_id.isin(list(lists)), listed.variant != control, listed.channel.fill_null("") != ADS
    )


def _union(parts: Sequence[ir.Table]) -> ir.Table | None:
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None
