"""The customer profile: one row a customer, from every table the store has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.profile_behaviour import message_part, sent_messages, web_part
from retention_lib.measures.profile_columns import PROFILE_COLUMNS, ProfileColumn, ProfileKind
from retention_lib.measures.profile_person import feedback_part, loyalty_part, person_part, service_part
from retention_lib.measures.profile_sales import category_part, channel_part, coupon_part, sales_part, sold_orders
from retention_lib.measures.profile_times import hour_part, weekday_part
from retention_lib.measures.purchases import purchase_days

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

_STAMPS: Mapping[str, str] = {
    "service": "opened_at",
    "loyalty_events": "occurred_at",
    "contacts": "sent_at",
    "web_events": "occurred_at",
    "feedback": "given_at",
}
"""The tables beside sales and `customers` that make somebody known, with the column that says when."""

_ENGINE_TYPES: Mapping[ProfileKind, str] = {
    "text": "string",
    "day": "date",
    "count": "int64",
    "money": "decimal(38, 4)",
    "number": "float64",
    "boolean": "boolean",
}

_FRAME_TYPES: Mapping[ProfileKind, str] = {
    "text": "string",
    "day": "datetime64[ns]",
    "count": "Int64",
    "money": "float64",
    "number": "float64",
    "boolean": "boolean",
}


def customer_profile(store: Store, until: date, *, columns: Collection[str] | None = None) -> ir.Table:
    """Everything the store knows of each customer when a period ends.

    A customer is who bought, is in `customers` (and did not register later), or has a row in `contacts`,
    `web_events`, `loyalty_events`, `feedback` or `service` before the end. The result is materialised in the engine.

    Args:
        store: The store; only `transactions` or `customers` is needed.
        until: First day that is no longer seen (half-open).
        columns: Those wanted beside `customer_id`; all of them if omitted. What no column needs is not computed, which
            for a million customers is most of the time.

    Returns:
        Table with these columns of `PROFILE_COLUMNS`, all of them whatever tables the store has, one row a customer,
        ordered by `customer_id`. A column whose table the store lacks is null; where the table is there and
        says nothing of a customer, counts and sums are 0, `member` is no, and the rest is null.
    """
    purchases, orders = _sales(store, until)
    wanted = [column for column in PROFILE_COLUMNS if columns is None or column.name in {"customer_id", *columns}]
    names = {column.name for column in wanted} - {"customer_id"}
    every = [*_sales_parts(store, purchases, orders, until), *_other_parts(store, until)]
    parts = [part for part in every if names.intersection(part.columns)]
    known = _known_customers(store, purchases, until=until)
    joined = reduce(lambda left, part: left.left_join(part, "customer_id").drop("customer_id_right"), parts, known)
    values = {column.name: _value(joined, column) for column in wanted}
    return joined.select(**values).order_by("customer_id").cache()


def profile_frame(profile: ir.Table) -> pd.DataFrame:
    """The customer profile as a frame.

    Args:
        profile: From `customer_profile`, or rows of it.

    Returns:
        The columns of `PROFILE_COLUMNS`, ordered by `customer_id`: text as `string`, days as `datetime64[ns]`, counts
        as `Int64`, money and other numbers as `float64`, yes and no as `boolean`; what is not known is missing.
    """
    frame = profile.order_by("customer_id").to_pandas()
    return frame.astype({column.name: _FRAME_TYPES[column.kind] for column in PROFILE_COLUMNS})


def _sales(store: Store, until: date) -> tuple[ir.Table | None, ir.Table | None]:
    """Purchase days and orders, computed once; None without transactions."""
    transactions = store.find("transactions")
    if transactions is None:
        return None, None
    nothing = store.zero_amount_is_purchase
    return (
        purchase_days(transactions, until=until, zero_amount_is_purchase=nothing),
        sold_orders(transactions, until=until, zero_amount_is_purchase=nothing).cache(),
    )


def _sales_parts(store: Store, purchases: ir.Table | None, orders: ir.Table | None, until: date) -> Iterator[ir.Table]:
    if purchases is None or orders is None:
        return
    transactions = store.table("transactions")
    yield sales_part(transactions, purchases, orders, until=until)
    if "category" in transactions.columns:
        yield category_part(transactions, orders)
    if "channel" in transactions.columns:
        yield channel_part(orders)
    bought = orders.select("customer_id", at=orders.ordered_at)
    yield weekday_part(bought, name="favourite_weekday", share="weekday_share")
    yield hour_part(bought, name="favourite_hour", share="hour_share")


def _other_parts(store: Store, until: date) -> Iterator[ir.Table]:
    for table, part in (
        ("redemptions", coupon_part),
        ("contacts", message_part),
        ("customers", person_part),
        ("loyalty_events", loyalty_part),
        ("feedback", feedback_part),
        ("service", service_part),
    ):
        if store.has(table):
            yield part(store.table(table), until=until)
    if _names_customers(store, "web_events"):
        yield web_part(store.table("web_events"), until=until)
    if store.has("contacts") and "opened_at" in store.table("contacts").columns:
        sent = sent_messages(store.table("contacts"), until=until)
        opened = sent.filter(sent.opened_at.notnull()).select("customer_id", at=sent.opened_at)
        yield weekday_part(opened, name="favourite_open_weekday", share="open_weekday_share")
        yield hour_part(opened, name="favourite_open_hour", share="open_hour_share")


def _known_customers(store: Store, purchases: ir.Table | None, *, until: date) -> ir.Table:
    """Every customer the store knows at the end, once."""
    stop = ibis.timestamp(until.isoformat())
    known = [] if purchases is None else [purchases.select("customer_id")]
    if store.has("customers"):
        customers = store.table("customers")
        if "acquired_at" in customers.columns:
            customers = customers.filter(customers.acquired_at.isnull() | (customers.acquired_at < stop))
        known.append(customers.select("customer_id"))
    for name, stamp in _STAMPS.items():
        if _names_customers(store, name):
            rows = store.table(name)
            known.append(rows.filter(rows[stamp] < stop, rows.customer_id.notnull()).select("customer_id"))
    return ibis.union(*known, distinct=True) if len(known) > 1 else known[0].distinct()


def _names_customers(store: Store, table: str) -> bool:
    return store.has(table) and "customer_id" in store.table(table).columns


def _value(joined: ir.Table, column: ProfileColumn) -> ir.Value:
    """A column in its type: null where the store lacks the table, zero or no where the table lacks the customer."""
    kind = _ENGINE_TYPES[column.kind]
    if column.name not in joined.columns:
        return ibis.null(kind)
    value = joined[column.name].cast(kind)
    if not column.zero:
        return value
    return value.fill_null(False if column.kind == "boolean" else 0)
