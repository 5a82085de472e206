"""What a check of the data found: rows and cents, rules, anonymous sales, repeats, and what is in order.

`data_quality` judges all checks at once; `data_alerts` leaves of them what a reader of a report should see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import pandas as pd

from retention_lib.models.estimates import NotEnough
from retention_lib.models.ids import LookAlikes, OrphanIds, look_alikes, orphan_ids
from retention_lib.models.outliers import (
    DominantCustomer,
    NegativeCustomers,
    Outliers,
    dominant_customer,
    negative_customers,
    outliers,
)
from retention_lib.models.sales_calendar import LastMonth, SalesCalendar, last_month, sales_calendar

FUTURE_SHARE = 0.01
FUTURE_REASONS = ("in_the_future", "after_as_of")
ANONYMOUS_REASON = "missing_customer_id"
CONFLICT_REASON, KEPT_REASON = "conflicting_rows", "duplicate_kept"
SALES = "transactions"


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
    """

    table: pd.DataFrame

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
    """

    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The rules, one row each."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class AnonymousSales:
    """Sales without a customer: they count as revenue at the source and in no figure about customers.

    Attributes:
        rows: Rows without a customer (count).
        rows_in: Rows of the source (count).
        share: Their share of the rows, in [0, 1].
        amount: Their money.
        amount_share: Their share of the money, in [0, 1]; None where the source's money is not above 0 or the
            share is not one (refunds outweigh sales).
    """

    rows: int
    rows_in: int
    share: float
    amount: float
    amount_share: float | None
    check: ClassVar[str] = "anonymous"

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return self.rows > 0

    def to_frame(self) -> pd.DataFrame:
        """The figures as one row."""
        return _one_row(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class FutureRows:
    """Rows dated after today, or after the day at which the data are pinned.

    Attributes:
        table: One row a table that has any: table, rows, rows_in (counts), share (in [0, 1]).
    """

    table: pd.DataFrame
    check: ClassVar[str] = "future"

    @property
    def found(self) -> bool:
        """Whether a table has more than 1 % of them."""
        return bool((self.table["share"] > FUTURE_SHARE).any())

    def to_frame(self) -> pd.DataFrame:
        """The tables, one row each."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class RepeatedRows:
    """Rows that share a name and contradict each other, and equal rows that were kept.

    Attributes:
        table: One row a table that has any: table, conflicting (rows set aside because two rows under one id
            differ), kept (rows equal to an earlier one and used, for nothing says that they are one), rows_in.
    """

    table: pd.DataFrame
    check: ClassVar[str] = "repeats"

    @property
    def conflicting(self) -> int:
        """Rows that contradict another one (count)."""
        return int(self.table["conflicting"].sum())

    @property
    def kept(self) -> int:
        """Equal rows that were kept (count)."""
        return int(self.table["kept"].sum())

    @property
    def found(self) -> bool:
        """Whether there is any of either."""
        return self.conflicting + self.kept > 0

    def to_frame(self) -> pd.DataFrame:
        """The tables, one row each."""
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
    future: FutureRows
    repeats: RepeatedRows

    @property
    def checks(self) -> tuple[Any, ...]:
        """The checks that could be made, in order; those without data to judge are left out."""
        held = [getattr(self, field.name) for field in fields(self)]
        return tuple(check for check in held if not isinstance(check, NotEnough) and hasattr(check, "found"))

    def to_frame(self) -> pd.DataFrame:
        """One row a check: check (code), found."""
        return pd.DataFrame([{"check": check.check, "found": check.found} for check in self.checks])


def data_quality(facts: Mapping[str, pd.DataFrame]) -> DataQuality:
    """Judge what was measured.

    Args:
        facts: From `measures.quality.quality_facts`.
    """
    rules = facts["rules"]
    return DataQuality(
        refused=tuple(_refused(rules)),
        counts=RowCounts(table=facts["counts"]),
        rules=RuleCounts(table=rules),
        anonymous=anonymous_sales(facts["counts"], rules),
        calendar=sales_calendar(facts["days"]),
        last_month=last_month(facts["coverage"]),
        outliers=outliers(facts["order_sizes"], facts["largest_orders"]),
        dominant=dominant_customer(facts["largest_customers"]),
        negative=negative_customers(facts["customer_nets"]),
        look_alikes=look_alikes(facts["look_alikes"]),
        orphans=orphan_ids(facts["orphans"]),
        future=future_rows(rules),
        repeats=repeated_rows(rules),
    )


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


def anonymous_sales(counts: pd.DataFrame, rules: pd.DataFrame) -> AnonymousSales | NotEnough:
    """The sales that name no customer.

    Args:
        counts: As `RowCounts.table`.
        rules: As `RuleCounts.table`.

    Returns:
        Rows and money; NotEnough("sales_known") without a table of transactions.
    """
    sales = counts[counts["table"] == SALES]
    if sales.empty:
        return NotEnough("sales_known", 0, 1)
    total = sales.iloc[0]
    marked = rules[(rules["table"] == SALES) & (rules["reason"] == ANONYMOUS_REASON)]
    rows, amount = int(marked["rows"].sum()), float(sum(marked["amount"]))
    money = float(total["amount_in"])
    share = amount / money if money > 0 else -1.0
    return AnonymousSales(
        rows=rows,
        rows_in=int(total["rows_in"]),
        share=rows / int(total["rows_in"]),
        amount=amount,
        amount_share=share if 0 <= share <= 1 else None,
    )


def future_rows(rules: pd.DataFrame) -> FutureRows:
    """The rows dated in the future, by table.

    Args:
        rules: As `RuleCounts.table`.
    """
    marked = rules[rules["reason"].isin(FUTURE_REASONS)]
    table = marked.groupby("table", sort=False).agg(rows=("rows", "sum"), rows_in=("rows_in", "first")).reset_index()
    return FutureRows(table=table.assign(share=table["rows"] / table["rows_in"]))


def repeated_rows(rules: pd.DataFrame) -> RepeatedRows:
    """The rows that contradict or repeat another one, by table.

    Args:
        rules: As `RuleCounts.table`.
    """
    marked = rules[rules["reason"].isin([CONFLICT_REASON, KEPT_REASON])]
    parts = marked.assign(
        conflicting=marked["rows"].where(marked["reason"] == CONFLICT_REASON, 0),
        kept=marked["rows"].where(marked["reason"] == KEPT_REASON, 0),
    )
    table = parts.groupby("table", sort=False).agg(
        conflicting=("conflicting", "sum"), kept=("kept", "sum"), rows_in=("rows_in", "first")
    )
    return RepeatedRows(table=table.reset_index())


def _refused(rules: pd.DataFrame) -> Iterator[RefusedTable]:
    for row in rules[rules["severity"] == "stop"].itertuples():
        yield RefusedTable(table=str(row.table), sentence=str(row.examples))


def _one_row(result: Any) -> pd.DataFrame:
    return pd.DataFrame([{field.name: getattr(result, field.name) for field in fields(result)}])
