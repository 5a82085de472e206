"""How the test of a report is read where it is a list of the playbook: by the terms on which it was issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from retention_lib.estimates import NotAsked
from retention_lib.measures.experiment_names import AUTO, assigned_arms
from retention_lib.measures.experiments import Reading
from retention_lib.measures.holdout_arms import holdout_arms
from retention_lib.stores.listed import ListedExperiment, scenario_of

if TYPE_CHECKING:
    from retention_lib.measures.actions.terms import JudgingTerms
    from retention_lib.stores.store import Store

LATELY_DAYS = 31
"""Days before the last test closed in which others count as closed with it."""


@dataclass(frozen=True, kw_only=True)
class ListedTerms:
    """What a report reads a list by.

    Attributes:
        scenario: The scenario whose list it is.
        month: Month of its start, as YYYY-MM.
        start: First day on which a message was to be sent.
        taken: What was taken from the ledger, as the report's parameters left it open: of `window_days`, `after_days`,
            `control`, `planned_split`, `campaign_cost`, `contact_cost`.
        window_days: Days from the message on in which it is meant to work.
        after_days: Days after these.
        shares: Planned share of the arm left alone, in (0, 1).
    """

    scenario: str
    month: str
    start: date
    taken: tuple[str, ...]
    window_days: int
    after_days: int
    shares: float

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([vars(self) | {"taken": ", ".join(self.taken)}])


@dataclass(frozen=True, kw_only=True, eq=False)
class ListReading:
    """How the test of a report is read.

    Attributes:
        reading: Which test, and how.
        planned: Planned sizes of its arms, the one left alone first, the others by name; empty for equal ones.
        campaign_cost: Money it cost beside messages and coupons.
        contact_cost: Money of one message; None where it is not known.
        terms: What of this is the ledger's; NotAsked("lists") where it is no list of the ledger.
        lists: Names of the store's lists, which are no campaigns of their own.
    """

    reading: Reading
    planned: tuple[float, ...]
    campaign_cost: float
    contact_cost: float | None
    terms: ListedTerms | NotAsked
    lists: tuple[str, ...]


def list_reading(
    store: Store,
    reading: Reading,
    judging: JudgingTerms,
    *,
    until: date,
    planned: Sequence[float] = (),
    campaign_cost: float = 0.0,
) -> ListReading:
    """How the test of a report is read: a list of the ledger on its own terms, where the report's are the usual ones.

    A list that was drawn elsewhere is read by the window of its scenario, as where all lists are judged together.

    Args:
        store: The store.
        reading: Which test the report is about, and how it would be read. `auto` takes the largest of those whose days
            closed last, within a month, a list's by its own window.
        judging: The playbook's scenarios, their windows, and the cost of a message.
        until: First day that is no longer seen.
        planned: Planned sizes of the arms that the report states.
        campaign_cost: Money beside messages and coupons that it states.
    """
    listed = {one.experiment_id: one for one in store.lists.experiments}
    assignments = store.find("assignments")
    names = [] if assignments is None else _names(assignments)
    lists = tuple(name for name in names if name in listed or scenario_of(name, judging.scenarios))
    chosen = reading
    if reading.experiment == AUTO and lists and assignments is not None and "assigned_at" in assignments.columns:
        chosen = replace(reading, experiment=_closed_last(store, listed, reading, judging, until))
    about = listed.get(chosen.experiment)
    if about is None:
        return ListReading(
            reading=_of_scenario(chosen, judging),
            planned=tuple(planned),
            campaign_cost=campaign_cost,
            contact_cost=judging.contact_cost,
            terms=NotAsked("lists", 0, 1),
            lists=lists,
        )
    return _of_ledger(chosen, about, lists, planned=tuple(planned), stated=campaign_cost, usual=judging.contact_cost)


def _names(assignments: Any) -> list[str]:
    found = assignments.select("experiment_id").distinct().order_by("experiment_id").to_pandas()
    return [str(name) for name in found["experiment_id"]]


def _of_scenario(reading: Reading, judging: JudgingTerms) -> Reading:
    """A list that no ledger has with the days in which its scenario's are judged, but for what the report states."""
    scenario = scenario_of(reading.experiment, judging.scenarios)
    if scenario is None:
        return reading
    own = {"window_days": judging.window_of(scenario), "after_days": 0}
    return replace(reading, **_left_open(reading, own))


def _left_open(reading: Reading, own: Mapping[str, Any]) -> dict[str, Any]:
    """Of a list's own terms those that the report left as they usually are."""
    default = Reading()
    return {name: value for name, value in own.items() if getattr(reading, name) == getattr(default, name)}


def _of_ledger(
    reading: Reading,
    about: ListedExperiment,
    lists: tuple[str, ...],
    *,
    planned: tuple[float, ...],
    stated: float,
    usual: float | None,
) -> ListReading:
    """A list on its own terms, but for what the report states itself."""
    own = {"window_days": about.window_days, "after_days": about.after_days, "control": about.control}
    left = _left_open(reading, own)
    sizes = (about.shares[about.control], *(about.shares[arm] for arm in sorted(about.treatments)))
    taken = [*left]
    taken += ["planned_split"] * (not planned) + ["campaign_cost"] * (stated == 0.0)
    taken += ["contact_cost"] * (about.contact_cost is not None)
    told = replace(reading, **left, drawn_on=about.start)
    return ListReading(
        reading=told,
        planned=planned or sizes,
        campaign_cost=stated or about.campaign_cost,
        contact_cost=usual if about.contact_cost is None else about.contact_cost,
        terms=ListedTerms(
            scenario=about.scenario,
            month=about.start.strftime("%Y-%m"),
            start=about.start,
            taken=tuple(taken),
            window_days=told.window_days,
            after_days=told.after_days,
            shares=sizes[0] / sum(sizes),
        ),
        lists=lists,
    )


def _closed_last(
    store: Store, listed: Mapping[str, ListedExperiment], reading: Reading, judging: JudgingTerms, until: date
) -> str:
    """The largest test of those whose days closed last; `auto` where none of several arms has closed.

    The lists of a month close within days of one another, and the smallest of them say nothing alone.
    """
    assignments = store.table("assignments")
    arms = assigned_arms(assignments)
    held = holdout_arms(assignments, store.find("contacts"), until=until)
    tests = arms[~arms["experiment"].isin(held["experiment"])].groupby("experiment")
    ends = tests.agg(
        arms=("arm", "size"), first=("first", "min"), last=("last", "max"), rows=("rows", "sum")
    ).reset_index()
    days = [_days(str(name), listed, reading, judging) for name in ends["experiment"]]
    closed = ends.assign(ends=ends["last"].dt.normalize() + pd.to_timedelta(days, unit="D"))
    closed = closed[(closed["arms"] > 1) & (closed["ends"] <= pd.Timestamp(until))]
    lately = closed[closed["ends"] > closed["ends"].max() - pd.Timedelta(days=LATELY_DAYS)]
    ordered = lately.sort_values(["rows", "ends", "first", "experiment"], kind="stable")
    return str(ordered["experiment"].iloc[-1]) if len(ordered) else AUTO


def _days(name: str, listed: Mapping[str, ListedExperiment], reading: Reading, judging: JudgingTerms) -> int:
    """Days over which a test is counted."""
    about = listed.get(name)
    if about is not None:
        return about.window_days + about.after_days
    return _of_scenario(replace(reading, experiment=name), judging).full_days
