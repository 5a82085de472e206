"""What says whether the lists of the playbook may be judged, counted for all of them together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.experiment_checks import CheckFacts
from retention_lib.measures.experiment_others import OtherCampaigns
from retention_lib.measures.experiment_sums import ArmSums
from retention_lib.measures.experiments import MixedUnits
from retention_lib.measures.joined_outcomes import JoinedOutcomes
from retention_lib.measures.joined_tests import JoinedTests
from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.measures.actions.list_entries import ListEntry
    from retention_lib.stores.store import Store

MOST_DRAWN = 200_000
"""Customers of all lists who are looked at for what else reached them, drawn by a hash where there are more."""

_BUCKETS = 1_000_000
_COUNTS = ("before", "during")
_NOTHING_MISSING = pd.DataFrame({"metric": [], "arm": [], "units": [], "missing": []})
_NO_STRATA = pd.DataFrame({"stratum": [], "arm": [], "units": []})
_NO_DAYS = pd.DataFrame({"day": [], "arm": [], "units": []})
_NOBODY = pd.DataFrame({name: [] for name in ("kind", "name", "arm", "units", *_COUNTS)})


_Parts = dict[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counts:
    """What was counted of all lists, apart by the name of the list.

    Attributes:
        arms: arm, units, members, bought_between, contacted, used_coupon, exposed_before.
        days: day, arm, units.
        strata: stratum, arm, units.
        mixed: mixed (bool), units.
        others: kind, name, arm, units, before, during.
        either: The same of any name of a kind.
    """

    arms: _Parts
    days: _Parts
    strata: _Parts
    mixed: _Parts
    others: _Parts
    either: _Parts


def list_facts(
    store: Store,
    joined: JoinedTests,
    counted: JoinedOutcomes,
    entries: Sequence[ListEntry],
    sums: Mapping[str, ArmSums],
    *,
    until: date,
) -> dict[str, CheckFacts]:
    """What says whether each list may be judged.

    Of a list of the ledger a message counts as sent before the assignment where it was sent before the list was
    started: who is in which arm was written down before that. Whether the shop was closed is not looked at, nor what
    was bought on the day of the assignment before it.

    Args:
        store: The store.
        joined: The lists taken together.
        counted: What their units did.
        entries: The lists.
        sums: Their sums, for the sizes of their arms.
        until: First day that is no longer seen.

    Returns:
        The facts by name of the list.
    """
    counts = _counts(store, joined, counted, entries, sums, until=until)
    return {
        one.name: _facts(one, counts, unit=str(sums[one.name].arms["unit"].iloc[0]), until=until)
        for one in entries
        if one.name in sums
    }


def _counts(
    store: Store,
    joined: JoinedTests,
    counted: JoinedOutcomes,
    entries: Sequence[ListEntry],
    sums: Mapping[str, ArmSums],
    *,
    until: date,
) -> _Counts:
    """All that is counted, each of it for all lists at once."""
    arms = joined.arms[["experiment", "arm", "code", "number"]]
    units = _units(counted).merge(arms[["experiment", "arm", "code"]], on="code")
    whole = units[~units["mixed"].astype(bool)]
    drawn = _drawn(joined)
    looked = drawn.group_by("code").aggregate(units=drawn.count()).to_pandas()
    sizes = arms.merge(looked, on="code", how="left").fillna({"units": 0}).astype({"units": "int64"})
    touches = _touches(store, joined, drawn, until=until).merge(sizes[["experiment", "arm", "code"]], on="code")
    named, anybody = touches[touches["name"] != ""], touches[touches["name"] == ""]
    reach = named.groupby(["experiment", "kind", "name"])[list(_COUNTS)].transform("sum").sum(axis=1)
    return _Counts(
        arms=_apart(_arms(arms, sums, _reached(joined, counted, entries))),
        days=_apart(_grid(whole, arms, ["day"], ["units"])),
        strata=_apart(_grid(whole, arms, ["stratum"], ["units"])),
        mixed=_apart(units[["experiment", "mixed", "units"]]),
        others=_apart(_grid(named[reach >= FEWEST], sizes, ["kind", "name"], _COUNTS)),
        either=_apart(_grid(anybody, sizes, ["kind"], _COUNTS)),
    )


def _units(counted: JoinedOutcomes) -> pd.DataFrame:
    """Units by list, arm, day and stratum, those in two arms apart."""
    people = counted.people
    rows = people.group_by("code", "mixed", "day", "stratum").aggregate(units=people.count())
    return rows.order_by("code", "mixed", "day", "stratum").to_pandas()


def _reached(joined: JoinedTests, counted: JoinedOutcomes, entries: Sequence[ListEntry]) -> pd.DataFrame:
    """Units of each arm that got a message of their list, and that got one, or used its coupon, before the draw."""
    outcomes = counted.outcomes
    given = [rows.select("unit", "age", "begun") for rows in (outcomes.messages, outcomes.coupons) if rows is not None]
    if outcomes.messages is None or not given:
        return pd.DataFrame(columns=["code", "contacted", "early"]).astype({"code": "int64"})
    names, places = joined.arms["experiment"], joined.arms["number"]
    numbers = {str(name): int(number) for name, number in zip(names, places, strict=True)}
    starts = {"number": [numbers[one.name] for one in entries], "start": [one.start for one in entries]}
    known = ibis.memtable(starts, schema={"number": "int16", "start": "date"})
    rows = given[0].mutate(sent=True)
    if len(given) > 1:
        rows = rows.union(given[1].mutate(sent=False))
    people = counted.people.filter(~counted.people.mixed).select("unit", "code", "number", "day")
    placed = rows.inner_join(people, "unit").inner_join(known, "number")
    on = placed.day + placed.age.as_interval("D")
    early = placed.start.notnull().ifelse(on < placed.start, ~placed.begun)
    told = placed.group_by("code").aggregate(
        contacted=placed.unit.nunique(where=placed.sent), early=placed.unit.nunique(where=early)
    )
    return told.order_by("code").to_pandas()


def _drawn(joined: JoinedTests) -> ir.Table:
    """Customers of the lists, so many at most, drawn whatever their arm."""
    keys = joined.keys.filter(~joined.keys.mixed)
    count = int(joined.keys.count().to_pandas())
    if count > MOST_DRAWN:
        bucket = (keys.customer_id.hash() % _BUCKETS + _BUCKETS) % _BUCKETS
        keys = keys.filter(bucket < int(_BUCKETS * MOST_DRAWN / count))
    return keys.select("customer_id", "unit", "number", "code", "since", "days").cache()


def _touches(store: Store, joined: JoinedTests, drawn: ir.Table, *, until: date) -> pd.DataFrame:
    """Customers reached by messages of other campaigns, and in arms of other tests, around the assignment."""
    rows = _other_rows(store)
    tests = joined.arms[["number", "experiment"]].drop_duplicates()
    names = ibis.memtable(tests, schema={"number": "int16", "experiment": "string"})
    seen = rows.filter(rows["at"] < ibis.timestamp(until.isoformat()))
    near = seen.inner_join(drawn, "customer_id").inner_join(names, "number")
    near = near.filter(near.campaign != near.experiment)
    days = near.days.as_interval("D")
    near = near.filter(near["at"] >= near.since - days, near["at"] < near.since + days)
    after = near["at"] >= near.since
    each = near.group_by("kind", "name", "number", "code", "unit").aggregate(before=(~after).any(), during=after.any())
    each = each.cache()
    by_name = each.group_by("kind", "name", "number", "code").aggregate(**{name: each[name].sum() for name in _COUNTS})
    any_one = each.group_by("kind", "number", "code", "unit").aggregate(**{name: each[name].any() for name in _COUNTS})
    by_any = any_one.group_by("kind", "number", "code").aggregate(**{name: any_one[name].sum() for name in _COUNTS})
    both = by_name.union(by_any.mutate(name=ibis.literal("")).select(*by_name.columns))
    return both.order_by("kind", "name", "number", "code").to_pandas()


def _other_rows(store: Store) -> ir.Table:
    """Messages, and places in tests: customer_id, kind, campaign, name (of a test: with its arm), at."""
    placed = store.table("assignments")
    rows = placed.filter(placed.assigned_at.notnull(), placed.variant.notnull()).select(
        "customer_id",
        kind=ibis.literal("experiment"),
        campaign=placed.experiment_id,
        name=placed.experiment_id + "/" + placed.variant,
        at=placed.assigned_at.cast("timestamp(6)"),
    )
    contacts = store.find("contacts")
    if contacts is None:
        return rows
    sent = contacts.select(
        "customer_id",
        kind=ibis.literal("campaign"),
        campaign=contacts.campaign_id,
        name=contacts.campaign_id,
        at=contacts.sent_at.cast("timestamp(6)"),
    )
    return rows.union(sent)


def _facts(entry: ListEntry, counts: _Counts, *, unit: str, until: date) -> CheckFacts:
    """The facts of a list."""
    name = entry.name
    mixed = counts.mixed[name]
    return CheckFacts(
        experiment=name,
        control=str(entry.control),
        unit=unit,
        source="transactions",
        first_day=entry.first_day,
        last_day=entry.last_day,
        window_ends=entry.verdict_on,
        until=until,
        arms=counts.arms[name],
        strata=counts.strata.get(name, _NO_STRATA),
        days=counts.days.get(name, _NO_DAYS),
        mixed=MixedUnits(
            unit="household" if unit == "household" else "customer",
            assigned=int(mixed["units"].sum()),
            mixed=int(mixed.loc[mixed["mixed"].astype(bool), "units"].sum()),
        ),
        set_aside=0,
        mixed_households=0,
        missing=_NOTHING_MISSING,
        others=OtherCampaigns(
            table=counts.others.get(name, _NOBODY),
            either=counts.either.get(name, _NOBODY.drop(columns="name")),
            share=1.0,
            holdouts=(),
            holdout_members=0,
            holdout_touched=0,
        ),
        days_missing=0,
        days_looked=0,
    )


def _arms(arms: pd.DataFrame, sums: Mapping[str, ArmSums], reached: pd.DataFrame) -> pd.DataFrame:
    """The arms with what their units got; NaN where the store has no message of the list."""
    sizes = pd.concat([one.arms.assign(experiment=name) for name, one in sums.items()], ignore_index=True)
    told = sizes.merge(arms, on=["experiment", "arm"]).merge(reached, on="code", how="left")
    told = told.rename(columns={"early": "exposed_before"})
    known = told.groupby("experiment")["contacted"].transform("sum") > 0
    for name in ("contacted", "exposed_before"):
        told[name] = told[name].astype(float).fillna(0.0).where(known)
    columns = ["experiment", "arm", "units", "members", "contacted", "exposed_before"]
    return told[columns].assign(bought_between=math.nan, used_coupon=math.nan)


def _grid(counts: pd.DataFrame, arms: pd.DataFrame, keys: list[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Sums of counts by list, some keys and arm, with a row for every arm of the list, 0 where there was none."""
    known = counts.dropna(subset=keys)
    summed = known.groupby(["experiment", *keys, "arm"], as_index=False)[list(numbers)].sum()
    grid = summed[["experiment", *keys]].drop_duplicates().merge(arms.drop(columns=["code", "number"]), on="experiment")
    whole = grid.merge(summed, on=["experiment", *keys, "arm"], how="left")
    return whole.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))


def _apart(frame: pd.DataFrame) -> _Parts:
    """A table by the name of the list."""
    order = frame["experiment"].to_numpy()
    own = frame.drop(columns="experiment")
    places = pd.Series(range(len(own))).groupby(order, sort=False).indices
    return {str(name): own.iloc[rows].reset_index(drop=True) for name, rows in places.items()}
