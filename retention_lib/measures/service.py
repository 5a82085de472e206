"""What customers told the shop before a past day: bad reviews and contacts with service."""

from __future__ import annotations

import ibis
import pandas as pd

from retention_lib.measures.leaving import ActiveBase, before, counted_reasons, reasons_frame
from retention_lib.measures.sharing import FEWEST, named_if_shared

BAD_SHARE_OF_SCALE = 0.4
"""A review with at most this share of its scale is a bad one: 1 and 2 of 5."""
QUICK_DAYS = 2
"""A review answered within so many days was answered quickly."""
OPEN_DAYS = 7
"""A contact that is not settled after so many days stood open."""
LOOKBACK_DAYS = 90
"""Days before the past day that count."""
MOST_KINDS = 4

_THERE = ibis._.there.fill_null(False)


def review_reasons(base: ActiveBase, feedback: ibis.Table | None) -> pd.DataFrame:
    """Active customers with a bad review, answered quickly or not, against those with none.

    Args:
        base: From `leaving.active_base`.
        feedback: The store's `feedback`; answers to surveys are not reviews. None where the store has none.

    Returns:
        Counted reasons `bad_review_answered` and `bad_review_unanswered`, or `bad_review` where the store does not
        know of answers (columns as in `leaving.counted_reasons`); no rows without the table. Whether a review was
        answered quickly is known only where its two days end before the cut-off; a customer with a later one alone has
        neither reason and is not compared with.
    """
    if feedback is None:
        return reasons_frame([])
    bad = _seen(base, feedback, "given_at")
    bad = bad.filter(bad.score <= BAD_SHARE_OF_SCALE * bad.scale)
    if "kind" in bad.columns:
        bad = bad.filter(bad.kind.fill_null("review") == "review")
    if "answered_at" not in bad.columns:
        marks = bad.group_by("customer_id").aggregate(there=ibis._.count() > 0)
        return counted_reasons(base, marks, {"bad_review": (_THERE, ~_THERE)})
    decided = bad.given_at < before(base, QUICK_DAYS)
    quick = (bad.answered_at <= bad.given_at + ibis.interval(days=QUICK_DAYS)).fill_null(False)
    marks = bad.group_by("customer_id").aggregate(
        there=ibis._.count() > 0, late=(decided & ~quick).any(), quick=(decided & quick).any()
    )
    return counted_reasons(
        base,
        marks,
        {
            "bad_review_answered": (ibis._.quick & ~ibis._.late, ~_THERE),
            "bad_review_unanswered": (ibis._.late, ~_THERE),
        },
    )


def contact_reasons(base: ActiveBase, service: ibis.Table | None) -> pd.DataFrame:
    """Active customers who contacted service, by kind, and whose contact stood open; against those who did not.

    Args:
        base: From `leaving.active_base`.
        service: The store's `service`; None where it has none.

    Returns:
        Counted reasons `contact` (where the store knows no kinds), `contact: <kind>` for the most frequent kinds and
        `contact_open` (columns as in `leaving.counted_reasons`); no rows without the table. Only contacts whose seven
        days end before the cut-off can have stood open; the others are not compared with.
    """
    if service is None:
        return reasons_frame([])
    seen = _seen(base, service, "opened_at")
    flags = {}
    if "kind" in seen.columns:
        seen = named_if_shared(seen, "kind", fewest=FEWEST)
        flags = {f"contact: {kind}": seen.kind == kind for kind in _kinds(seen)}
    flags = flags or {"contact": seen.customer_id.notnull()}
    if "closed_at" in seen.columns:
        closed = seen.closed_at <= seen.opened_at + ibis.interval(days=OPEN_DAYS)
        flags["contact_open"] = (seen.opened_at < before(base, OPEN_DAYS)) & ~closed.fill_null(False)
    marks = seen.group_by("customer_id").aggregate(
        there=ibis._.count() > 0, **{name: flag.any() for name, flag in flags.items()}
    )
    return counted_reasons(base, marks, {name: (ibis._[name], ~_THERE) for name in flags})


def _seen(base: ActiveBase, table: ibis.Table, stamp: str) -> ibis.Table:
    """The rows of the last days before the cut-off."""
    return table.filter(table[stamp] >= before(base, LOOKBACK_DAYS), table[stamp] < before(base, 0))


def _kinds(seen: ibis.Table) -> list[str]:
    """The most frequent kinds of contact, by customers."""
    known = seen.filter(seen.kind.notnull() & (seen.kind != ""))
    sizes = known.group_by("kind").aggregate(customers=known.customer_id.nunique())
    frame = sizes.order_by(ibis.desc("customers"), "kind").limit(MOST_KINDS).to_pandas()
    return sorted(frame["kind"])
