"""Who is in a global hold-out and whom campaigns may reach, as a test of two arms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.experiments import Experiment, MixedUnits, Reading
from retention_lib.measures.units import CUSTOMERS, Units, judged_units

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

OTHERS = "everybody else"
"""What those are called whom campaigns may reach."""

DRAWN_DAYS = 31
"""Customers count who were assigned within so many days of the first: later ones are not followed as long."""

_WHOLE_SHARE = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A hold-out as a test of two arms.

    Attributes:
        test: The test; its control is the hold-out.
        listed: Whether the others stand in the assignments; else they are all who had bought before the first day.
        later: Customers held out who were assigned too late to count (count).
    """

    test: Experiment
    listed: bool
    later: int


def drawn_holdout(store: Store, reading: Reading, *, until: date) -> Drawn | None:
    """Both groups of a hold-out, those in both left out.

    A unit is the household where those of whom anybody is held out are nearly all held out whole: then households were
    drawn; else it is the customer.

    Args:
        store: The store, with `assignments` and `transactions`.
        reading: Its `experiment` and `control` (the arm that gets no campaign), `window_days` and `before_days`.
        until: First day that is no longer seen.

    Returns:
        The groups; None where nobody of the hold-out has a day of assignment.
    """
    assignments = store.table("assignments")
    own = assignments.filter(assignments.experiment_id == reading.experiment)
    placed = _placed(own, reading.control, until).cache() if "assigned_at" in own.columns else None
    first = None if placed is None else placed.assigned_at.min().to_pandas()
    if placed is None or pd.isna(first):
        return None
    end = ibis.timestamp((first.date() + timedelta(days=DRAWN_DAYS)).isoformat())
    later = int((~placed.others & (placed.assigned_at >= end)).sum().fill_null(0).to_pandas())
    early = placed.filter(placed.assigned_at < end)
    days = first.date(), early.assigned_at.max().to_pandas().date()
    listed = bool(early.others.any().to_pandas())
    everybody = early if listed else _with_buyers(store, early, placed, first)
    units = _units(everybody, judged_units(store.find("customers")))
    people = _people(everybody, units).cache()
    test = Experiment(
        name=reading.experiment,
        control=reading.control,
        arms=(reading.control, OTHERS),
        units=units,
        mixed_households=0,
        first_day=days[0],
        last_day=days[1],
        until=until,
        others=(),
        reading=reading,
        store=store,
        **_parts(people, units.of(everybody), units, reading.control),
    )
    return Drawn(test=test, listed=listed, later=later)


def _placed(own: ir.Table, arm: str, until: date) -> ir.Table:
    """One row a customer: in either group, or in both."""
    rows = own.filter(own.assigned_at < ibis.timestamp(until.isoformat()), own.variant.notnull())
    other = rows.variant != arm
    return rows.group_by("customer_id").aggregate(
        others=other.all(), mixed=other.any() & ~other.all(), assigned_at=rows.assigned_at.min().cast("timestamp(6)")
    )


def _with_buyers(store: Store, held: ir.Table, placed: ir.Table, first: object) -> ir.Table:
    """The hold-out, and beside it all others who had bought before it began; who had not is left out of both."""
    begun = ibis.literal(first).cast("timestamp(6)")
    sales = store.table("transactions")
    buyers = sales.filter(sales.ordered_at < begun, sales.amount > 0).select("customer_id").distinct()
    free = buyers.anti_join(placed, "customer_id")
    rest = free.mutate(others=ibis.literal(True), mixed=ibis.literal(False), assigned_at=begun)
    return held.semi_join(buyers, "customer_id").union(rest)


def _units(everybody: ir.Table, units: Units) -> Units:
    """Households where they were drawn whole, else customers."""
    if units.members is None:
        return CUSTOMERS
    known = everybody.inner_join(units.members, "customer_id")
    homes = known.group_by("household").aggregate(members=known.count(), held=(~known.others).sum())
    several = homes.filter(homes.members > 1, homes.held > 0)
    told = several.aggregate(homes=several.count(), whole=(several.held == several.members).sum()).to_pandas()
    homes_held, whole = int(told["homes"].iloc[0]), told["whole"].iloc[0]
    return units if homes_held and int(whole) >= _WHOLE_SHARE * homes_held else CUSTOMERS


def _people(everybody: ir.Table, units: Units) -> ir.Table:
    """One row a unit: its name, number, group, whether in both, members, and when it was assigned."""
    named = units.of(everybody)
    each = named.group_by(label="unit").aggregate(
        others=named.others.all(),
        mixed=named.mixed.any() | (named.others.any() & ~named.others.all()),
        members=named.count().cast("int32"),
        assigned_at=named.assigned_at.min(),
    )
    # Numbered in the order of the names, so that the next run has the same numbers.
    return each.mutate(unit=ibis.row_number().over(ibis.window(order_by=each.label)).cast("int64"))


def _parts(people: ir.Table, named: ir.Table, units: Units, arm: str) -> dict[str, Any]:
    """The units of either group and their customers, and how many are in both."""
    kept = people.filter(~people.mixed)
    rows = kept.select(
        "unit",
        "members",
        "assigned_at",
        arm=kept.others.ifelse(OTHERS, arm),
        stratum=ibis.null("string"),
        day=kept.assigned_at.date(),
    )
    customers = named.select("customer_id", label=named.unit).inner_join(kept.select("label", "unit"), "label")
    told = people.aggregate(assigned=people.count(), mixed=people.mixed.sum().fill_null(0)).to_pandas()
    assigned, mixed = (int(told[count].iloc[0]) for count in ("assigned", "mixed"))
    return {
        "people": rows.cache(),
        "customers": customers.select("customer_id", "unit").cache(),
        "mixed": MixedUnits(unit=units.name, assigned=assigned, mixed=mixed),
    }
