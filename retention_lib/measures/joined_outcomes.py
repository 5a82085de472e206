"""What many tests brought, counted in one pass: sums by arm, and the units they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_outcomes import Outcomes, money_outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.measures.experiments import Experiment, MixedUnits
from retention_lib.measures.joined_tests import JOINED, JoinedTests
from retention_lib.measures.packing import packed
from retention_lib.measures.units import CUSTOMERS, Units

if TYPE_CHECKING:
    from retention_lib.stores.store import Store


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinedOutcomes:
    """What the units of many tests did.

    Attributes:
        outcomes: Of all tests as one; its arms are the codes of `JoinedTests.arms`, as text.
        people: One row a unit, those in two arms of a test among them, kept in the engine: `unit`, `code`, `number` (of
            the test), `mixed` (bool), `members` (customers assigned; count), `stratum` (text or NULL), `assigned_at`
            (time), `day` (its date).
    """

    outcomes: Outcomes
    people: ir.Table


def joined_outcomes(joined: JoinedTests, *, until: date, gross_margin: float | None) -> JoinedOutcomes:
    """What the units of the tests did, counted in the sales.

    What a unit is, `JoinedTests` has decided for each test by itself.

    Args:
        joined: The tests; they have dates, and the store `transactions`.
        until: First day that is no longer seen.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.
    """
    found = _units(joined)
    units, people = found.units, found.people
    kept = people.filter(~people.mixed)
    told = people.aggregate(
        units=people.count(),
        mixed=people.mixed.sum().fill_null(0),
        first=people.day.min(where=~people.mixed),
        last=people.day.max(where=~people.mixed),
    ).to_pandas()
    one = told.iloc[0]
    test = Experiment(
        name=JOINED,
        control="0",
        arms=tuple(str(code) for code in joined.arms["code"]),
        units=units,
        people=kept.mutate(arm=kept.code.cast("string")),
        customers=found.placed.select("customer_id", "unit"),
        mixed=MixedUnits(unit=units.name, assigned=int(one["units"]), mixed=int(one["mixed"])),
        mixed_households=0,
        first_day=None if pd.isna(one["first"]) else pd.Timestamp(one["first"]).date(),
        last_day=None if pd.isna(one["last"]) else pd.Timestamp(one["last"]).date(),
        until=until,
        others=(),
        reading=joined.reading,
        store=cast("Store", joined),
        placed=found.placed,
    )
    outcomes = money_outcomes(test, gross_margin=gross_margin)
    return JoinedOutcomes(outcomes=outcomes, people=people)


def sums_by_test(joined: JoinedTests, counted: JoinedOutcomes, controls: Mapping[str, str]) -> dict[str, ArmSums]:
    """The sums of each test.

    Args:
        joined: The tests.
        counted: What their units did.
        controls: The arm left alone, by test.
    """
    found = arm_sums(counted.outcomes, counted.outcomes.columns)
    if isinstance(found, NotEnough):
        return {}
    return sums_apart(joined.arms.assign(label=joined.arms["code"].astype(str)), found, controls)


def sums_apart(arms: pd.DataFrame, sums: ArmSums, controls: Mapping[str, str]) -> dict[str, ArmSums]:
    """The sums over the arms of all tests, test by test.

    Args:
        arms: One row an arm: experiment, arm, unit (what a unit of its test is), label (what the sums call it).
        sums: The sums.
        controls: The arm left alone, by test; it comes first.
    """
    ordered = arms.assign(last=arms["arm"] != arms["experiment"].map(dict(controls)))
    ordered = ordered.sort_values(["last", "arm"], kind="stable")
    by_arm = [dict(list(frame.groupby("arm", sort=False))) for frame in (sums.sums, sums.arms)]

    def of_test(own: pd.DataFrame, frames: dict[Any, pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
        known = own[own["label"].isin(frames)]
        parts = [frames[label].assign(arm=arm) for label, arm in zip(known["label"], known["arm"], strict=True)]
        return pd.concat(parts, ignore_index=True) if parts else empty.iloc[:0]

    return {
        str(test): ArmSums(
            sums=of_test(own, by_arm[0], sums.sums),
            arms=of_test(own, by_arm[1], sums.arms).assign(unit=str(own["unit"].iloc[0])),
        )
        for test, own in ordered.groupby("experiment", sort=False)
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """What a unit is, the units, and the customers of those in one arm with the time of their unit."""

    units: Units
    people: ir.Table
    placed: ir.Table


def _units(joined: JoinedTests) -> _Found:
    """The units of the tests."""
    keys, homes = joined.keys, joined.find("customers")
    if homes is None:
        told = keys.mutate(
            members=ibis.literal(1, type="int32"), assigned_at=keys.since, day=keys.since.date(), customer_id=keys.key
        )
        return _Found(units=CUSTOMERS, people=told, placed=_in_one_arm(told))
    members = homes.select("customer_id", household="household_id")
    units = Units(name="household", members=members)
    named = units.of(keys.drop("unit", "customer_id").rename(customer_id="key")).rename(label="unit")
    each = named.group_by("label").aggregate(
        number=named.number.min(),
        code=named.code.min(),
        mixed=named.mixed.any() | (named.code.min() != named.code.max()),
        members=named.count().cast("int32"),
        stratum=named.stratum.min(),
        assigned_at=named.since.min(),
    )
    people = packed(each.mutate(unit=ibis.row_number().cast("int32"), day=each.assigned_at.date()))
    own = named.select("customer_id", "label").inner_join(people, "label")
    return _Found(units=units, people=people.drop("label"), placed=packed(_in_one_arm(own)))


def _in_one_arm(rows: ir.Table) -> ir.Table:
    return rows.filter(~rows.mixed).select("customer_id", "unit", "assigned_at", "day")
