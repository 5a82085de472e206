"""The units of a test, numbered: who is in which arm since when, without a text for each of millions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from retention_lib.measures.packing import packed
from retention_lib.measures.units import CUSTOMERS, Units, judged_units

FEWEST_HOMES = 20
"""Homes of several assigned members that it takes to tell what chance decided for.

Where customers were drawn one by one between two equal arms, two homes of two are whole in one test of four, and with a
small arm left alone far more often. So few are better counted as customers: their members hardly make intervals too
narrow, while a unit that is guessed anew from a handful flips with the next customers.
"""

_WHOLE_SHARE = 0.95
_MOST_LABELS = 100


@ibis.udf.scalar.builtin(name="hash")
def text_number(text: str) -> dt.UInt64:
    """DuckDB's `hash(text)`: a number that says which texts are not the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberedUnits:
    """The units of a test, in the engine.

    Attributes:
        people: One row a unit in one arm: unit, arm, members, stratum, assigned_at, day.
        customers: Their customers: customer_id, unit.
        placed: Their customers with the time of the unit: customer_id, unit, assigned_at, day.
        strata: The strata, where they are few; else none.
        assigned: Units in any arm (count).
        mixed: Units in two arms, left out (count).
        first_day: Day of the first assignment; None without times.
        last_day: Day of the last one.
    """

    people: ir.Table
    customers: ir.Table
    placed: ir.Table
    strata: tuple[str, ...]
    assigned: int
    mixed: int
    first_day: date | None
    last_day: date | None


def coded(column: ir.Value, labels: Sequence[str]) -> ir.Value:
    """The place of a text among labels, from 0; NULL where it is none of them.

    Args:
        column: The text.
        labels: At most 32,767 of them.
    """
    return ibis.cases(*((column == label, at) for at, label in enumerate(labels))).cast("int16")


def labelled(code: ir.Value, labels: Sequence[str]) -> ir.Value:
    """The label of a place, as `coded` has it.

    Args:
        code: The place.
        labels: The labels.
    """
    return ibis.cases(*((code == at, label) for at, label in enumerate(labels)))


def placed_customers(rows: ir.Table, arms: Sequence[str]) -> ir.Table:
    """The assignments of a test, one row a customer.

    Args:
        rows: `customer_id`, `variant`, `assigned_at`, `stratum` of the test.
        arms: Its arms.

    Returns:
        `customer_id`, `code` (the arm's place among the arms), `mixed` (bool: in two arms), `assigned_at` (the first),
        `stratum` (the first by name).
    """
    told = rows.select("customer_id", "assigned_at", "stratum", code=coded(rows.variant, arms))
    numbers = rows.aggregate(rows=rows.count(), customers=text_number(rows.customer_id).nunique()).to_pandas()
    if numbers["rows"].iloc[0] == numbers["customers"].iloc[0]:
        # Nearly always so, and to put millions of rows together takes longer than all the rest.
        return told.select("customer_id", "code", "assigned_at", "stratum", mixed=ibis.literal(False))
    return told.group_by("customer_id").aggregate(
        code=told.code.min(),
        mixed=told.code.min() != told.code.max(),
        assigned_at=told.assigned_at.min(),
        stratum=told.stratum.min(),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomisedUnits:
    """What chance decided for.

    Attributes:
        units: Customers or households.
        mixed_households: Households whose members are in two arms (count; 0 where none are known).
    """

    units: Units
    mixed_households: int


def randomised_units(
    placed: ir.Table, customers: ir.Table | None, *, listed: ir.Table | None, name: str
) -> RandomisedUnits:
    """What a list was drawn by, as its rows say; of another test what its arms show.

    These show households where those of several assigned members are 20 or more and nearly all in one arm, else
    customers.

    Args:
        placed: From `placed_customers`.
        customers: The store's `customers`, as they live today; None where it has none.
        listed: The store's `listed`, with the households as they were drawn; None where it has none.
        name: The `experiment_id` of the test.
    """
    by_home = listed_by_home(listed)
    drawn = listed is not None and name in by_home
    units = judged_units(customers)
    if listed is not None and drawn:
        units = Units(name="household", members=listed_homes(listed, name)) if by_home[name] else CUSTOMERS
    if units.members is None:
        return RandomisedUnits(units=CUSTOMERS, mixed_households=0)
    told = household_counts(placed.inner_join(units.members, "customer_id")).iloc[0]
    together = drawn or told["together"]
    return RandomisedUnits(units=units if together else CUSTOMERS, mixed_households=int(told["mixed"]))


def listed_by_home(listed: ir.Table | None) -> Mapping[str, bool]:
    """The lists that are seen, by `experiment_id`, and whether each was drawn by households.

    Args:
        listed: The store's `listed`; None where it has none.
    """
    if listed is None:
        return {}
    told = listed.group_by("experiment_id").aggregate(homes=listed.household_id.count()).to_pandas()
    return {str(name): bool(homes) for name, homes in zip(told["experiment_id"], told["homes"], strict=True)}


def listed_homes(listed: ir.Table, *names: str) -> ir.Table:
    """The households by which lists were drawn: customer_id, experiment_id, household; those of none left out.

    Args:
        listed: The store's `listed`.
        names: The lists.
    """
    rows = listed.filter(listed.experiment_id.isin(names), listed.household_id.notnull())
    # A person of two ids may stand in both arms of a list.
    return rows.group_by("customer_id", "experiment_id").aggregate(household=rows.household_id.min())


def household_counts(known: ir.Table, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """What chance did to the households of a test, or of each of several.

    Args:
        known: The customers of known households: `household`, `code`, `mixed`, and the columns of `by`.
        by: What tells the tests apart.

    Returns:
        One row a test: the columns of `by`, several (households of several assigned members), whole (of them, those in
        one arm), mixed (households in two arms; counts), together (bool: it decided for households, as the several
        are 20 or more and 95 % of them are whole).
    """
    homes = known.group_by(*by, "household").aggregate(
        several=known.count() > 1, mixed=known.mixed.any() | (known.code.min() != known.code.max())
    )
    told = homes.aggregate(
        by=list(by),
        several=homes.several.sum().fill_null(0),
        whole=(homes.several & ~homes.mixed).sum().fill_null(0),
        mixed=homes.mixed.sum().fill_null(0),
    ).to_pandas()
    enough = told["several"] >= FEWEST_HOMES
    return told.assign(together=enough & (told["whole"] >= _WHOLE_SHARE * told["several"]))


def numbered_units(placed: ir.Table, units: Units, arms: Sequence[str]) -> NumberedUnits:
    """The units in one arm, kept in the engine under numbers.

    Args:
        placed: From `placed_customers`.
        units: Who counts as one.
        arms: The arms of the test, in the order of the codes.
    """
    strata = _strata(placed)
    if strata:
        placed = placed.mutate(stratum=coded(placed.stratum, strata))
    if units.members is None:
        numbered = placed.mutate(unit=_number(), members=ibis.literal(1, type="int32"))
        numbered = packed(numbered)
        customers = numbered
    else:
        named = units.of(placed)
        numbered = packed(_households(named))
        customers = named.select("customer_id", "unit").rename(label="unit").inner_join(numbered, "label")
        customers = packed(customers.select("customer_id", "unit", "mixed", "assigned_at"))
    told = numbered.aggregate(
        assigned=numbered.count(),
        mixed=numbered.mixed.sum().fill_null(0),
        first=numbered.assigned_at.min(where=~numbered.mixed),
        last=numbered.assigned_at.max(where=~numbered.mixed),
    ).to_pandas()
    one = told.iloc[0]
    kept = numbered.filter(~numbered.mixed)
    placed = customers.filter(~customers.mixed)
    placed = placed.select("customer_id", "unit", "assigned_at", day=placed.assigned_at.date())
    return NumberedUnits(
        people=kept.select(
            "unit",
            "members",
            "assigned_at",
            arm=labelled(kept.code, arms),
            stratum=labelled(kept.stratum, strata) if strata else kept.stratum,
            day=kept.assigned_at.date(),
        ),
        customers=placed.select("customer_id", "unit"),
        placed=placed,
        strata=strata,
        assigned=int(one["assigned"]),
        mixed=int(one["mixed"]),
        first_day=None if pd.isna(one["first"]) else one["first"].date(),
        last_day=None if pd.isna(one["last"]) else one["last"].date(),
    )


def _number() -> ir.Value:
    return ibis.row_number().cast("int32")


def _strata(placed: ir.Table) -> tuple[str, ...]:
    """The strata, where they are few."""
    found = placed.filter(placed.stratum.notnull()).select("stratum").distinct().limit(_MOST_LABELS + 1)
    names = sorted(str(name) for name in found.to_pandas()["stratum"])
    return tuple(names) if len(names) <= _MOST_LABELS else ()


def _households(named: ir.Table) -> ir.Table:
    each = named.group_by(label=named.unit).aggregate(
        code=named.code.min(),
        mixed=named.mixed.any() | (named.code.min() != named.code.max()),
        members=named.count().cast("int32"),
        stratum=named.stratum.min(),
        assigned_at=named.assigned_at.min(),
    )
    return each.mutate(unit=_number())
