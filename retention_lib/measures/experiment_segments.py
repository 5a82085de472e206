"""A few readable segments of the units of a test, by what was known before it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_persons import WORDS, persons, shared_values
from retention_lib.measures.experiment_sample import drawn_units

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes

OTHER, UNKNOWN = "other", "unknown"
"""What stands for all values beyond the commonest, and for none."""

_NAMED = 6
_RECENT = 30
_WHOLE = 7
_LOOKED_AT = 200_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Segments:
    """In which segment of each dimension the units of a test are.

    Attributes:
        table: One row a unit, kept in the engine: `unit` and for each dimension a column of its name: the place of the
            unit's segment among the labels.
        labels: The dimensions, and the names of the segments of each, in the order in which they are read.
    """

    table: ir.Table
    labels: Mapping[str, tuple[str, ...]]

    def to_frame(self) -> pd.DataFrame:
        """One row a segment: dimension, segment, units (count), in order."""
        rows = []
        for dimension, labels in self.labels.items():
            counts = self.table.group_by(place=dimension).aggregate(units=self.table.count()).to_pandas()
            units = counts.set_index("place")["units"]
            rows += [
                {"dimension": dimension, "segment": label, "units": int(units[place])}
                for place, label in enumerate(labels)
                if place in units.index
            ]
        return pd.DataFrame(rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Coded:
    """A dimension as conditions on a table.

    Attributes:
        labels: The names of its segments.
        conditions: When a unit is in each of them but the last, the first that holds deciding.
    """

    labels: tuple[str, ...]
    conditions: tuple[ir.BooleanValue, ...]

    @property
    def place(self) -> ir.Value:
        """The place of a unit's segment among the labels."""
        last = ibis.literal(len(self.conditions), "int8")
        return ibis.cases(
            *((condition, ibis.literal(at, "int8")) for at, condition in enumerate(self.conditions)), else_=last
        )


def segments(outcomes: Outcomes | NotEnough) -> Segments | NotEnough:
    """The segments of each unit, at most eight a dimension.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.

    Returns:
        The segments by `purchases` (orders in the days before: `0`, `1`, `2-4`, `5+`), `recency` (days since the last
        order, as far back as the days before reach: `0-30`, `31-84`, `85+`, in which are those without any), `region`,
        `income`, `acquisition_channel`, `sex`, `age` (the store's words), and of outcomes the columns known before
        (`yes` and `no`, whole numbers up to seven of them, or `low`, `middle`, `high` thirds). A dimension with one
        segment only is left out. NotEnough("features_known") where none is left; the refusal of the outcomes.
    """
    if isinstance(outcomes, NotEnough):
        return outcomes
    known = _known_before(outcomes)
    wide = outcomes.table.select("unit", **{name: one.place for name, one in known.items()})
    labels = {name: one.labels for name, one in known.items()}
    for part in (_recency(outcomes), _words(outcomes)):
        new = {} if part is None else {name: part.labels[name] for name in part.labels if name not in labels}
        if part is not None and new:
            wide = wide.left_join(part.table.select("unit", *new), "unit").drop("unit_right")
            # The last segment is that of those who are not told of: long ago, or unknown.
            wide = wide.mutate(**{name: wide[name].fill_null(len(new[name]) - 1).cast("int8") for name in new})
            labels |= new
    wide = wide.cache()
    kept = _with_several(wide, list(labels))
    if not kept:
        return NotEnough("features_known", 0, 1)
    return Segments(table=wide.select("unit", *kept), labels={name: labels[name] for name in kept})


def _with_several(wide: ir.Table, names: list[str]) -> list[str]:
    """The dimensions of more than one segment."""
    if not names:
        return []
    told = wide.aggregate(**{name: wide[name].min() < wide[name].max() for name in names}).to_pandas()
    return [name for name in names if told[name].iloc[0] is not None and bool(told[name].iloc[0])]


def _known_before(outcomes: Outcomes) -> dict[str, _Coded]:
    """Orders before, or the columns of the outcomes that were known before the test."""
    table = outcomes.table
    if outcomes.source == "transactions":
        return {"purchases": _purchases(table.orders_before)} if "orders_before" in table.columns else {}
    names = [name for name in outcomes.experiment.reading.known_before if name in table.columns]
    return {name: found for name in names if (found := _classes(table, name)) is not None}


def _purchases(orders: ir.NumericValue) -> _Coded:
    return _Coded(labels=("0", "1", "2-4", "5+"), conditions=(orders <= 0, orders == 1, orders <= 4))


def _classes(table: ir.Table, name: str) -> _Coded | None:
    """Yes and no, whole numbers, or thirds; None where a number is the same for nearly all."""
    value = table[name].cast("float64")
    told = table.aggregate(
        binary=value.isin([0, 1]).all(),
        whole=(value == value.floor()).all(),
        values=value.nunique(),
        low=value.quantile(1 / 3),
        high=value.quantile(2 / 3),
    ).to_pandas()
    one = told.iloc[0]
    if bool(one["binary"]):
        return _Coded(labels=("no", "yes", UNKNOWN), conditions=(value == 0, value == 1))
    if bool(one["whole"]) and int(one["values"]) <= _WHOLE:
        found = sorted(int(number) for number in table.select(value=value).distinct().to_pandas()["value"].dropna())
        conditions = tuple(value == number for number in found)
        return _Coded(labels=(*(str(number) for number in found), UNKNOWN), conditions=conditions)
    if not one["low"] < one["high"]:
        return None
    low, high = float(one["low"]), float(one["high"])
    return _Coded(labels=("low", "middle", "high", UNKNOWN), conditions=(value <= low, value <= high, value.notnull()))


def _recency(outcomes: Outcomes) -> Segments | None:
    """Days since the last order before the assignment; no row for units without one in the days before."""
    most = outcomes.experiment.reading.before_days
    if outcomes.orders is None or most <= _RECENT:
        return None
    orders = outcomes.orders
    before = orders.filter(~orders.begun & orders.kept)
    lasts = before.group_by("unit").aggregate(age=before.age.max())
    labels = (f"0-{_RECENT}", f"{_RECENT + 1}-{most}", f"{most + 1}+")
    coded = _Coded(labels=labels, conditions=(lasts.age >= -_RECENT, lasts.age >= -most))
    return Segments(table=lasts.select("unit", recency=coded.place), labels={"recency": labels})


def _words(outcomes: Outcomes) -> Segments | None:
    """The commonest values of what is known of customers; the others together."""
    test = outcomes.experiment
    few = persons(test, drawn_units(test, most=_LOOKED_AT))
    told = persons(test)
    if few is None or told is None:
        return None
    few = few.cache()
    columns: dict[str, ir.Value] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for name in (word for word in WORDS if word in few.columns):
        values = shared_values(few, name, most=_NAMED)
        if values:
            conditions = (*(told[name] == value for value in values), told[name].notnull())
            coded = _Coded(labels=(*values, OTHER, UNKNOWN), conditions=conditions)
            columns[name], labels[name] = coded.place, coded.labels
    return Segments(table=told.select("unit", **columns), labels=labels) if columns else None
