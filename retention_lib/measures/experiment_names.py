"""Which test a report is about and which of its arms was left alone, where the parameters leave it open."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

AUTO = "auto"
"""The parameter's word for: find it."""

_LEFT_ALONE = re.compile(r"none|control|control[_ -]group|hold[_ -]?out|ctrl|left[_ -]alone|no[_ -].+", re.IGNORECASE)


def assigned_arms(assignments: ir.Table) -> pd.DataFrame:
    """Every arm of every test.

    Args:
        assignments: The store's `assignments`, with their `assigned_at`.

    Returns:
        Columns `experiment`, `arm` (text), `rows` (count), `first`, `last` (times of assignment; NaT where the store
        holds none), ordered by experiment and arm.
    """
    at = assignments.assigned_at
    told = assignments.group_by(experiment="experiment_id", arm="variant").aggregate(
        rows=assignments.count(), first=at.min(), last=at.max()
    )
    frame = told.order_by("experiment", "arm").to_pandas()
    return frame.astype({"first": "datetime64[ns]", "last": "datetime64[ns]"})


def experiment_named(arms: pd.DataFrame, wanted: str, *, window_days: int, after_days: int, until: date) -> str:
    """The test that a report is about.

    `auto` is the one whose days have closed last, the weeks after among them; else the one whose window closed last;
    else the one that started last. A test of one arm is taken only where there is no other.

    Args:
        arms: From `assigned_arms`.
        wanted: The `experiment_id`, or `auto`.
        window_days: Days of the window.
        after_days: Days of the weeks after it.
        until: First day that is no longer seen.

    Raises:
        ValueError: There is no such test; names those that there are.
    """
    names = list(dict.fromkeys(arms["experiment"]))
    if wanted != AUTO:
        if wanted not in names:
            raise ValueError(_unknown("experiment", wanted, _shared(arms, "experiment"), "assignments"))
        return wanted
    tests = arms.groupby("experiment").agg(arms=("arm", "size"), first=("first", "min"), last=("last", "max"))
    several = tests[tests["arms"] > 1]
    tests = several if len(several) else tests
    if tests["last"].isna().all():
        return str(tests.index[0])
    dated = tests[tests["last"].notna()].sort_values(["last", "first"], kind="stable")
    for days in (window_days + after_days, window_days):
        closed = dated[dated["last"].dt.normalize() + timedelta(days=days) <= pd.Timestamp(until)]
        if len(closed):
            return str(closed.index[-1])
    return str(dated.sort_values("first", kind="stable").index[-1])


def control_named(arms: pd.DataFrame, wanted: str, reached: Callable[[], Iterable[str]]) -> str | NotEnough:
    """The arm of a test that was left alone.

    Args:
        arms: Of `assigned_arms`, the rows of the test.
        wanted: The arm's name, or `auto`: the one called like an arm that is left alone, else the only one of whom
            nobody got a message of the campaign.
        reached: Tells the arms of whom somebody got one; asked only where the names do not tell.

    Returns:
        The arm; NotEnough("control_named") where the data do not tell it.

    Raises:
        ValueError: The test has no such arm; names those that it has.
    """
    names = [str(name) for name in arms["arm"]]
    if wanted != AUTO:
        if wanted not in names:
            raise ValueError(_unknown("arm", wanted, _shared(arms, "arm"), str(arms["experiment"].iloc[0])))
        return wanted
    called = [name for name in names if _LEFT_ALONE.fullmatch(name)]
    if len(called) == 1:
        return called[0]
    got = set(reached())
    alone = [name for name in names if name not in got]
    if got and len(alone) == 1:
        return alone[0]
    return NotEnough("control_named", len(called), 1)


def reached_arms(store: Store, name: str) -> list[str]:
    """The arms of a test of whom somebody got a message of its campaign, by name.

    Args:
        store: The store; it has `assignments`.
        name: The test.
    """
    contacts = store.find("contacts")
    if contacts is None:
        return []
    assignments = store.table("assignments")
    placed = assignments.filter(assignments.experiment_id == name)
    told = placed.semi_join(contacts.filter(contacts.campaign_id == name), "customer_id").select("variant").distinct()
    return [str(arm) for arm in told.order_by("variant").to_pandas()["variant"]]


def called_left_alone(name: str) -> bool:
    """Whether an arm's name says that it was left alone: none, control, holdout, no_mail and the like."""
    return _LEFT_ALONE.fullmatch(name) is not None


def _shared(arms: pd.DataFrame, column: str) -> list[str]:
    """The names that enough customers share: a name of few may be a person's, put there by mistake."""
    rows = arms.groupby(column)["rows"].sum()
    return sorted(str(name) for name in rows.index[rows >= FEWEST])


def _unknown(what: str, wanted: str, known: list[str], where: str) -> str:
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.0)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    return f"{where}: there is no {what} {wanted!r}{hint}; known: {', '.join(known) or 'none'}"
