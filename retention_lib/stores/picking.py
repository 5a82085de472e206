"""Rows picked by what stands in columns of the source: those left out, and refunds written without a minus."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.columns import RAW
from retention_lib.stores.parsing import source_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from retention_lib.stores.parsing import Reading
    from retention_lib.stores.sources import Source

REFUNDED = ("amount", "discount", "cost")
"""The money of a refund, all of which is negative, so that a refund in full takes back its sale in full."""


def is_left_out(source: Source, raw: ir.Table) -> ir.BooleanValue:
    """Where the parameter file leaves a row out; an empty cell is another value than those of `only`.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
    """
    wanted, unwanted = source.settings.only, source.settings.without
    kept = reduce(and_, [_holds(raw, name, values) for name, values in wanted.items()], ibis.literal(True))
    dropped = reduce(or_, [_holds(raw, name, values) for name, values in unwanted.items()], ibis.literal(False))
    return ~kept | dropped


def with_refunds(source: Source, raw: ir.Table, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """The readings with the money of refunds below zero, however it is written.

    Args:
        source: The table's source, which says what marks a refund.
        raw: Its rows as they were read.
        readings: Its columns as the contract wants them.
    """
    marks = [_holds(raw, name, values) for name, values in source.settings.refunds.items()]
    if not marks:
        return dict(readings)
    refund = reduce(or_, marks)
    money = {name: readings[name] for name in REFUNDED if name in readings}
    below = {name: ibis.ifelse(refund, -reading.value.abs(), reading.value) for name, reading in money.items()}
    return {**readings, **{name: replace(readings[name], value=value) for name, value in below.items()}}


def without_nobodies(source: Source, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """The readings with nothing in place of customer ids that name nobody."""
    if not source.settings.anonymous or "customer_id" not in readings:
        return dict(readings)
    customer = readings["customer_id"]
    named = ibis.ifelse(_is_one_of(customer.source, source.settings.anonymous), ibis.null("string"), customer.source)
    return {**readings, "customer_id": replace(customer, source=named, value=named)}


def with_orders_of_a_day(source: Source, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """The readings with the day in each order's id where the numbers begin anew every day."""
    if source.settings.order_numbers != "daily" or "order_id" not in readings:
        return dict(readings)
    order, day = readings["order_id"], readings["ordered_at"].value.date().cast("string")
    return {**readings, "order_id": replace(order, value=ibis.coalesce(order.value + " " + day, order.value))}


def _holds(raw: ir.Table, column: str, values: Sequence[str]) -> ir.BooleanValue:
    return _is_one_of(source_text(raw[RAW + column]), values)


def _is_one_of(text: ir.StringValue, values: Sequence[str]) -> ir.BooleanValue:
    """Whether a text is one of some values, whatever their case; false where there is none."""
    return text.lower().isin([value.strip().lower() for value in values]).fill_null(False)
