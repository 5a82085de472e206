"""What a check of the data found: rows and cents, rules, anonymous sales, repeats, and what is in order.

`data_quality` judges all checks at once; `data_alerts` leaves of them what a reader of a report should see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.ids import LookAlikes, OrphanIds, ReusedOrders, look_alikes, orphan_ids, reused_orders
from retention_lib.models.outliers import (
    DominantCustomer,
    NegativeCustomers,
    Outliers,
    dominant_customer,
    negative_customers,
    outliers,
)
from retention_lib.models.row_checks import (
    SALES,
    AnonymousSales,
    FutureRows,
    RepeatedRows,
    anonymous_sales,
    future_rows,
    repeated_rows,
)
from retention_lib.models.sales_calendar import LastMonth, SalesCalendar, last_month, sales_calendar

ABOUT_SALES = (
    *("anonymous", "calendar", "last_month", "outliers", "dominant", "negative"),
    *("orphans", "reused_orders", "future", "repeats"),
)
"""Checks that say nothing where the sales could not be read."""

REMEDIED = ("dominant", "repeats", "look_alikes", "orphans", "reused_orders")
"""Checks whose findings a line of the parameter file or a better export can mend."""


@dataclass(frozen=True, kw_only=True)
class RefusedTable:
    """A table that could not be trusted at all and was left out.

    Attributes:
        table: The table.
        sentence: What is wrong with it, where, and what to do, as the store said it.
    """

    table: str
    sentence: str
    check: ClassVar[str] = "refused"
    found: ClassVar[bool] = True

    def to_frame(self) -> pd.DataFrame:
        """One row: table, sentence."""
        return pd.DataFrame([{"table": self.table, "sentence": self.sentence}])


@dataclass(frozen=True, kw_only=True, eq=False)
class RowCounts:
    """Rows and money of every table: in = kept + rejected + merged.

    Attributes:
        table: One row a table: table, rows_in, rows_kept, rows_rejected, rows_merged (counts), amount_in,
            amount_kept, amount_rejected, amount_merged (Decimal; None for a table without money).
        refused: Names of the tables that were left out, and whose rows are not counted.
    """

    table: pd.DataFrame
    refused: tuple[str, ...] = ()

    @property
    def rows_in(self) -> int:
        """Rows in all sources (count)."""
        return int(self.table["rows_in"].sum())

    @property
    def rows_kept(self) -> int:
        """Rows that reports use (count)."""
        return int(self.table["rows_kept"].sum())

    @property
    def rows_rejected(self) -> int:
        """Rows set aside (count)."""
        return int(self.table["rows_rejected"].sum())

    @property
    def rows_merged(self) -> int:
        """Repeated rows dropped (count)."""
        return int(self.table["rows_merged"].sum())

    def to_frame(self) -> pd.DataFrame:
        """The counts, money exact to its last digit."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleCounts:
    """Every rule that rows broke, worst first.

    Attributes:
        table: One row a table and rule: table, reason (code), severity ("stop": the whole table is left out;
            "quarantine": the rows are set aside; "warn": they are used; "merge": repeats dropped), rows,
            rows_in (counts; missing for "stop"), share (of the table's rows, in [0, 1]), amount (Decimal; None
            without money), examples (text: file:row with hashed customers; for "stop" the sentence).
        judged: Rows that the rules were put to (count).
    """

    table: pd.DataFrame
    judged: int

    def to_frame(self) -> pd.DataFrame:
        """The rules, one row each."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class InOrder:
    """The checks that found nothing.

    Attributes:
        checks: Their codes, in order.
    """

    checks: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a check."""
        return pd.DataFrame({"check": list(self.checks)})


@dataclass(frozen=True, kw_only=True, eq=False)
class DataQuality:
    """All checks of a store's data.

    Attributes:
        refused: Tables left out because they cannot be trusted.
        counts: Rows and money of every table.
        rules: What rows broke.
        anonymous: Sales without a customer.
        calendar: Days and months without a sale.
        last_month: Whether the last month is over.
        outliers: Orders far larger than the rest.
        dominant: A customer who makes up much of the sales.
        negative: Customers who returned as much as they bought.
        look_alikes: Ids that differ only in the way they are written.
        orphans: Ids that are in one table and not where they should be found again.
        reused_orders: Order numbers that name several orders.
        future: Rows dated in the future.
        repeats: Rows that contradict or repeat another one.
    """

    refused: tuple[RefusedTable, ...]
    counts: RowCounts
    rules: RuleCounts
    anonymous: AnonymousSales | NotEnough
    calendar: SalesCalendar | NotEnough
    last_month: LastMonth | NotEnough
    outliers: Outliers | NotEnough
    dominant: DominantCustomer | NotEnough
    negative: NegativeCustomers | NotEnough
    look_alikes: LookAlikes | NotEnough
    orphans: OrphanIds | NotEnough
    reused_orders: ReusedOrders | NotEnough
    future: FutureRows | NotEnough
    repeats: RepeatedRows | NotEnough

    @property
    def checks(self) -> tuple[Any, ...]:
        """The checks that could be made, in order; those without data to judge are left out."""
        held = [getattr(self, field.name) for field in fields(self)]
        return tuple(check for check in held if not isinstance(check, NotEnough) and hasattr(check, "found"))

    @property
    def to_mend(self) -> tuple[Any, ...]:
        """The checks that found what a line of the parameter file or a better export can mend."""
        return tuple(check for check in self.checks if check.found and check.check in REMEDIED)

    def to_frame(self) -> pd.DataFrame:
        """One row a check: check (code), found."""
        return pd.DataFrame([{"check": check.check, "found": check.found} for check in self.checks])


def data_quality(facts: Mapping[str, pd.DataFrame]) -> DataQuality:
    """Judge what was measured.

    Args:
        facts: From `measures.quality.quality_facts`.
    """
    rules, counts = facts["rules"], facts["counts"]
    refused = tuple(_refused(rules))
    quality = DataQuality(
        refused=refused,
        counts=RowCounts(table=counts, refused=tuple(table.table for table in refused)),
        rules=RuleCounts(table=rules, judged=int(counts["rows_in"].sum())),
        anonymous=anonymous_sales(counts, rules),
        calendar=sales_calendar(facts["days"]),
        last_month=last_month(facts["coverage"]),
        outliers=outliers(facts["order_sizes"], facts["largest_orders"]),
        dominant=dominant_customer(facts["largest_customers"]),
        negative=negative_customers(facts["customer_nets"]),
        look_alikes=look_alikes(facts["look_alikes"]),
        orphans=orphan_ids(facts["orphans"]),
        reused_orders=reused_orders(facts["order_numbers"]),
        future=future_rows(rules),
        repeats=repeated_rows(rules),
    )
    return _without_sales(quality) if _sales_refused(quality) else quality


def data_alerts(quality: DataQuality, *further: Any) -> tuple[Any, ...]:
    """What a report says about its data: a line for each thing found, one line for all that is in order.

    Args:
        quality: From `data_quality`.
        *further: Further checks, such as `sufficiency.report_sufficiency` of the report.

    Returns:
        Results for `report.alerts`, refused tables first.
    """
    checks = (*quality.checks, *further)
    found = [*quality.refused, *(check for check in checks if check.found)]
    clean = tuple(check.check for check in checks if not check.found)
    return (*found, *([InOrder(checks=clean)] if clean else []))


def _sales_refused(quality: DataQuality) -> bool:
    return SALES in quality.counts.refused or quality.counts.table.empty


def _without_sales(quality: DataQuality) -> DataQuality:
    """The same where the sales could not be read: what is about them is not judged, whatever else was."""
    refusals: dict[str, Any] = dict.fromkeys(ABOUT_SALES, NotEnough("sales_known", 0, 1))
    return replace(quality, **refusals)


def _refused(rules: pd.DataFrame) -> Iterator[RefusedTable]:
    for row in rules[rules["severity"] == "stop"].itertuples():
        yield RefusedTable(table=str(row.table), sentence=str(row.examples))
