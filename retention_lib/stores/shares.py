"""What stops a table after its rows were judged: too few of them name a customer or can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.stores.engine import rows
from retention_lib.stores.errors import DataError
from retention_lib.stores.reconciliation import LEFT_OUT
from retention_lib.stores.repeats import PLACE
from retention_lib.stores.rules import AFTER_AS_OF, ANONYMOUS, BESIDE_THE_POINT, CONFLICT
from retention_lib.stores.shapes import shown_value

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.judging import Judged
    from retention_lib.stores.reconciliation import ReasonCount, Reconciliation
    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

MOST_REJECTED = 0.5
"""The share of rows set aside above which a table no longer speaks for the shop."""


def check_shares(
    source: Source, raw: ir.Table, judged: Judged, reconciliation: Reconciliation, terms: Terms, engine: Backend
) -> None:
    """Check that enough rows name their customer and that most of those can be used.

    Repeated rows, lines of totals, rows left out, lines of an order whose amount stands on another line, and rows
    after the pinned last day say nothing about the others and do not count.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        judged: The same rows, judged.
        reconciliation: Their count.
        terms: The store's terms.
        engine: Where the rows are.

    Raises:
        DataError: Naming the commonest reason, the first row it holds for and what to mend.
    """
    reasons = [reason for reason in reconciliation.reasons if reason.severity == "quarantine"]
    beside = _rows([reason for reason in reasons if reason.reason in BESIDE_THE_POINT])
    anonymous = _rows([reason for reason in reasons if reason.reason == ANONYMOUS])
    of_sale = reconciliation.rows_in - reconciliation.rows_merged - beside
    if anonymous > terms.anonymous_limit * of_sale:
        raise DataError(
            f"{source.place}: {anonymous} of {of_sale} rows name no customer, more than the store's anonymous_limit "
            f"of {terms.anonymous_limit:.0%}; check tables.{source.table}.columns.customer_id or raise anonymous_limit"
        )
    unusable = [reason for reason in reasons if reason.reason not in (ANONYMOUS, *BESIDE_THE_POINT)]
    nothing_left = source.table == "transactions" and reconciliation.rows_kept == 0
    if _rows(unusable) > MOST_REJECTED * (of_sale - anonymous):
        shares = f"{_rows(unusable)} of {of_sale - anonymous} rows cannot"
    elif nothing_left:
        unusable, shares = reasons, f"none of {reconciliation.rows_in} rows can"
    else:
        return
    worst = max(unusable, key=lambda reason: reason.rows)
    raise DataError(
        f"{source.place}: {shares} be used, most for {worst.reason} ({worst.rows}"
        f"{_example(worst.reason, raw, judged, engine)}); check {_to_check(worst.reason, source)}"
    )


def _rows(reasons: list[ReasonCount]) -> int:
    return sum(reason.rows for reason in reasons)


def _example(reason: str, raw: ir.Table, judged: Judged, engine: Backend) -> str:
    """The first row of a reason that is about one value, and that value."""
    kind, _, column = reason.partition("_")
    if kind not in ("unreadable", "unknown") or column not in judged.columns:
        return ""
    found = judged.rows.filter(judged.rows.fate == reason).order_by(PLACE).select(*PLACE).limit(1)
    first = rows(
        engine, raw.semi_join(found, PLACE).select("source_row", value=raw[judged.columns[column]].cast("string"))
    )[0]
    return f", the first in row {first['source_row']}: {shown_value(first['value'])}"


def _to_check(reason: str, source: Source) -> str:
    """The keys of the parameter file that decide whether rows meet a reason."""
    place = f"tables.{source.table}"
    if reason == "unknown_variant":
        return f"{place}.variants"
    if reason.startswith("unknown_"):
        return f"{place}.values.{reason.removeprefix('unknown_')}"
    if reason == LEFT_OUT:
        return f"only and without of {place}"
    if reason == AFTER_AS_OF:
        return "as_of of the store"
    if reason == CONFLICT:
        return f"{place}.columns, for rows of one name differ"
    return f"columns and csv of {place}"
