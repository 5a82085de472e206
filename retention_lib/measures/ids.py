"""Customer ids across tables: ids that differ only in the way they are written, and ids that are found nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

CYRILLIC = "АВЕЗКМНОРСТУХІЈЅаеорсухіјѕ"
LATIN = "ABE3KMHOPCTYXIJSaeopcyxijs"
"""Letters of one shape: a clerk types either, and no eye tells them apart."""

KINDS = ("zeros", "case", "letters", "spaces", "several")
REGISTERS = ("customers", "transactions")
"""Tables in which the customers of every other table should be found again."""


def ids_by_table(tables: Mapping[str, ibis.Table], column: str) -> ibis.Table | None:
    """Every id of a column, once, and the tables it is found in. Computed once in the engine.

    Args:
        tables: The store's tables; those without the column are passed over.
        column: The column of ids.

    Returns:
        Table of `id`, `tables` (sum of 2 ** place over the places of the tables given that hold it); None where no
        table has the column.
    """
    held = [
        _distinct(table, column).mutate(bit=ibis.literal(2**place, "int64"))
        for place, table in enumerate(tables.values())
        if column in table.columns
    ]
    if not held:
        return None
    each = reduce(lambda one, other: one.union(other), held)
    return each.group_by("id").aggregate(tables=each.bit.bit_or()).cache()


def look_alike_ids(ids: ibis.Table | None, *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """Groups of ids that would be one, were they written the same way.

    Args:
        ids: The ids of customers, from `ids_by_table`; None where no table has customers.
        hashed: Gives the hash of a customer's id.

    Returns:
        One row a kind (zeros, case, letters, spaces, several) and one of kind `all` for every id: `kind`,
        `groups`, `ids` (counts), `example` (two hashed ids of the first group; empty without a group).
    """
    if ids is None:
        return pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [0], "example": [""]})
    total = int(ids.count().to_pandas())
    plain = ids.select("id", plain=_plain(ids.id))
    doubled = plain.group_by("plain").aggregate(ids=ibis._.count()).filter(ibis._.ids > 1)
    alike = _forms(plain.semi_join(doubled, "plain")).cache()
    groups = alike.group_by("plain").aggregate(
        ids=alike.count(),
        low=alike.id.min(),
        high=alike.id.max(),
        **{kind: alike[kind].nunique() for kind in KINDS[:4]},
    )
    kind = ibis.cases(*((groups[kind] < groups.ids, kind) for kind in KINDS[:4]), else_="several")
    kinds = (
        groups.mutate(kind=kind)
        .group_by("kind")
        .aggregate(
            groups=ibis._.count(), ids=ibis._.ids.sum(), low=ibis._.low.min(), high=ibis._.high.argmin(ibis._.low)
        )
    )
    found = {row["kind"]: row for row in kinds.to_pandas().to_dict("records")}
    frame = pd.DataFrame(
        [
            {
                "kind": kind,
                "groups": int(found[kind]["groups"]) if kind in found else 0,
                "ids": int(found[kind]["ids"]) if kind in found else 0,
                "example": f"{hashed(found[kind]['low'])}, {hashed(found[kind]['high'])}" if kind in found else "",
            }
            for kind in KINDS
        ]
    )
    return pd.concat([frame, pd.DataFrame([{"kind": "all", "groups": 0, "ids": total, "example": ""}])])


def orphan_counts(tables: Mapping[str, ibis.Table], ids: ibis.Table | None) -> pd.DataFrame:
    """Ids of each table that are not where they should be found again.

    Buyers should be in `customers`, the customers of any other table in `customers` or `transactions`, orders
    of any other table in `transactions`. That a customer on file never bought is no fault.

    Args:
        tables: The store's tables.
        ids: The ids of their customers, from `ids_by_table` with the same tables.

    Returns:
        Columns `table`, `column` (customer_id or order_id), `reference` (the tables searched), `ids`
        (distinct), `orphans` (of them, not found), in the tables' order.
    """
    found = _orphan_customers(tables, ids) + _orphan_orders(tables)
    place = {name: place for place, name in enumerate(tables)}
    rows = sorted(found, key=lambda row: (place[row["table"]], row["column"]))
    return pd.DataFrame(rows, columns=["table", "column", "reference", "ids", "orphans"])


def order_days(transactions: ibis.Table) -> ibis.Table:
    """Order numbers with the days on which they have a sale. Computed once in the engine.

    Args:
        transactions: The store's `transactions`.

    Returns:
        Table of `order_id`, `day` (date).
    """
    sold = transactions.filter(transactions.amount > 0)
    return sold.select("order_id", day=sold.ordered_at.date()).distinct().cache()


def order_numbers(days: ibis.Table) -> pd.DataFrame:
    """Order numbers, and those of them that have sales on several days.

    Args:
        days: From `order_days`.

    Returns:
        One row: `orders` (numbers with a positive amount), `reused` (of them, on more than one day).
    """
    numbers = days.group_by("order_id").aggregate(days=ibis._.count())
    again = (numbers.days > 1).cast("int64")
    return numbers.aggregate(orders=numbers.count(), reused=again.sum().fill_null(0)).to_pandas()


def _orphan_customers(tables: Mapping[str, ibis.Table], ids: ibis.Table | None) -> list[dict[str, Any]]:
    """The customers of each table that no other table of REGISTERS has."""
    if ids is None:
        return []
    names = list(tables)
    together = ids.group_by("tables").aggregate(ids=ibis._.count()).to_pandas()
    found = []
    for place, name in enumerate(names):
        registers = [other for other in REGISTERS if other in names and other != name]
        if name == "customers" or "customer_id" not in tables[name].columns or not registers:
            continue
        own = together[together["tables"] & 2**place > 0]
        known = own["tables"] & sum(2 ** names.index(other) for other in registers) > 0
        counts = {"ids": int(own["ids"].sum()), "orphans": int(own["ids"][~known].sum())}
        found.append({"table": name, "column": "customer_id", "reference": ", ".join(registers), **counts})
    return found


def _orphan_orders(tables: Mapping[str, ibis.Table]) -> list[dict[str, Any]]:
    """The orders of each table that `transactions` do not have."""
    others = {name: table for name, table in tables.items() if name != "transactions" and "order_id" in table.columns}
    asked = ids_by_table(others, "order_id")
    if asked is None or "transactions" not in tables:
        return []
    orders = tables["transactions"].select(id=tables["transactions"].order_id)
    known = orders.semi_join(asked, "id").distinct()
    marked = asked.mutate(orphan=~asked.id.isin(known.id))
    together = marked.group_by("tables", "orphan").aggregate(ids=ibis._.count()).to_pandas()
    found = []
    for place, name in enumerate(others):
        own = together[together["tables"] & 2**place > 0]
        counts = {"ids": int(own["ids"].sum()), "orphans": int(own["ids"][own["orphan"]].sum())}
        found.append({"table": name, "column": "order_id", "reference": "transactions", **counts})
    return found


def _distinct(table: ibis.Table, column: str) -> ibis.Table:
    """The ids of a column, each once."""
    ids = table.select(id=table[column])
    return ids.filter(ids.id.notnull()).distinct()


def _forms(ids: ibis.Table) -> ibis.Table:
    """Each id as it would be without one way of writing; `id` and `plain` stay."""
    return ids.select(
        "id",
        "plain",
        zeros=_no_zeros(ids.id),
        case=ids.id.lower(),
        letters=_one_alphabet(ids.id),
        spaces=_no_spaces(ids.id),
    )


def _plain(text: ir.StringValue) -> ir.StringValue:
    """An id without any of the ways of writing it."""
    # Capitals first: more letters have a twin among them.
    capitals = _one_alphabet(_no_spaces(text).upper())
    # Most ids are plain letters and digits, and a look whether they are costs a tenth of writing them anew.
    written = ibis.ifelse(text.re_search("[^!-~]"), capitals, text.upper())
    return ibis.ifelse(written.startswith("0"), _no_zeros(written), written)


def _no_zeros(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(r"^0+(.)", r"\1")


def _no_spaces(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(r"[\s\x{00a0}\x{2007}\x{202f}]+", "")


def _one_alphabet(text: ir.StringValue) -> ir.StringValue:
    return text.translate(CYRILLIC, LATIN)
