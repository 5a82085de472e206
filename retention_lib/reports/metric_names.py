"""What the metrics of a test are called, and how their means and differences are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.reports.text import clean_value
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import DASH, N_, RANGE, Words

_SHARES: Mapping[str, str] = MappingProxyType(
    {
        "visit": N_("share who visited"),
        "conversion": N_("share who bought"),
        "average_order": N_("average order"),
        "refund_share": N_("share of sales refunded"),
        "discount_share": N_("share of the price given as discounts"),
        "unsubscribed": N_("share who unsubscribed"),
    }
)
"""What is called the same for customers and for households."""

_PER_UNIT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "orders": (N_("orders per household"), N_("orders per customer")),
        "revenue": (N_("revenue per household"), N_("revenue per customer")),
        "gross_profit": (N_("gross profit per household"), N_("gross profit per customer")),
    }
)


def metric_name(metric: str, words: Words, *, unit: str = "customer", kind: str = "money") -> str:
    """What a metric is called; a column of the store's own by its name.

    Args:
        metric: The metric.
        words: The reader's language.
        unit: What is counted: `customer` or `household`.
        kind: How it is written: `share`, `money`, `count` or `ratio`.
    """
    if metric in _SHARES:
        return words.say(_SHARES[metric])
    if metric in _PER_UNIT:
        household, customer = _PER_UNIT[metric]
        return words.say(of_unit(unit, household=household, customer=customer))
    name = clean_value(metric.replace("_", " "))
    if kind == "share":
        return words.say(N_("share with {metric}"), metric=name)
    per_unit = of_unit(unit, household=N_("{metric} per household"), customer=N_("{metric} per customer"))
    return words.say(per_unit, metric=name)


def mean_text(value: float, kind: str, words: Words) -> str:
    """A mean or a share of one arm."""
    if kind == "share":
        return words.percent(value, 2 if abs(value) < 0.1 else 1)
    return difference_text(value, kind, words)


def difference_text(value: float, kind: str, words: Words, *, sign: bool = False) -> str:
    """A difference of two means, with a plus where it is asked for; shares in percentage points."""
    if math.isnan(value):
        return DASH
    if kind == "share":
        text = words.points(value, 2 if abs(value) < 0.1 else 1)
    elif kind == "count":
        text = words.number(value, 3 if abs(value) < 1 else 2)
    else:
        text = words.money(value)
    return f"+{text}" if sign and value > 0 else text


def differences_text(low: float, high: float, kind: str, words: Words) -> str:
    """The interval of a difference; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    ends = {"low": difference_text(low, kind, words), "high": difference_text(high, kind, words)}
    return words.say(RANGE, **ends)
