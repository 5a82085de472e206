"""What was known of the units of a test before it began: for models of whom an offer moves, drawn where many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_persons import WORDS, persons, shared_values
from retention_lib.measures.experiment_sample import drawn_units
from retention_lib.measures.units import Unit, judged_units

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes
    from retention_lib.measures.experiments import Experiment

Kind = Literal["number", "flag"]

MOST = 200_000
"""Units whose rows leave the engine, at most."""

_VALUES = 8
_BEFORE = ("orders_before", "revenue_before", "gross_profit_before", "visit_before")
_RESULTS = ("net_full", "gross_profit_full", "revenue_full", "orders_full", "conversion", "contact_cost", "contacts")
_FIXED = ("cluster", "arm", "members")


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """Units of a test with what was known of each before it, and what each did in it.

    Attributes:
        frame: One row a unit, without ids, in an order that is the same in every run: `cluster` (number of the
            household where one is known, else of the unit), `arm`, `members` (customers assigned in it; count), the
            features and the results; floats, NaN where not known.
        kinds: The features, each a `number` or a `flag` (0 or 1), in the order of the frame.
        results: The results: from sales, as far as they are known, `net_full`, `gross_profit_full`, `revenue_full`,
            `orders_full` (window and the weeks after it), `conversion` (in the window), `contact_cost` (of the
            messages sent) and `contacts` (their number); else the metrics of the outcomes.
        control: The arm left alone.
        arms: All arms, the one left alone first.
        units_all: Units of the test (count).
        unit: What a unit is.
    """

    frame: pd.DataFrame
    kinds: Mapping[str, Kind]
    results: tuple[str, ...]
    control: str
    arms: tuple[str, ...]
    units_all: int
    unit: Unit

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return tuple(self.kinds)

    @property
    def share(self) -> float:
        """Units in the frame as a share of all, in (0, 1]."""
        return len(self.frame) / self.units_all if self.units_all else 1.0

    def to_frame(self) -> pd.DataFrame:
        """One row a feature: feature, kind, known (share of the units, in [0, 1])."""
        known = [float(self.frame[name].notna().mean()) for name in self.names]
        return pd.DataFrame({"feature": list(self.names), "kind": list(self.kinds.values()), "known": known})


def features(outcomes: Outcomes | NotEnough, *, most: int = MOST) -> Features | NotEnough:
    """What was known of the units of a test before it, and what they did.

    Sales count up to the very time of the assignment; a feature that is the same for all is left out.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.
        most: Units wanted at most (count); of more, some are drawn by a hash of their ids.

    Returns:
        The features; NotEnough("features_known") where nothing was known before; the refusal of the outcomes.
    """
    if isinstance(outcomes, NotEnough):
        return outcomes
    table = _table(outcomes, drawn_units(outcomes.experiment, most=most))
    frame = table.order_by("cluster", "key", "label").drop("unit", "key", "label").to_pandas()
    results = tuple(name for name in _wanted(outcomes) if name in frame.columns)
    return _features(outcomes, frame, results)


def known_before(outcomes: Outcomes, names: Sequence[str]) -> ir.Table:
    """What is known of units before their assignment, in the columns of another test's features.

    Args:
        outcomes: What the units did; only what was before the assignment is taken.
        names: The features.

    Returns:
        One row a unit: `label` (the smallest id of its customers) and the features as floats; NULL where not known, and
        0 of a value that too few of these units share to be named.
    """
    table = _table(outcomes, drawn_units(outcomes.experiment, most=int(outcomes.experiment.people.count().to_pandas())))
    flags = tuple(f"{name}_" for name in WORDS)
    nothing = {name: 0.0 if name.startswith(flags) else None for name in names if name not in table.columns}
    known = {name: table[name].cast("float64") for name in names if name in table.columns}
    return table.select("label", **known, **{name: ibis.literal(value, "float64") for name, value in nothing.items()})


def _table(outcomes: Outcomes, units: ir.Table) -> ir.Table:
    """Units with what was known of them and what they did."""
    test = outcomes.experiment
    table = _joined(_placed(test, units), _results(outcomes, units))
    for part in (_history(test, units), _mails(test, units), _flags(test, units)):
        table = table if part is None else _joined(table, part)
    return table


def _features(outcomes: Outcomes, frame: pd.DataFrame, results: tuple[str, ...]) -> Features | NotEnough:
    """The frame as floats, without what is the same for all."""
    test = outcomes.experiment
    numbers = frame.drop(columns=list(_FIXED)).astype(float)
    names = [name for name in numbers.columns if name not in results]
    told = [name for name in names if numbers[name].nunique(dropna=False) > 1]
    if not told:
        return NotEnough("features_known", 0, 1)
    kinds: dict[str, Kind] = {name: "flag" if numbers[name].dropna().isin([0, 1]).all() else "number" for name in told}
    fixed = frame[list(_FIXED)].astype({"cluster": "int64", "arm": str, "members": float})
    ready = pd.concat([fixed, numbers[[*told, *results]]], axis=1)
    return Features(
        frame=ready,
        kinds=kinds,
        results=results,
        control=test.control,
        arms=test.arms,
        units_all=int(test.people.count().to_pandas()),
        unit=test.units.name,
    )


def _wanted(outcomes: Outcomes) -> tuple[str, ...]:
    return _RESULTS if outcomes.source == "transactions" else outcomes.metrics


def _joined(table: ir.Table, part: ir.Table) -> ir.Table:
    """The table with the columns of a part that it does not have yet."""
    new = [name for name in part.columns if name not in table.columns]
    return table.left_join(part.select("unit", *new), "unit").drop("unit_right")


def _placed(test: Experiment, units: ir.Table) -> ir.Table:
    """The units with their arm and their cluster."""
    label = units.label
    home = judged_units(test.store.find("customers"))
    if test.units.members is None and home.members is not None:
        joined = units.left_join(home.members, units.label == home.members.customer_id)
        label = ibis.coalesce(joined.household + "/household", joined.label)
        units = joined
    known = units.select("unit", "arm", "members", "key", "label", home=label)
    # Numbered by a hash, for the order of the ids says something about customers.
    order = ibis.window(order_by=[known.home.hash(), known.home])
    return known.mutate(cluster=ibis.dense_rank().over(order).cast("int64")).drop("home")


def _results(outcomes: Outcomes, units: ir.Table) -> ir.Table:
    """What the units did, and of the columns of the outcomes those that were known before."""
    table = outcomes.table.semi_join(units, "unit")
    wanted = [name for name in _wanted(outcomes) if name in table.columns]
    if outcomes.source == "outcomes":
        known = [name for name in outcomes.experiment.reading.known_before if name in table.columns]
        return table.select("unit", **{name: table[name].cast("float64") for name in (*known, *wanted)})
    columns = {name: table[name].cast("float64") for name in (*_BEFORE, *wanted) if name in table.columns}
    columns["mean_order_before"] = _ratio(table, "revenue_before", "orders_before")
    if {"discount_before", "full_price_before"} <= set(table.columns):
        columns["discount_share_before"] = _ratio(table, "discount_before", "full_price_before")
    return table.select("unit", **columns)


def _ratio(table: ir.Table, above: str, below: str) -> ir.Value:
    """One column over another; NULL where that is 0."""
    return table[above].cast("float64") / table[below].cast("float64").nullif(0.0)


def _dated(test: Experiment, table: str, stamp: str, units: ir.Table) -> ir.Table | None:
    """Rows of a table about units that lie before their assignment, with `unit` and `days` up to it."""
    rows = test.store.find(table) if test.dated else None
    if rows is None:
        return None
    joined = rows.inner_join(test.customers.semi_join(units, "unit"), "customer_id")
    joined = joined.inner_join(units.select("unit", "assigned_at", "day"), "unit")
    early = joined.filter(joined[stamp] < joined.assigned_at)
    return early.mutate(days=early.day.delta(early[stamp].date(), unit="day"))


def _history(test: Experiment, units: ir.Table) -> ir.Table | None:
    """Days since the first and the last sale before the assignment, however long ago."""
    rows = _dated(test, "transactions", "ordered_at", units)
    if rows is None:
        return None
    sold = rows.filter(rows.amount > 0)
    return sold.group_by("unit").aggregate(days_since_last=sold.days.min(), days_since_first=sold.days.max())


def _mails(test: Experiment, units: ir.Table) -> ir.Table | None:
    """Messages in the days before the assignment, and those of them that were opened before it."""
    rows = _dated(test, "contacts", "sent_at", units)
    if rows is None:
        return None
    sent = rows.filter(rows.days <= test.reading.before_days)
    counts = {"messages_before": sent.count()}
    if "opened_at" in sent.columns:
        counts["opens_before"] = (sent.opened_at < sent.assigned_at).fill_null(False).sum()
    each = sent.group_by("unit").aggregate(**counts)
    whole = units.select("unit").left_join(each, "unit").drop("unit_right")
    return whole.select("unit", **{name: whole[name].fill_null(0) for name in counts})


def _flags(test: Experiment, units: ir.Table) -> ir.Table | None:
    """What is known of customers, the commonest values of each column as 0 and 1."""
    told = persons(test, units)
    strata = units.select("unit", "stratum")
    rows = strata if told is None else _joined(strata, told)
    rows = rows.cache()
    flags: dict[str, ir.Value] = {}
    for name in ("stratum", *WORDS):
        # Years say what bands of age say, and more.
        if name in rows.columns and not (name == "age" and "years" in rows.columns):
            for value in shared_values(rows, name, most=_VALUES):
                flags[f"{name}_{value}"] = (rows[name] == value).fill_null(False).cast("int32")
    if "years" in rows.columns:
        flags["years"] = rows.years
    return rows.select("unit", **flags) if flags else None
