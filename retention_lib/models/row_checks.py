"""What became of rows, judged: sales without a customer, rows dated in the future, rows that repeat another one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, ClassVar

import pandas as pd

from retention_lib.estimates import NotEnough

FUTURE_SHARE = 0.01
FUTURE_REASONS = ("in_the_future", "after_as_of")
ANONYMOUS_REASON = "missing_customer_id"
CONFLICT_REASON, KEPT_REASON, MERGED_REASON = "conflicting_rows", "duplicate_kept", "duplicate_merged"
NO_SALES = ("total_line", "left_out")
"""Rows that are no sales of the shop: lines of totals, and what the parameter file leaves out."""

SALES = "transactions"


@dataclass(frozen=True, kw_only=True)
class AnonymousSales:
    """Sales without a customer: they are set aside and in no figure about customers.

    Attributes:
        rows: Rows without a customer (count).
        rows_in: Rows of sales in the source, each once: no lines of totals, no rows left out on purpose, no
            repeats (count).
        share: Their share of these rows, in [0, 1].
        amount: Their money.
        amount_share: Their share of the money of these rows, in [0, 1]; None where that money is not above 0 or
            the share is not one (refunds outweigh sales).
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
        return pd.DataFrame([asdict(self)])


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
    """Rows that share a name and contradict each other, and equal rows that were dropped or kept.

    Attributes:
        table: One row a table that has any: table, conflicting (rows set aside because two rows under one id
            differ), merged (rows equal to an earlier one and dropped), amount_merged (their money; Decimal, None
            without money), kept (rows equal to an earlier one and used, for nothing says that they are one),
            rows_in.
    """

    table: pd.DataFrame
    check: ClassVar[str] = "repeats"

    @property
    def conflicting(self) -> int:
        """Rows that contradict another one (count)."""
        return int(self.table["conflicting"].sum())

    @property
    def merged(self) -> int:
        """Equal rows that were dropped (count)."""
        return int(self.table["merged"].sum())

    @property
    def sales_merged(self) -> int:
        """Equal rows of sales that were dropped (count)."""
        return int(self._sales["merged"].sum())

    @property
    def amount_merged(self) -> Decimal:
        """Money of the rows of sales that were dropped."""
        return _total(self._sales["amount_merged"])

    @property
    def _sales(self) -> pd.DataFrame:
        return self.table[self.table["table"] == SALES]

    @property
    def kept(self) -> int:
        """Equal rows that were kept (count)."""
        return int(self.table["kept"].sum())

    @property
    def found(self) -> bool:
        """Whether there is any of them."""
        return self.conflicting + self.merged + self.kept > 0

    def to_frame(self) -> pd.DataFrame:
        """The tables, one row each."""
        return self.table


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
    total, own = sales.iloc[0], rules[rules["table"] == SALES]
    marked, beside = own[own["reason"] == ANONYMOUS_REASON], own[own["reason"].isin(NO_SALES)]
    rows, amount = int(marked["rows"].sum()), _money(marked)
    rows_in = int(total["rows_in"]) - int(total["rows_merged"]) - int(beside["rows"].sum())
    money = total["amount_kept"] + total["amount_rejected"] - _money(beside)
    share = float(amount / money) if money > 0 else -1.0
    return AnonymousSales(
        rows=rows,
        rows_in=rows_in,
        share=rows / rows_in if rows_in else 0.0,
        amount=float(amount),
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
    marked = rules[rules["reason"].isin([CONFLICT_REASON, KEPT_REASON, MERGED_REASON])]
    found = [_repeats(str(table), rows) for table, rows in marked.groupby("table", sort=False)]
    columns = ["table", "conflicting", "merged", "amount_merged", "kept", "rows_in"]
    return RepeatedRows(table=pd.DataFrame(found, columns=columns).astype({"amount_merged": object}))


def _repeats(table: str, rows: pd.DataFrame) -> dict[str, Any]:
    count = {reason: int(rows.loc[rows["reason"] == reason, "rows"].sum()) for reason in set(rows["reason"])}
    merged = rows[rows["reason"] == MERGED_REASON]
    return {
        "table": table,
        "conflicting": count.get(CONFLICT_REASON, 0),
        "merged": count.get(MERGED_REASON, 0),
        "amount_merged": None if merged["amount"].isna().any() else _money(merged),
        "kept": count.get(KEPT_REASON, 0),
        "rows_in": int(rows["rows_in"].iloc[0]),
    }


def _money(rows: pd.DataFrame) -> Decimal:
    """The money of some rules, exactly."""
    return _total(rows["amount"])


def _total(amounts: pd.Series[Any]) -> Decimal:
    """The sum of what is there; a table without money has none."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
