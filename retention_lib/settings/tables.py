"""The tables a store may hold and their columns, as plain data.

The stores room builds its contracts from these, and parameter files are checked against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ColumnKind = Literal["text", "timestamp", "date", "money", "number", "integer", "boolean"]


@dataclass(frozen=True)
class ColumnSpec:
    """One column of a table.

    Attributes:
        name: The name used everywhere in the toolkit.
        kind: What its values are; timestamps are in the store's time zone, money in its currency.
        required: Whether the table is refused without it.
        choices: The words it may hold; empty where any text will do.
    """

    name: str
    kind: ColumnKind
    required: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One table of a store.

    Attributes:
        name: The name used everywhere in the toolkit.
        columns: Its columns, the required ones first.
        one_of: Groups of columns of which at least one must be there.
        open_columns: Whether the user may name further columns (the metrics of `outcomes`).
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    open_columns: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> ColumnSpec:
        """The column of that name.

        Raises:
            KeyError: When the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _table(
    name: str,
    *,
    required: str,
    optional: str = "",
    one_of: tuple[tuple[str, ...], ...] = (),
    open_columns: bool = False,
) -> TableSpec:
    """A table from two lists of `name:kind` words (text where no kind is given)."""
    columns = []
    for words, is_required in ((required, True), (optional, False)):
        for word in words.split():
            column, _, kind = word.partition(":")
            choices = _CHOICES.get((name, column), ())
            columns.append(ColumnSpec(column, _KINDS[kind or "text"], is_required, choices))
    return TableSpec(name, tuple(columns), one_of, open_columns)


_KINDS: Mapping[str, ColumnKind] = {
    "text": "text",
    "timestamp": "timestamp",
    "date": "date",
    "money": "money",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}

_CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("identities", "kind"): ("card", "email", "phone", "cookie"),
    ("loyalty_events", "event"): (
        *("join", "earn", "grant", "redeem", "reverse"),
        *("adjust", "expire", "forfeit", "tier", "leave"),
    ),
    ("web_events", "event"): ("visit", "view", "cart_add", "checkout", "purchase"),
    ("feedback", "kind"): ("review", "survey"),
}

_ALL = (
    _table(
        "transactions",
        required="customer_id ordered_at:timestamp amount:money",
        optional="order_id line_id quantity:number product_id category discount:money cost:money channel"
        " promised_at:timestamp delivered_at:timestamp coupon_id carrier currency",
    ),
    _table(
        "customers",
        required="customer_id",
        optional="acquired_at:timestamp acquisition_channel acquisition_cost:money birth_date:date sex"
        " age_band income_band region household_id email_consent:boolean sms_consent:boolean"
        " messenger_consent:boolean",
    ),
    _table("identities", required="customer_id kind value"),
    _table(
        "service",
        required="customer_id opened_at:timestamp",
        optional="kind closed_at:timestamp order_id",
    ),
    _table(
        "loyalty_events",
        required="customer_id occurred_at:timestamp event",
        optional="points:number tier reason earned_at:timestamp expires_at:timestamp value:money",
    ),
    _table(
        "contacts",
        required="customer_id campaign_id channel sent_at:timestamp",
        optional="opened_at:timestamp clicked_at:timestamp unsubscribed_at:timestamp offer cost:money",
    ),
    _table(
        "assignments",
        required="customer_id experiment_id variant",
        optional="assigned_at:timestamp stratum",
    ),
    _table(
        "redemptions",
        required="customer_id coupon_id campaign_id redeemed_at:timestamp",
        optional="order_id value:money",
    ),
    _table("outcomes", required="customer_id experiment_id", open_columns=True),
    _table(
        "web_events",
        required="occurred_at:timestamp event",
        optional="customer_id session_id product_id value:money",
        one_of=(("customer_id", "session_id"),),
    ),
    _table(
        "feedback",
        required="customer_id given_at:timestamp score:number scale:integer",
        optional="kind order_id answered_at:timestamp",
    ),
    _table("costs", required="month acquisition:money retention:money loyalty_running:money"),
)

TABLES: Mapping[str, TableSpec] = MappingProxyType({table.name: table for table in _ALL})
