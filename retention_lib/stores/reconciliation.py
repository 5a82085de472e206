"""What became of every row and every cent of a table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["quarantine", "merge", "warn"]

TOTAL_LINE = "total_line"
"""The reason of rows that add up others; their money stands in the source twice."""

LEFT_OUT = "left_out"
"""The reason of rows that the parameter file says to leave out."""

ON_PURPOSE = (TOTAL_LINE, LEFT_OUT)
"""The reasons of rows that are no sales of the shop; nothing is lost by setting them aside."""

IN_THE_FUTURE = "in_the_future"
"""The reason of rows of a later day than the one on which the table was taken in."""


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """The rows that share one finding.

    Attributes:
        reason: What was found, as a code (`missing_customer_id`).
        severity: What was done: `quarantine` sets the row aside, `merge` drops a repeated row, `warn` keeps
            the row (and, where a value of an optional column cannot be read, keeps it without the value).
        rows: Rows (count).
        amount: Their money, where it can be read; None for a table without money.
        places: The first of them, as file:row.
    """

    reason: str
    severity: Severity
    rows: int
    amount: Decimal | None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """The count of a table's rows and money: in = kept + rejected + merged.

    Amounts are in the store's currency and hold what can be read; all are None for a table without money.

    Attributes:
        table: The table.
        rows_in: Rows in the source (count).
        rows_kept: Rows that reports use (count).
        rows_rejected: Rows set aside with a reason (count).
        rows_merged: Repeated rows dropped (count).
        amount_in: Money in the source.
        amount_kept: Money in the rows kept.
        amount_rejected: Money in the rows set aside.
        amount_merged: Money in the repeated rows.
        reasons: What was found; the rows of severity `quarantine` add up to `rows_rejected`, those of `merge`
            to `rows_merged`.
    """

    table: str
    rows_in: int
    rows_kept: int
    rows_rejected: int
    rows_merged: int
    amount_in: Decimal | None
    amount_kept: Decimal | None
    amount_rejected: Decimal | None
    amount_merged: Decimal | None
    reasons: tuple[ReasonCount, ...]

    @property
    def balanced(self) -> bool:
        """Whether rows and money add up exactly, and the reasons with them."""
        rows = self.rows_in == self.rows_kept + self.rows_rejected + self.rows_merged
        reasons = (self._rows("quarantine"), self._rows("merge")) == (self.rows_rejected, self.rows_merged)
        return rows and reasons and self._money_balanced

    @property
    def amount_of_rows(self) -> Decimal | None:
        """Money of the rows kept and set aside, once each: without repeated rows and those set aside on purpose."""
        if self.amount_kept is None or self.amount_rejected is None:
            return None
        return self.amount_kept + self.amount_rejected - self.amount_on_purpose

    @property
    def rows_on_purpose(self) -> int:
        """Lines of totals and rows left out by the parameter file (count)."""
        return sum(reason.rows for reason in self.reasons if reason.reason in ON_PURPOSE)

    @property
    def amount_on_purpose(self) -> Decimal:
        """Money of these, where it can be read; it is no money of the shop, or stands in other rows too."""
        return sum((reason.amount or Decimal(0) for reason in self.reasons if reason.reason in ON_PURPOSE), Decimal(0))

    @property
    def _money_balanced(self) -> bool:
        parts = (self.amount_kept, self.amount_rejected, self.amount_merged)
        if self.amount_in is None:
            return all(part is None for part in parts)
        return self.amount_in == sum(part or Decimal(0) for part in parts)

    def _rows(self, severity: Severity) -> int:
        return sum(reason.rows for reason in self.reasons if reason.severity == severity)

    def to_plain(self) -> dict[str, Any]:
        """The same as JSON can hold it: money as text, so that no cent is lost."""
        plain = {name: _plain(value) for name, value in vars(self).items() if name != "reasons"}
        reasons = [{name: _plain(value) for name, value in vars(reason).items()} for reason in self.reasons]
        return {**plain, "reasons": reasons}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Reconciliation:
        """The reconciliation that `to_plain` wrote."""
        values = {name: _money(name, value) for name, value in plain.items() if name != "reasons"}
        return cls(**values, reasons=tuple(map(_reason, plain["reasons"])))


def _reason(plain: Mapping[str, Any]) -> ReasonCount:
    values = {name: _money(name, value) for name, value in plain.items()}
    return ReasonCount(**{**values, "places": tuple(plain["places"])})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal) else value


def _money(name: str, value: Any) -> Any:
    return Decimal(value) if name.startswith("amount") and value is not None else value
