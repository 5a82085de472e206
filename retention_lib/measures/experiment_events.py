"""What else the units of a test did, or had done to them: messages of the campaign, and visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.experiment_spans import Span, dated_rows, within
from retention_lib.measures.experiments import Experiment
from retention_lib.measures.packing import packed
from retention_lib.measures.sales import MONEY

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes


def messages(test: Experiment) -> ir.Table | None:
    """The campaign's messages to the units, to the end of the weeks after the window.

    Args:
        test: The test; it must have dates.

    Returns:
        Table kept in the engine, one row a message: `unit`, `age` (days since the assignment), `begun` (bool: sent at
        its time or later) and, where the store knows them, `cost` (money) and `opened` (bool); None where the store has
        no message of the campaign.
    """
    contacts = test.store.find("contacts")
    if contacts is None:
        return None
    rows = dated_rows(test, contacts.filter(contacts.campaign_id == test.name), "sent_at")
    told = {}
    if "cost" in rows.columns:
        told["cost"] = rows.cost.fill_null(0).cast(MONEY)
    if "opened_at" in rows.columns:
        told["opened"] = (rows.opened_at < ibis.timestamp(test.until.isoformat())).fill_null(False)
    sent = rows.select("unit", "age", "begun", **told)
    kept = packed(sent.filter(sent.age < test.reading.full_days))
    return kept if kept.count().to_pandas() else None


def sent_messages(outcomes: Outcomes) -> ir.Table | None:
    """The campaign's messages, of a test whose results are read from `outcomes` too.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.

    Returns:
        As `messages`; None where the test has no dates.
    """
    if outcomes.source == "transactions":
        return outcomes.messages
    return messages(outcomes.experiment) if outcomes.experiment.dated else None


def unsubscribed(test: Experiment) -> ir.Table | None:
    """Who unsubscribed in the window, from whatever message: those left alone get some too.

    Args:
        test: The test; it must have dates.

    Returns:
        Table kept in the engine, one row a unit that did: `unit`, `unsubscribed` (true); None where the store does not
        know who unsubscribed.
    """
    contacts = test.store.find("contacts")
    if contacts is None or "unsubscribed_at" not in contacts.columns:
        return None
    known = contacts.filter(
        contacts.unsubscribed_at.notnull(), contacts.unsubscribed_at < ibis.timestamp(test.until.isoformat())
    )
    rows = dated_rows(test, known.select("customer_id", "unsubscribed_at"), "unsubscribed_at")
    left = rows.filter(within(test.reading, rows)["window"]).select("unit").distinct()
    return packed(left.mutate(unsubscribed=ibis.literal(True)))


def visits(test: Experiment) -> ir.Table | None:
    """Who was seen on the site.

    Args:
        test: The test; it must have dates.

    Returns:
        Table kept in the engine, one row a unit with an event: `unit`, and `visit` with the ending of each span (bool:
        has one in its days); None where the store has no events of known customers.
    """
    events = test.store.find("web_events")
    if events is None or "customer_id" not in events.columns:
        return None
    rows = dated_rows(test, events.select("customer_id", "occurred_at"), "occurred_at")
    spans = within(test.reading, rows)
    near = rows.filter(spans["full"] | spans["before"])
    spans = within(test.reading, near)
    told: dict[str, Span] = {"visit": "window", "visit_after": "after", "visit_before": "before"}
    return packed(near.group_by("unit").aggregate(**{name: spans[span].any() for name, span in told.items()}))
