"""The table of a month's vital signs."""

from __future__ import annotations

import re

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.changes import beyond_chance
from retention_lib.models.signs import VitalSign
from retention_lib.models.vitals import VitalSigns
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.figures import figure_spec
from retention_lib.reports.style import FEW
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words
from retention_lib.settings.calendar import Month

# The page shows one of each pair that adds up to a whole, and of the second purchases the longest.
SHOWN = (
    *("retention_gross", "crr", "repeat_rate", "second_purchase_90d", "one_time_share", "purchase_frequency"),
    *("average_order", "refund_share", "revenue_month", "revenue_retention_year"),
    *("cost_of_keeping", "cost_of_winning"),
)

# In the table alone: what counts all days so far moves nearly always the same way, and costs are what the shop decided.
UNTOLD = frozenset({"repeat_rate", "one_time_share", "cost_of_keeping", "cost_of_winning"})
# Above it money is written short.
_LARGE = 100_000


@shown_table.register
def _(result: VitalSigns, words: Words) -> Table:
    month = Month.parse(result.month)
    columns = (
        Column(name="sign", header=words.say(N_("What"))),
        Column(name="value", header=words.say(N_("Value (95% interval)"))),
        Column(name="base", header=words.say(N_("Base")), kind="integer"),
        Column(
            name="month",
            header=words.say(N_("Change on {month}"), month=words.month(str(month.previous()))),
        ),
        Column(name="year", header=words.say(N_("Change on {month}"), month=words.month(str(month.shift(-12))))),
    )
    shown = [_row(sign, words) for sign in result.signs if sign.figure in SHOWN and isinstance(sign.value, Estimate)]
    known = [
        column for column in columns if column.name not in {"month", "year"} or any(row[column.name] for row in shown)
    ]
    frame = pd.DataFrame(shown, columns=[*(column.name for column in columns), "thin"])
    caption = words.say(
        N_("Key figures of {month}; a change that is not marked is within chance (its 95% interval holds zero)"),
        month=words.month(result.month),
    )
    return Table(columns=tuple(known), frame=frame, caption=caption, thin="thin", limit=len(SHOWN))


def moved(sign: VitalSign, change: Estimate, words: Words) -> str:
    """A change in words: shares in points, money in percent of what it was, the rest in its own unit."""
    unit = figure_spec(sign.figure).unit
    size = abs(change.value)
    before = sign.value.value - change.value if isinstance(sign.value, Estimate) else 0.0
    if unit == "share":
        amount = words.points(size)
    elif unit.startswith("money") and before > 0:
        amount = words.percent(size / before)
    else:
        amount = words.number(size, 2)
    if not re.search(r"[1-9]", amount):
        return words.say(N_("unchanged"))
    message = N_("up {amount}") if change.value > 0 else N_("down {amount}")
    return words.say(message, amount=amount)


def _row(sign: VitalSign, words: Words) -> dict[str, object]:
    spec = figure_spec(sign.figure)
    value = sign.value
    text = ""
    if isinstance(value, Estimate):
        text = _written(value.value, spec.unit, words)
        if value.low is not None and value.high is not None:
            low, high = (_written(bound, spec.unit, words) for bound in (value.low, value.high))
            text = words.say(N_("{value} ({low} to {high})"), value=text, low=low, high=high)
    return {
        "sign": spec.label_in(words),
        "value": text,
        "base": value.n,
        "thin": isinstance(value.n, int | float) and value.n < FEW,
        "month": _change(sign, sign.change_month, words),
        "year": _change(sign, sign.change_year, words),
    }


def _written(value: float, unit: str, words: Words) -> str:
    """A value as short as a table can hold it."""
    if unit == "number":
        return words.number(value, 1 if value >= 10 else 2)
    return words.value(value, unit, compact=abs(value) >= _LARGE)


def _change(sign: VitalSign, change: Estimate | NotEnough, words: Words) -> str | None:
    """A change, marked where it is more than chance; none where nothing can be compared."""
    if isinstance(change, NotEnough):
        return None
    amount = moved(sign, change, words)
    return words.say(N_("{change}, more than chance"), change=amount) if beyond_chance(change) else amount
