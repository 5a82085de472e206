"""Scenarios of one's own: customers of whom a condition on columns of the profile is true."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import day_start, sendable
from retention_lib.settings.conditions import Among, Column, Comparison, Joined, Missing, Not, Part, Value

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenarios import ConditionScenario

_NUMBERS = frozenset({"count", "money", "number"})


def condition(context: TriggerContext, scenario: ConditionScenario) -> ir.Table:
    """The customers of whom a condition is true on the last day of the data.

    Args:
        context: The plan.
        scenario: Holds the condition.

    Returns:
        Columns of `due.TRIGGERED`, one row a customer: set off on the start of the plan, about nothing in particular.
    """
    profile = context.profile
    found = profile.filter(predicate(scenario.tree.root, profile))
    start = day_start(context.start)
    rows = found.select(
        "customer_id", trigger_at=start, due=start, detail=ibis.null("string"), strength=ibis.null("float64")
    )
    return sendable(rows, context, scenario)


def predicate(part: Part, profile: ir.Table) -> ir.BooleanValue:
    """A condition as an expression of the engine; never NULL.

    Args:
        part: From `retention_lib.settings.conditions.parsed`.
        profile: The customer profile.

    Returns:
        Yes or no for each row. A comparison with a value that is missing does not hold, nor does one with `!=`; so
        that `not` before it does.
    """
    if isinstance(part, Joined):
        parts = [predicate(each, profile) for each in part.parts]
        return ibis.and_(*parts) if part.every else ibis.or_(*parts)
    if isinstance(part, Not):
        return ~predicate(part.part, profile)
    if isinstance(part, Missing):
        return profile[part.column.name].isnull()
    if isinstance(part, Among):
        value = _column(part.column, profile)
        return value.isin([_constant(each) for each in part.values]).fill_null(False)
    return _compared(part, profile).fill_null(False)


def _compared(part: Comparison, profile: ir.Table) -> ir.BooleanValue:
    left = _column(part.column, profile)
    right = _column(part.other, profile) if isinstance(part.other, Column) else _constant(part.other)
    signs = {"==": left == right, "!=": left != right}
    if part.sign in signs:
        return signs[part.sign]
    ordered = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return ordered[part.sign]


def _column(column: Column, profile: ir.Table) -> ir.Value:
    """A column of the profile; numbers of all kinds in one type, so that they compare."""
    value = profile[column.name]
    return value.cast("float64") if column.kind in _NUMBERS else value


def _constant(value: Value) -> ir.Scalar:
    return ibis.date(value.isoformat()) if isinstance(value, date) else ibis.literal(value)
