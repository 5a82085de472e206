"""Every list of the playbook whose days are over, measured in one pass; and those still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.actions.list_entries import ListEntry, list_entries, unsent_lists
from retention_lib.measures.actions.list_facts import list_facts
from retention_lib.measures.experiment_checks import CheckFacts
from retention_lib.measures.experiment_sums import ArmSums
from retention_lib.measures.experiments import Reading
from retention_lib.measures.joined_outcomes import joined_outcomes, sums_by_test
from retention_lib.measures.joined_tests import JOINED, JoinedTests

if TYPE_CHECKING:
    from retention_lib.measures.actions.terms import JudgingTerms
    from retention_lib.stores.store import Store

MOST_LISTS, MOST_TESTS = 200, 20
"""Lists, and other tests, that are looked at: those that ended last."""

MOST_CUSTOMERS = 3_000_000
"""Customers of these, one by one; what ended before is left out where it would be more."""

_OPEN = ("scenario", "test", "month", "customers", "control", "start", "verdict_on")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadList:
    """A list, or another test of the store, that is over.

    Attributes:
        entry: What is known of it, and how it was read.
        sums: Sums over the units of each arm, as in `models.experiments.moments`.
        arms: One row an arm, the one left alone first: arm, units, members, unit.
        facts: What says whether it may be judged.
    """

    entry: ListEntry
    sums: pd.DataFrame
    arms: pd.DataFrame
    facts: CheckFacts


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedLists:
    """The lists of a store's playbook.

    Attributes:
        lists: Those that are over, the latest verdict first.
        tests: Other tests of the store that are over, read over 21 days after the assignment, likewise.
        open: One row a list that is not: scenario, test, month (YYYY-MM), customers, control (counts), start (date),
            verdict_on (date; the first day on which it can be judged), ordered by verdict and name.
        left_out: One row a list or test that cannot be read: test, scenario, reason (`one_arm`: all of it is in one
            arm; `not_sent`: the store's messages of those days, by their campaigns, have none of it; `control_named`:
            the data do not tell which arm was left alone; `older`: there are too many that ended later).
        until: First day that is not seen.
    """

    lists: tuple[ReadList, ...]
    tests: tuple[ReadList, ...]
    open: pd.DataFrame
    left_out: pd.DataFrame
    until: date

    def to_frame(self) -> pd.DataFrame:
        """One row an arm of a list: test, scenario, month, verdict_on, arm, units, members."""
        parts = [
            one.arms.assign(
                test=one.entry.name, scenario=one.entry.scenario, month=one.entry.month, verdict_on=one.entry.verdict_on
            )
            for one in self.lists
        ]
        columns = ["test", "scenario", "month", "verdict_on", "arm", "units", "members"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def judged_lists(store: Store, terms: JudgingTerms, *, until: date) -> JudgedLists | NotEnough:
    """The lists of a store's playbook, each read with its own window, control, shares and costs.

    Other tests of the store come along, for what they say of the same offers.

    Args:
        store: The store; its assignments show the ledger's lists of earlier months.
        terms: How lists are read that no ledger describes.
        until: First day that is no longer seen.

    Returns:
        The lists; NotAsked("lists") where the store has neither a list nor another test with dates.
    """
    entries = list_entries(store, terms, until=until)
    if not entries or not store.has("transactions"):
        return NotAsked("lists", 0, 1)
    over = [one for one in entries if one.verdict_on is not None and one.verdict_on <= until]
    unsent = unsent_lists(store, until=until) if any(one.in_ledger for one in over) else ()
    reasons = {one.name: _reason(one, unsent) for one in over}
    readable = sorted((one for one in over if not reasons[one.name]), key=_latest_first)
    chosen = _chosen(readable)
    reasons |= {one.name: "older" for one in readable if one not in chosen}
    found = _read(store, chosen, terms, until=until)
    return JudgedLists(
        lists=tuple(one for one in found if one.entry.scenario),
        tests=tuple(one for one in found if not one.entry.scenario),
        open=_open([one for one in entries if one.scenario and one not in over]),
        left_out=pd.DataFrame(
            [(one.name, one.scenario, reasons[one.name]) for one in over if reasons[one.name]],
            columns=["test", "scenario", "reason"],
        ),
        until=until,
    )


def _latest_first(one: ListEntry) -> tuple[int, str]:
    assert one.verdict_on is not None
    return -one.verdict_on.toordinal(), one.name


def _reason(one: ListEntry, unsent: Sequence[str]) -> str:
    """Why a list cannot be read; empty where it can."""
    if isinstance(one.control, NotEnough):
        return one.control.reason
    if one.in_ledger and one.held in (0, one.customers):
        return "one_arm"
    return "not_sent" if one.name in unsent else ""


def _chosen(readable: Sequence[ListEntry]) -> list[ListEntry]:
    """Those that are looked at: lists before other tests, the latest before the others."""
    lists = [one for one in readable if one.scenario][:MOST_LISTS]
    tests = [one for one in readable if not one.scenario][:MOST_TESTS]
    room, chosen = MOST_CUSTOMERS, []
    for one in (*lists, *tests):
        room -= one.customers
        if room < 0:
            break
        chosen.append(one)
    return chosen


def _read(store: Store, chosen: Sequence[ListEntry], terms: JudgingTerms, *, until: date) -> list[ReadList]:
    """What the units of the lists did, in one pass over all of them."""
    if not chosen:
        return []
    longest = max(one.days for one in chosen)
    reading = Reading(
        experiment=JOINED,
        window_days=longest,
        after_days=0,
        before_days=terms.before_days,
        outcomes_from="transactions",
    )
    joined = JoinedTests(store, _arms(chosen), reading, until=until)
    counted = joined_outcomes(joined, until=until, gross_margin=terms.gross_margin)
    sums = sums_by_test(joined, counted, {one.name: str(one.control) for one in chosen})
    facts = list_facts(store, joined, counted, chosen, sums, until=until)
    return [_read_list(one, sums[one.name], facts[one.name]) for one in chosen if one.name in facts]


def _read_list(entry: ListEntry, sums: ArmSums, facts: CheckFacts) -> ReadList:
    return ReadList(entry=entry, sums=sums.sums, arms=sums.arms, facts=facts)


def _arms(chosen: Sequence[ListEntry]) -> pd.DataFrame:
    """The arms of the lists as `JoinedTests` takes them."""
    rows = [(one.name, arm, one.first_day, one.days) for one in chosen for arm in one.arms]
    frame = pd.DataFrame(rows, columns=["experiment", "arm", "first", "days"])
    return frame.assign(first=pd.to_datetime(frame["first"]))


def _open(entries: Sequence[ListEntry]) -> pd.DataFrame:
    """The lists that are not over."""
    rows = [
        (one.scenario, one.name, one.month, one.customers, one.held, one.start or one.first_day, one.verdict_on)
        for one in entries
    ]
    frame = pd.DataFrame(rows, columns=list(_OPEN))
    return frame.sort_values(["verdict_on", "test"], kind="stable", ignore_index=True)
