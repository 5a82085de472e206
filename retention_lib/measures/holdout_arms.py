"""Which arms of the store's tests are global hold-outs."""

from __future__ import annotations

import re
from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

_NAMES = frozenset({"holdout", "globalholdout", "universalholdout"})
_NO_LETTER = re.compile(r"[^a-z]")
_ARM_COLUMNS = ("experiment", "arm", "first_day", "customers")


def holdout_arms(assignments: ir.Table | None, contacts: ir.Table | None, *, until: date) -> pd.DataFrame:
    """Every arm that is a global hold-out: by its name, and as no message belongs to its test.

    An arm of that name in a test whose campaign was sent is the control of that campaign.

    Args:
        assignments: The store's `assignments`; None where it has none.
        contacts: Its `contacts`; None where it has none.
        until: First day that is no longer seen.

    Returns:
        Columns `experiment`, `arm`, `first_day` (of assignment; NaT where not known), `customers` (count), ordered by
        first day, experiment and arm.
    """
    if assignments is None:
        return pd.DataFrame(columns=list(_ARM_COLUMNS))
    variants = [str(name) for name in assignments.select("variant").distinct().to_pandas()["variant"].dropna()]
    called = assignments.filter(
        assignments.variant.isin([name for name in variants if _NO_LETTER.sub("", name.lower()) in _NAMES])
    )
    named = called.group_by(experiment="experiment_id", arm="variant").aggregate(
        first_day=_first_day(called), customers=called.customer_id.nunique()
    )
    found = named.order_by("experiment", "arm").to_pandas()
    found = found.assign(first_day=pd.to_datetime(found["first_day"]))
    found = found[~(found["first_day"] >= pd.Timestamp(until))]
    if contacts is not None and len(found):
        names = [str(name) for name in found["experiment"]]
        sent = contacts.filter(contacts.campaign_id.isin(names)).select("campaign_id").distinct().to_pandas()
        found = found[~found["experiment"].isin(sent["campaign_id"])]
    ordered = found.sort_values(["first_day", "experiment", "arm"], kind="stable", ignore_index=True)
    return ordered[list(_ARM_COLUMNS)]


def _first_day(assignments: ir.Table) -> ir.Value:
    known = "assigned_at" in assignments.columns
    return assignments.assigned_at.min().date() if known else ibis.null("date")
