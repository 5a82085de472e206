"""Customer ids across tables: ids that differ only in the way they are written, and ids that are found nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir
import pandas as pd

CYRILLIC = "АВЕЗКМНОРСТУХІЈЅаеорсухіјѕ"
LATIN = "ABE3KMHOPCTYXIJSaeopcyxijs"
"""Letters of one shape: a clerk types either, and no eye tells them apart."""

KINDS = ("zeros", "case", "letters", "spaces", "several")
REGISTERS = ("customers", "transactions")
"""Tables in which the customers of every other table should be found again."""


def look_alike_ids(tables: Mapping[str, ibis.Table], *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """Groups of ids that would be one, were they written the same way.

    Args:
        tables: The store's tables; those without customers are passed over.
        hashed: Gives the hash of a customer's id.

    Returns:
        One row a kind (zeros, case, letters, spaces, several) and one of kind `all` for every id: `kind`,
        `groups`, `ids` (counts), `example` (two hashed ids of the first group; empty without a group).
    """
    ids = _all_ids(tables)
    if ids is None:
        return pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [0], "example": [""]})
    total = int(ids.count().to_pandas())
    forms = _forms(ids).cache()
    doubled = forms.group_by("plain").aggregate(ids=ibis._.count()).filter(ibis._.ids > 1)
    alike = forms.semi_join(doubled, "plain")
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


def orphan_counts(tables: Mapping[str, ibis.Table]) -> pd.DataFrame:
    """Ids of each table that are not where they should be found again.

    Buyers should be in `customers`, the customers of any other table in `customers` or `transactions`, orders
    of any other table in `transactions`. That a customer on file never bought is no fault.

    Args:
        tables: The store's tables.

    Returns:
        Columns `table`, `column` (customer_id or order_id), `reference` (the tables searched), `ids`
        (distinct), `orphans` (of them, not found), in the tables' order.
    """
    found = []
    for name, table in tables.items():
        if name == "customers":
            continue
        registers = [other for other in REGISTERS if other in tables and other != name]
        if "customer_id" in table.columns and registers:
            found.append(_orphans(name, "customer_id", table, {other: tables[other] for other in registers}))
        if "order_id" in table.columns and name != "transactions" and "transactions" in tables:
            found.append(_orphans(name, "order_id", table, {"transactions": tables["transactions"]}))
    return pd.DataFrame(found, columns=["table", "column", "reference", "ids", "orphans"])


def order_numbers(transactions: ibis.Table) -> pd.DataFrame:
    """Order numbers, and those of them that have sales on several days.

    Args:
        transactions: The store's `transactions`.

    Returns:
        One row: `orders` (numbers with a positive amount), `reused` (of them, on more than one day).
    """
    sold = transactions.filter(transactions.amount > 0)
    numbers = sold.group_by("order_id").aggregate(first=sold.ordered_at.min().date(), last=sold.ordered_at.max().date())
    again = ibis.ifelse(numbers["first"] != numbers["last"], 1, 0)
    return numbers.aggregate(orders=numbers.count(), reused=again.sum().fill_null(0)).to_pandas()


def _orphans(name: str, column: str, table: ibis.Table, references: Mapping[str, ibis.Table]) -> dict[str, str | int]:
    own = _distinct(table, column)
    known = reduce(lambda one, other: one.union(other), [_distinct(other, column) for other in references.values()])
    found = ibis.ifelse(own.id.isin(known.id), 0, 1)
    counts = own.aggregate(ids=own.count(), orphans=found.sum().fill_null(0)).to_pandas()
    return {
        "table": name,
        "column": column,
        "reference": ", ".join(references),
        "ids": int(counts["ids"].iloc[0]),
        "orphans": int(counts["orphans"].iloc[0]),
    }


def _distinct(table: ibis.Table, column: str) -> ibis.Table:
    """The ids of a column, each once."""
    ids = table.select(id=table[column])
    return ids.filter(ids.id.notnull()).distinct()


def _all_ids(tables: Mapping[str, ibis.Table]) -> ibis.Table | None:
    """Every customer id of every table, each once."""
    held = [_distinct(table, "customer_id") for table in tables.values() if "customer_id" in table.columns]
    return reduce(lambda one, other: one.union(other, distinct=True), held) if held else None


def _forms(ids: ibis.Table) -> ibis.Table:
    """Each id as it would be without one way of writing, and without any of them (`plain`)."""
    # Capitals first: more letters have a twin among them.
    plain = _one_alphabet(_no_spaces(ids.id).upper())
    return ids.select(
        "id",
        zeros=_no_zeros(ids.id),
        case=ids.id.lower(),
        letters=_one_alphabet(ids.id),
        spaces=_no_spaces(ids.id),
        plain=_no_zeros(plain),
    )


def _no_zeros(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(r"^0+(.)", r"\1")


def _no_spaces(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(r"[\s\x{00a0}\x{2007}\x{202f}]+", "")


def _one_alphabet(text: ir.StringValue) -> ir.StringValue:
    return text.translate(CYRILLIC, LATIN)
