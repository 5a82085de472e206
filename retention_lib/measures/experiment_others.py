"""What else reached the units of a test: messages of other campaigns, other tests, and the hold-out of them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.experiment_sample import drawn_units, units_by_arm
from retention_lib.measures.holdout_arms import holdout_arms
from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.measures.experiments import Experiment

MOST = 200_000
"""Units looked at, drawn by chance where the test has more: whether arms differ is seen in these as well."""

_NAMES = 20
_COUNTS = ("before", "during")


@dataclass(frozen=True, kw_only=True, eq=False)
class OtherCampaigns:
    """Units of a test that other campaigns and other tests reached.

    Attributes:
        table: One row another campaign and arm, where it reached anybody: `kind` (`campaign`: its messages;
            `experiment`: being in an arm of another test), `name` (of a test: its name, a slash and the arm), `arm`,
            `units` (of this test's arm, looked at), `before`, `during` (of them reached in as many days before the
            assignment as the window has, and in the window as far as it is seen). The 20 names of each kind that
            reached most, ordered by kind, name and arm; a name that reached fewer than five units is left out.
        either: The same of all names of a kind together, those left out among them: `kind`, `arm`, `units`, `before`,
            `during` (units reached by any).
        share: Units looked at as a share of the test's, in (0, 1].
        holdouts: Names of the tests that leave customers out of all campaigns.
        holdout_members: Units of this test in which somebody should have been left out (count, of all units).
        holdout_touched: Of them, in an arm that was not left alone (count).
    """

    table: pd.DataFrame
    either: pd.DataFrame
    share: float
    holdouts: tuple[str, ...]
    holdout_members: int
    holdout_touched: int

    def to_frame(self) -> pd.DataFrame:
        """The table by campaign."""
        return self.table


def other_campaigns(test: Experiment) -> OtherCampaigns:
    """Whom of a test other campaigns and tests reached.

    What comes after the assignment may come because of it (a letter of thanks to who bought), so that arms may differ
    a little there in a sound test.

    Args:
        test: The test; one without dates has no window, and nothing is looked for in it.
    """
    assignments = test.store.find("assignments")
    found = holdout_arms(assignments, test.store.find("contacts"), until=test.until)
    held = found[found["experiment"] != test.name]
    holdouts = tuple(str(name) for name in dict.fromkeys(held["experiment"]))
    units = drawn_units(test, most=MOST).select("unit", "arm", "assigned_at")
    sizes = units_by_arm(test, units)
    parts = [_reached(test, units, rows, kind) for kind, rows in _touches(test, holdouts)] if test.dated else []
    told = pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else _nobody()
    table, either = told[told["name"] != ""], told[told["name"] == ""].drop(columns="name")
    everybody = int(test.people.count().to_pandas())
    members, touched = _held_out(test, held)
    return OtherCampaigns(
        table=_with_all_arms(table, sizes, ["kind", "name"]),
        either=_with_all_arms(either, sizes, ["kind"]),
        share=sum(sizes.values()) / everybody if everybody else 1.0,
        holdouts=holdouts,
        holdout_members=members,
        holdout_touched=touched,
    )


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in ("kind", "name", "arm", *_COUNTS)})


def _touches(test: Experiment, holdouts: tuple[str, ...]) -> Iterator[tuple[str, ir.Table]]:
    """Messages of other campaigns, and assignments to other tests: customer_id, name, at."""
    contacts = test.store.find("contacts")
    if contacts is not None:
        sent = contacts.filter(contacts.campaign_id != test.name)
        yield "campaign", sent.select("customer_id", name=sent.campaign_id, at=sent.sent_at)
    assignments = test.store.find("assignments")
    if assignments is not None and "assigned_at" in assignments.columns:
        placed = assignments.filter(assignments.experiment_id != test.name, assignments.assigned_at.notnull())
        placed = placed.filter(placed.experiment_id.notin(holdouts)) if holdouts else placed
        name = placed.experiment_id + "/" + placed.variant
        yield "experiment", placed.select("customer_id", name=name, at=placed.assigned_at)


def _reached(test: Experiment, units: ir.Table, rows: ir.Table, kind: str) -> pd.DataFrame:
    """Units reached by name and arm, and, under an empty name, by any."""
    days = ibis.interval(days=test.reading.window_days)
    seen = rows.filter(rows["at"] < ibis.timestamp(test.until.isoformat()))
    joined = seen.inner_join(test.customers.semi_join(units, "unit"), "customer_id").inner_join(units, "unit")
    near = joined.filter(joined["at"] >= joined.assigned_at - days, joined["at"] < joined.assigned_at + days)
    after = near["at"] >= near.assigned_at
    each = near.group_by("name", "arm", "unit").aggregate(before=(~after).any(), during=after.any()).cache()
    by_name = each.group_by("name", "arm").aggregate(**{name: each[name].sum() for name in _COUNTS}).to_pandas()
    any_one = each.group_by("arm", "unit").aggregate(**{name: each[name].any() for name in _COUNTS})
    by_any = any_one.group_by("arm").aggregate(**{name: any_one[name].sum() for name in _COUNTS}).to_pandas()
    reach = by_name.groupby("name")[list(_COUNTS)].sum().sum(axis=1)
    # A name that few share may be a person's, put there by mistake.
    reach = reach[reach >= FEWEST].sort_index().sort_values(ascending=False, kind="stable")
    kept = by_name[by_name["name"].isin(reach.index[:_NAMES])]
    return pd.concat([kept, by_any.assign(name="")], ignore_index=True).assign(kind=kind)


def _with_all_arms(found: pd.DataFrame, sizes: dict[str, int], keys: list[str]) -> pd.DataFrame:
    """The rows with every arm, 0 where nobody was reached, in order."""
    arms = pd.DataFrame({"arm": list(sizes), "units": list(sizes.values()), "place": range(len(sizes))})
    grid = found[keys].drop_duplicates().merge(arms, how="cross")
    whole = grid.merge(found, on=[*keys, "arm"], how="left")
    whole[list(_COUNTS)] = whole[list(_COUNTS)].astype(float).fillna(0.0).astype("int64")
    ordered = whole.sort_values([*keys, "place"], ignore_index=True)
    return ordered[[*keys, "arm", "units", *_COUNTS]]


def _held_out(test: Experiment, held: pd.DataFrame) -> tuple[int, int]:
    """Units of the test with a customer of a hold-out, and those of them that were not left alone."""
    assignments = test.store.find("assignments")
    if held.empty or assignments is None:
        return 0, 0
    arms = ibis.memtable(held[["experiment", "arm"]].astype(str))
    left_out = assignments.semi_join(
        arms, [assignments.experiment_id == arms.experiment, assignments.variant == arms.arm]
    )
    found = test.people.semi_join(test.customers.semi_join(left_out, "customer_id"), "unit")
    counts = units_by_arm(test, found)
    return sum(counts.values()), sum(units for arm, units in counts.items() if arm != test.control)
