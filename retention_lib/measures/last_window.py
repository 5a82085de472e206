"""What customers who could be in a test did by themselves over the last days that are as long as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_outcomes import experiment_outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.measures.experiments import Experiment, MixedUnits, Reading
from retention_lib.measures.planning import Audience, Eligible, eligible
from retention_lib.measures.splitting import unit_key

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

EVERYBODY = "everybody"
"""The one arm of customers who are in no test."""

MOST_UNITS = 500_000
"""Units that are looked at: of a larger store a random part, which tells mean and variance well enough."""

_PLANNED = ("conversion", "orders", "revenue", "gross_profit")
_KEYS = 2**64


def last_window(
    store: Store, audience: Audience, reading: Reading, *, until: date, gross_margin: float | None = None
) -> ArmSums | NotEnough:
    """What customers of an audience did by themselves over the last days that are as long as a test.

    They are read as a test of one arm that started so many days before `until`, so that the numbers are those that the
    test itself will give.

    Args:
        store: The store.
        audience: Whom the test may be about.
        reading: How the test will be read: its days before, in and after the window.
        until: First day that is no longer seen.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.

    Returns:
        Sums over units of one arm, `everybody`, at most half a million of them, drawn by chance;
        NotEnough("planning_history_days") where the sales begin too late, the refusal of `eligible`.
    """
    start = until - timedelta(days=reading.full_days)
    first = store.coverage.first_day if store.coverage else until
    if first >= start:
        return NotEnough("planning_history_days", (until - first).days, reading.full_days + 1)
    found = eligible(store, audience, on=start)
    if isinstance(found, NotEnough):
        return found
    outcomes = experiment_outcomes(_as_a_test(store, found, reading, until=until), gross_margin=gross_margin)
    if isinstance(outcomes, NotEnough):
        return outcomes
    spans = ("", "_before")
    wanted = [name + span for name in _PLANNED for span in spans if name + span in outcomes.columns]
    return arm_sums(outcomes, wanted)


def _as_a_test(store: Store, found: Eligible, reading: Reading, *, until: date) -> Experiment:
    """Everybody who could have been in a test, as one of a single arm."""
    chosen = _some(found)
    each = chosen.group_by("unit").aggregate(members=ibis._.count().cast("int32"), stratum=ibis._.stratum.min())
    numbered = each.mutate(label=each.unit, unit=ibis.row_number().cast("int64")).cache()
    at = ibis.timestamp(found.on.isoformat())
    people = numbered.select(
        "unit", "members", "stratum", arm=ibis.literal(EVERYBODY), assigned_at=at.cast("timestamp(6)"), day=at.date()
    )
    customers = chosen.select("customer_id", label=chosen.unit).inner_join(numbered.select("label", "unit"), "label")
    return Experiment(
        name="",
        control=EVERYBODY,
        arms=(EVERYBODY,),
        units=found.units,
        people=people.cache(),
        customers=customers.select("customer_id", "unit").cache(),
        mixed=MixedUnits(unit=found.units.name, assigned=found.count, mixed=0),
        mixed_households=0,
        first_day=found.on,
        last_day=found.on,
        until=until,
        others=(),
        reading=replace(reading, outcomes_from="transactions"),
        store=store,
    )


def _some(found: Eligible) -> ir.Table:
    """The people, or a random part of a larger store's: the same on every run."""
    if found.count <= MOST_UNITS:
        return found.people
    limit = ibis.literal(_KEYS * MOST_UNITS // found.count, type=dt.uint64)
    return found.people.filter(unit_key("", found.people.unit) < limit).cache()
