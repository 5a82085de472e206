"""Persons written down: who stands for whom, and the tables that have one row a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from retention_lib.stores import linking
from retention_lib.stores.engine import keep, rows, write_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

SHOWN_GROUPS = 20
"""Groups left unmerged that a report names; all are counted."""

_CONSENTS = ("email_consent", "sms_consent", "messenger_consent")


def write_persons(tables: Mapping[str, ir.Table], engine: Backend, path: Path, *, largest: int) -> dict[str, Any]:
    """Write who is who, and beside it each table that has one row a person where persons change its rows.

    Args:
        tables: The store's tables, `identities` among them.
        engine: The engine that holds them.
        path: The Parquet file of `customer_id`, `person_id`, one row for each id that stands under another.
        largest: More ids than so many are not believed to be one person.

    Returns:
        The facts of `identities.MergeReport`, with the identifiers of the groups left unmerged in clear.
    """
    known = linking.identifiers(tables["identities"], engine)
    linked = linking.linked_ids(known, engine)
    groups = keep(engine, "groups", linking.judged_groups(linked, tables.get("customers"), largest=largest))
    believed = linked.semi_join(groups.filter(groups.reason.isnull()), "group_id")
    renamed = believed.filter(believed.customer_id != believed.group_id)
    persons = keep(engine, "persons", renamed.select("customer_id", person_id="group_id"))
    write_parquet(engine, persons.order_by("customer_id"), path)
    facts = {**_counts(tables, known, groups, engine), "groups_unmerged": _named(linked, groups, engine)}
    if facts["merged_ids"]:
        facts |= _write_customers(tables.get("customers"), persons, engine, path.with_name("customers.parquet"))
        facts |= _write_assignments(tables.get("assignments"), persons, engine, path.with_name("assignments.parquet"))
    return facts


def _named(linked: ir.Table, groups: ir.Table, engine: Backend) -> list[dict[str, Any]]:
    """The largest groups that are left unmerged, each with the identifier that most of its ids carry."""
    refused = groups.filter(groups.reason.notnull()).order_by(ibis.desc("ids"), "group_id").limit(SHOWN_GROUPS)
    shared = linking.most_shared(engine.table("shared_links"), linked, keep(engine, "refused", refused))
    return rows(engine, shared.select("reason", "ids", "kind", "carriers", value="identifier"))


def _counts(tables: Mapping[str, ir.Table], known: ir.Table, groups: ir.Table, engine: Backend) -> dict[str, int]:
    """The counts of ids, persons and groups; those of rows joined are filled in where rows are joined."""
    named = [table.select("customer_id").distinct() for table in tables.values() if "customer_id" in table.columns]
    ids = keep(engine, "ids", ibis.union(*named, distinct=True) if len(named) > 1 else named[0])
    usable = known.identifier.notnull()
    of_ids = rows(engine, ids.aggregate(ids=ids.customer_id.count()))[0]
    of_rows = known.aggregate(known=known.customer_id.nunique(where=usable), unusable=(~usable).sum())
    found = rows(engine, of_rows)[0]
    believed = groups.reason.isnull()
    of_groups = groups.aggregate(
        groups=groups.count(where=believed),
        merged_ids=(groups.ids - 1).sum(where=believed),
        largest_group=groups.ids.max(where=believed),
        too_large=groups.count(where=groups.reason == linking.TOO_LARGE),
        conflicts=groups.count(where=groups.reason != linking.TOO_LARGE),
        ids_unmerged=groups.ids.sum(where=~believed),
    )
    counts = {**of_ids, **rows(engine, of_groups)[0], "values_unusable": found["unusable"]}
    counts |= {"customers_joined": 0, "assignments_repeated": 0, "persons_in_two_variants": 0}
    plain = {name: int(value or 0) for name, value in counts.items()}
    persons_left = plain["ids"] - plain["merged_ids"]
    return {**plain, "persons": persons_left, "ids_without_identifier": plain["ids"] - found["known"]}


def _write_customers(customers: ir.Table | None, persons: ir.Table, engine: Backend, path: Path) -> dict[str, int]:
    """Write the customers with one row a person; the rows that went into others."""
    if customers is None:
        return {}
    joined = keep(engine, "customers_by_person", _customers(_by_person(customers, persons)))
    write_parquet(engine, joined.select(*customers.columns).order_by("customer_id"), path)
    counts = rows(
        engine, customers.aggregate(before=customers.count()).cross_join(joined.aggregate(after=joined.count()))
    )[0]
    return {"customers_joined": counts["before"] - counts["after"]}


def _write_assignments(assignments: ir.Table | None, persons: ir.Table, engine: Backend, path: Path) -> dict[str, int]:
    """Write the assignments with one row a person and experiment; the rows repeated and the persons left out."""
    if assignments is None:
        return {}
    assigned = _assignments(_by_person(assignments, persons), list(assignments.columns))
    assigned = keep(engine, "assignments_by_person", assigned)
    once = assigned.variants == 1
    written = assigned.filter(once).select(*assignments.columns)
    write_parquet(engine, written.order_by("experiment_id", "customer_id"), path)
    counted = assigned.aggregate(
        assignments_repeated=(assigned.copies - 1).sum(where=once),
        persons_in_two_variants=assigned.count(where=~once),
    )
    return {name: int(value or 0) for name, value in rows(engine, counted)[0].items()}


def _by_person(table: ir.Table, persons: ir.Table) -> ir.Table:
    """The rows with `own_id`, the id they came with, and the person's as `customer_id`."""
    told = table.left_join(persons, "customer_id")
    columns = {name: table[name] for name in table.columns if name != "customer_id"}
    person = ibis.coalesce(persons.person_id, table.customer_id)
    return told.select(customer_id=person, own_id=table.customer_id, **columns)


def _customers(mapped: ir.Table) -> ir.Table:
    """One row a person: of each column the first value there is, the earliest acquired id first, then the smallest.

    A consent refused under one id is refused by the person.
    """
    order = [name for name in ("acquired_at", "own_id") if name in mapped.columns]
    columns: dict[str, ir.Value] = {}
    for name in mapped.columns:
        if name in {"customer_id", "own_id"}:
            continue
        column = mapped[name]
        columns[name] = column.all() if name in _CONSENTS else column.first(order_by=order)
    return mapped.group_by("customer_id").aggregate(**columns)


def _assignments(mapped: ir.Table, columns: list[str]) -> ir.Table:
    """One row a person and experiment, with the number of its variants and of the rows that say so."""
    order = [name for name in ("assigned_at", "own_id") if name in mapped.columns]
    others = {
        name: mapped[name].first(order_by=order) for name in columns if name not in {"customer_id", "experiment_id"}
    }
    return mapped.group_by("customer_id", "experiment_id").aggregate(
        **others, variants=mapped.variant.nunique(), copies=mapped.count()
    )
