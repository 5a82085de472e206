"""The earlier tests of a store: what each of their arms did, in sums over its units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.experiment_names import AUTO, assigned_arms, control_named, reached_arms
from retention_lib.measures.experiment_outcomes import experiment_outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.measures.experiments import Experiment, Source, experiment
from retention_lib.measures.holdout_arms import holdout_arms
from retention_lib.measures.joined_outcomes import joined_outcomes, sums_apart, sums_by_test
from retention_lib.measures.joined_tests import JOINED, JoinedTests, joined_arm
from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

MOST = 50
"""Tests that are looked at: those that ended last."""

MOST_CUSTOMERS = 2_000_000
"""Customers of these tests, one by one; what ended before is left out where it would be more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PastTest:
    """A test that is over.

    Attributes:
        name: Its `experiment_id`.
        control: The arm left alone.
        first_day: Day of the first assignment; None where it is not known.
        last_day: Day of the last one.
        sums: Sums over the units of each arm, as in `models.experiments.moments`.
        arms: One row an arm, the one left alone first: arm, units, members, unit.
    """

    name: str
    control: str
    first_day: date | None
    last_day: date | None
    sums: pd.DataFrame
    arms: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """The earlier tests of a store.

    Attributes:
        tests: Those that are over and can be read, the latest first.
        left_out: One row a test that is not: test, reason (`running`: its days are not over; `control_named`: the data
            do not tell which arm was left alone; `undated`: its sales cannot be counted; `older`: of those that
            ended later there are `MOST`, or `MOST_CUSTOMERS`).
        days: Days from the assignment over which all is counted; None where results came with the tests.
    """

    tests: tuple[PastTest, ...]
    left_out: pd.DataFrame
    days: int | None

    def to_frame(self) -> pd.DataFrame:
        """One row an arm of a test: test, control, first_day, arm, units, members."""
        parts = [one.arms.assign(test=one.name, control=one.control, first_day=one.first_day) for one in self.tests]
        columns = ["test", "control", "first_day", "arm", "units", "members"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def experiment_history(
    test: Experiment | NotEnough, *, gross_margin: float | None = None, without: Sequence[str] = ()
) -> History | NotEnough:
    """The earlier tests of a test's store, read as it is read.

    A test that began on the first day of this one or after it is none: what is believed before a test may not rest on
    later ones. Nor are global hold-outs; tests of fewer than five customers are not named.

    Args:
        test: The test that a report is about.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.
        without: Tests that are none of them: the lists of a playbook, which are read by windows of their own.

    Returns:
        The tests; NotAsked("past_tests") where the store has none; the test's refusal.
    """
    if isinstance(test, NotEnough):
        return test
    arms = _earlier(test, without)
    if arms.empty:
        return NotAsked("past_tests", 0, 1)
    counted = test.store.has("transactions") and test.reading.outcomes_from != "outcomes"
    told = _judged(test, arms, counted=counted)
    chosen = told[told["reason"] == ""].sort_values(["last", "test"], ascending=[False, True], kind="stable")
    within = (chosen["rows"].cumsum() <= MOST_CUSTOMERS).to_numpy() & (np.arange(len(chosen)) < MOST)
    kept = chosen[within]
    left_out = pd.concat([told[told["reason"] != ""], chosen[~within].assign(reason="older")])
    sums = _sums(test, kept, arms, counted=counted, gross_margin=gross_margin)
    return History(
        tests=tuple(_past(row, sums[row["test"]]) for _, row in kept.iterrows() if row["test"] in sums),
        left_out=left_out[["test", "reason"]].reset_index(drop=True),
        days=test.reading.full_days if counted else None,
    )


def _earlier(test: Experiment, without: Sequence[str]) -> pd.DataFrame:
    """The arms of the store's tests that began before this one, or on a day that is not known."""
    assignments = test.store.table("assignments")
    arms = assigned_arms(_stamped(assignments))
    holdouts = holdout_arms(assignments, test.store.find("contacts"), until=test.until)
    left_out = {test.name, *without, *holdouts["experiment"]}
    others = arms[~arms["experiment"].isin(left_out)]
    sizes = others.groupby("experiment")["rows"].transform("sum")
    begun = ~(others.groupby("experiment")["first"].transform("min") >= pd.Timestamp(test.first_day or test.until))
    several = others.groupby("experiment")["arm"].transform("size") > 1
    return others[(sizes >= FEWEST) & begun & several].reset_index(drop=True)


def _stamped(assignments: ir.Table) -> ir.Table:
    missing = {} if "assigned_at" in assignments.columns else {"assigned_at": ibis.null("timestamp(6)")}
    return assignments.mutate(**missing) if missing else assignments


def _judged(test: Experiment, arms: pd.DataFrame, *, counted: bool) -> pd.DataFrame:
    """One row a test: test, control, first, last (times), reason (empty where it can be read)."""
    rows = []
    for name, own in arms.groupby("experiment", sort=True):
        control = control_named(own, AUTO, partial(reached_arms, test.store, str(name)))
        last = own["last"].max()
        ends = last.normalize() + timedelta(days=test.reading.full_days) if pd.notna(last) else None
        reason = "control_named" if isinstance(control, NotEnough) else ""
        if counted and ends is None:
            reason = "undated"
        elif ends is not None and ends > pd.Timestamp(test.until):
            reason = "running"
        days = {"first": own["first"].min(), "last": last}
        rows.append({"test": name, "control": control, "rows": int(own["rows"].sum()), "reason": reason} | days)
    return pd.DataFrame(rows)


def _sums(
    test: Experiment, kept: pd.DataFrame, arms: pd.DataFrame, *, counted: bool, gross_margin: float | None
) -> dict[str, ArmSums]:
    """The sums of some tests, in one pass over all of them."""
    if kept.empty:
        return {}
    source: Source = "transactions" if counted else "outcomes"
    reading = replace(
        test.reading,
        experiment=JOINED,
        started=None,
        planned_end=None,
        outcomes_from=source,
        metrics=(),
        known_before=(),
    )
    controls = {str(name): str(control) for name, control in zip(kept["test"], kept["control"], strict=True)}
    own = arms[arms["experiment"].isin(controls)]
    joined = JoinedTests(test.store, own, reading, until=test.until)
    if counted:
        done = joined_outcomes(joined, until=test.until, gross_margin=gross_margin)
        return sums_by_test(joined, done, controls)
    return _brought(joined, controls, until=test.until)


def _brought(joined: JoinedTests, controls: dict[str, str], *, until: date) -> dict[str, ArmSums]:
    """The sums of results that came with the tests."""
    pairs = zip(joined.arms["experiment"], joined.arms["arm"], strict=True)
    arms = joined.arms.assign(label=[joined_arm(str(name), str(arm)) for name, arm in pairs])
    told = experiment(cast("Store", joined), replace(joined.reading, control=str(arms["label"].min())), until=until)
    sums = arm_sums(experiment_outcomes(told))
    return {} if isinstance(sums, NotEnough) else sums_apart(arms, sums, controls)


def _past(row: pd.Series, sums: ArmSums) -> PastTest:
    """A test with its sums."""
    first, last = (None if pd.isna(row[day]) else row[day].date() for day in ("first", "last"))
    name, control = str(row["test"]), str(row["control"])
    return PastTest(name=name, control=control, first_day=first, last_day=last, sums=sums.sums, arms=sums.arms)
