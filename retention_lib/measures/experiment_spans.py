"""The days around the assignment: before it, in the window, in the weeks after the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import ibis
from ibis.expr import types as ir

from retention_lib.measures.experiments import Experiment, Reading

Span = Literal["window", "after", "full", "before"]

SUFFIXES: dict[Span, str] = {"window": "", "after": "_after", "full": "_full", "before": "_before"}
"""What the name of a column says about its days."""

APART: tuple[Span, ...] = ("window", "after", "before")
"""Spans that share no day; `full` is the first two."""

_PIECE = 1_500_000


def within(reading: Reading, rows: ir.Table) -> dict[Span, ir.BooleanValue]:
    """For each span whether a row lies in it.

    Args:
        reading: How the test is read.
        rows: `age` (days since the assignment) and `begun` (bool: at the time of the assignment or later).
    """
    return {
        "window": rows.begun & (rows.age < reading.window_days),
        "after": rows.begun & (rows.age >= reading.window_days) & (rows.age < reading.full_days),
        "full": rows.begun & (rows.age < reading.full_days),
        "before": ~rows.begun & (rows.age >= -reading.before_days),
    }


def age_of(at: ir.TimestampValue, day: ir.DateValue) -> ir.IntegerValue:
    """Whole days from the day of the assignment to that of an event; negative before it."""
    return at.date().delta(day, unit="day").cast("int32")


def dated_rows(test: Experiment, rows: ir.Table, stamp: str) -> ir.Table:
    """Rows about customers of the test, seen before it is read, with their unit and their age.

    Args:
        test: The test; it must have dates.
        rows: A table with `customer_id`.
        stamp: Its column of times.

    Returns:
        The rows with `unit`, `age` (days since the assignment) and `begun` (bool: at its time or later).
    """
    seen = rows.filter(rows[stamp] < ibis.timestamp(test.until.isoformat()))
    placed = test.placed
    if placed is None:
        placed = test.customers.inner_join(test.people.select("unit", "assigned_at", "day"), "unit")
    joined = seen.inner_join(placed, "customer_id")
    placed = joined.mutate(age=age_of(joined[stamp], joined.day), begun=joined[stamp] >= joined.assigned_at)
    return placed.drop("assigned_at", "day")


def pieces(test: Experiment, *tables: ir.Table) -> Iterator[tuple[ir.Table, ...]]:
    """Tables by unit, cut so that what the engine puts together for the units of a piece fits into little memory.

    Args:
        test: The test.
        *tables: Tables with `unit`.

    Yields:
        The rows of each table about the units of one piece.
    """
    count = -(-test.mixed.assigned // _PIECE) or 1
    for at in range(count):
        yield tables if count == 1 else tuple(table.filter(table.unit % count == at) for table in tables)
