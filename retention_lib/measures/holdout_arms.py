"""Which arms of the store's tests are global hold-outs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

HOLDOUT_DAYS = 366
"""Days from their assignment on in which customers of a global hold-out are left alone."""

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
    called = assignments.filter(assignments.variant.isin([name for name in variants if called_holdout(name)]))
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


def current_holdouts(store: Store, *, on: date) -> pd.DataFrame:
    """The arms of global hold-outs that are under way on a day.

    Args:
        store: The store.
        on: The day; what is seen from it on does not count.

    Returns:
        Rows of `holdout_arms`; those without a known day are under way.
    """
    arms = holdout_arms(store.find("assignments"), store.find("contacts"), until=on)
    over = pd.to_datetime(arms["first_day"]) < pd.Timestamp(on - timedelta(days=HOLDOUT_DAYS))
    return arms[~over]


def held_out(assignments: ir.Table, holdouts: pd.DataFrame) -> ir.Table | None:
    """The customers of hold-outs; None where there are none.

    Args:
        assignments: The store's `assignments`.
        holdouts: Rows of `holdout_arms`.

    Returns:
        Table of `customer_id`, one row an assignment.
    """
    arms = zip(holdouts["experiment"], holdouts["arm"], strict=True)
    parts = [
        assignments.filter(assignments.experiment_id == name, assignments.variant == arm).select("customer_id")
        for name, arm in arms
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def called_holdout(arm: str) -> bool:
    """Whether an arm is called like a global hold-out.

    Args:
        arm: Its name.
    """
    return _NO_LETTER.sub("", arm.lower()) in _NAMES


def _first_day(assignments: ir.Table) -> ir.Value:
    known = "assigned_at" in assignments.columns
    return assignments.assigned_at.min().date() if known else ibis.null("date")
