"""The lists that are seen, as tables of a store's engine: those on them, and `assignments` with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.engine import keep, quoted_name
from retention_lib.stores.ledger import ASSIGNMENTS, LISTED, Ledger
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.identities import Persons
    from retention_lib.stores.listed import ListedExperiment

_ISSUED, _OWN = "issued_lists", "own_assignments"
_COLUMNS = {"assigned_at": "timestamp(6)", "stratum": "string"}

_ABOUT: Mapping[str, Callable[[ListedExperiment], object]] = {
    "scenario": lambda about: about.scenario,
    "kind": lambda about: about.kind,
    "report": lambda about: str(about.report),
    "verdict_on": lambda about: about.verdict_on,
}


def show_lists(engine: Backend, lists: Ledger, *, source: str | None, persons: Persons | None) -> None:
    """Make `listed`, and `assignments` anew: the source's rows and those of the lists.

    A row of the source that says what a list says gives way to it, for the list knows the planned time; one that says
    something else stays, so that the customer is in two arms of the test, which readers of tests tell.

    Args:
        engine: The store's engine.
        lists: The lists that are seen; none of them takes those of before out again.
        source: SQL of the store's own assignments; None where it has none.
        persons: Who is who; None where the store does not know.

    Raises:
        DataError: A list was changed since it was written.
    """
    engine.raw_sql(f"DROP VIEW IF EXISTS {ASSIGNMENTS}")
    engine.raw_sql(f"DROP TABLE IF EXISTS {LISTED}")
    rows = None
    if lists:
        lists.load(engine, _ISSUED)
        listed = keep(engine, LISTED, _listed(engine.table(_ISSUED), lists, _renamed(engine, persons)))
        engine.raw_sql(f"DROP TABLE {_ISSUED}")
        rows = listed.select("customer_id", "experiment_id", "variant", *_COLUMNS)
    if source is not None:
        engine.raw_sql(f"CREATE OR REPLACE VIEW {_OWN} AS {source}")
        own = engine.table(_OWN)
        rows = own if rows is None else _unlisted(own, rows).union(rows)
    if rows is not None:
        engine.raw_sql(f"CREATE VIEW {quoted_name(ASSIGNMENTS)} AS {engine.compile(rows)}")


def _renamed(engine: Backend, persons: Persons | None) -> ir.Table | None:
    """The ids that stand under another one."""
    file = None if persons is None else persons.renamed
    return None if file is None else engine.read_parquet(file)


def _listed(issued: ir.Table, lists: Ledger, renamed: ir.Table | None) -> ir.Table:
    """The rows of the lists with what is known of each list; of two ids of a person in one arm, the first."""
    rows = issued.select(*LEDGER_COLUMNS, **{name: _of_list(issued, lists, told) for name, told in _ABOUT.items()})
    if renamed is None:
        return rows
    named = rows.left_join(renamed, "customer_id")
    person = ibis.coalesce(renamed.person_id, rows.customer_id)
    columns = [name for name in rows.columns if name != "customer_id"]
    persons = named.select(customer_id=person, own_id=rows.customer_id, **{name: rows[name] for name in columns})
    place = ibis.row_number().over(
        group_by=["customer_id", "experiment_id", "variant"], order_by=[persons.assigned_at, persons.own_id]
    )
    return persons.mutate(place=place).filter(lambda row: row.place == 0).select("customer_id", *columns)


def _of_list(issued: ir.Table, lists: Ledger, told: Callable[[ListedExperiment], object]) -> ir.Value:
    """What is told of the list that a row is of."""
    return ibis.cases(*((issued.place == place, told(about)) for place, about in enumerate(lists.experiments)))


def _unlisted(own: ir.Table, rows: ir.Table) -> ir.Table:
    """The source's assignments that no list says, with all columns."""
    whole = {name: own[name] if name in own.columns else ibis.null(kind) for name, kind in _COLUMNS.items()}
    columns = own.select("customer_id", "experiment_id", "variant", **whole)
    return columns.anti_join(rows, ["customer_id", "experiment_id", "variant"])
