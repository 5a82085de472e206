"""The loyalty programme as its events tell it: who is a member from when to when, and every entry in one form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr import types as ir

from retention_lib.estimates import NotAsked
from retention_lib.measures.sharing import FEWEST, named_if_shared

PERIOD_DAYS = 28
"""Length of the periods in which what members do is counted."""

_TEXTS = ("reason", "tier")
_STAMPS = ("earned_at", "expires_at")


@dataclass(frozen=True, kw_only=True, eq=False)
class Programme:
    """The members and the entries of a programme, in the engine.

    Attributes:
        members: One row a member: `customer_id`, `joined_at` (timestamp: the first `join`, or the first event of
            whoever has none, as an export may begin later than the programme), `joined` (date), `left` (date of the
            last `leave` with no later `join`; NULL for who stayed).
        events: One row an entry: `customer_id`, `occurred_at`, `day` (date), `event`, `points` (float; 0 where none),
            `reason`, `tier` (text; empty where unknown, `sharing.RARE` where too few share it), `earned_at` (the lot;
            NULL where unknown), `expires_at` (NULL where unknown), `value` (money as float; NULL where none).
        known: Optional columns that the store has, such as `points`.
        until: First day that is no longer seen.
    """

    members: ir.Table
    events: ir.Table
    known: frozenset[str]
    until: date


def programme(loyalty_events: ir.Table | None, *, until: date, fewest: int = FEWEST) -> Programme | NotAsked:
    """Members and entries up to a day, materialised in the engine.

    Args:
        loyalty_events: The store's `loyalty_events`; None where it has none, and then nothing is asked of a programme.
        until: First day that is no longer seen (half-open).
        fewest: Tiers and reasons of fewer members are put together under `sharing.RARE`, for they may name somebody.
    """
    if loyalty_events is None:
        return NotAsked("loyalty_events", 0, 1)
    seen = loyalty_events.filter(loyalty_events.occurred_at < ibis.timestamp(until.isoformat()))
    known = frozenset(seen.columns) - {"customer_id", "occurred_at", "event"}
    missing: dict[str, ir.Value] = {name: ibis.literal("") for name in _TEXTS}
    missing |= {name: ibis.null("timestamp(6)") for name in _STAMPS}
    missing |= {"points": ibis.literal(0.0), "value": ibis.null("float64")}
    columns = {name: seen[name] if name in known else nothing for name, nothing in missing.items()}
    events = seen.select(
        "customer_id",
        "occurred_at",
        "event",
        day=seen.occurred_at.date(),
        points=columns["points"].cast("float64").fill_null(0.0),
        value=columns["value"].cast("float64"),
        **{name: columns[name].cast("string").fill_null("") for name in _TEXTS},
        **{name: columns[name] for name in _STAMPS},
    )
    # A tier or a reason of a few members may be a name or an address in the wrong column.
    named = events
    for name in known.intersection(_TEXTS):
        named = named_if_shared(named, name, fewest=fewest)
    events = named.select(*events.columns).cache()
    return Programme(members=_members(events), events=events, known=known, until=until)


def _members(events: ir.Table) -> ir.Table:
    """Everybody with an entry, from joining to leaving."""
    moments = events.group_by("customer_id").aggregate(
        first=events.occurred_at.min(),
        joined_at=events.occurred_at.min(where=events.event == "join"),
        last_join=events.occurred_at.max(where=events.event == "join"),
        last_leave=events.occurred_at.max(where=events.event == "leave"),
    )
    gone = moments.last_join.isnull() | (moments.last_leave > moments.last_join)
    joined_at = ibis.coalesce(moments.joined_at, moments["first"])
    return moments.select(
        "customer_id",
        joined_at=joined_at,
        joined=joined_at.date(),
        left=ibis.ifelse(gone, moments.last_leave, ibis.null("timestamp(6)")).date(),
    ).cache()
