"""Units of a test drawn by a hash of their ids, so that every run draws the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from retention_lib.measures.experiments import Experiment

_BUCKETS = 1_000_000

_ROOM = 4.0
"""So many standard deviations less than the most are drawn, for chance gives a little more or less than was meant."""


def drawn_units(test: Experiment, *, most: int) -> ir.Table:
    """Units of a test, so many at most, drawn whatever their arm.

    Args:
        test: The test.
        most: Units wanted at most (count); all are taken where there are no more.

    Returns:
        Table, kept in the engine, of `unit`, `arm`, `members`, `stratum`, `assigned_at`, `day` as in the test's
        `people`, and `key`, `label`: a hash and the text of the smallest id of the unit's customers, by which rows are
        ordered.
    """
    customers = test.customers
    if test.units.members is None:
        named = customers.select("unit", label="customer_id")
    else:
        named = customers.group_by("unit").aggregate(label=customers.customer_id.min())
    keyed = named.mutate(key=named.label.hash())
    units = int(test.people.count().to_pandas())
    if units > most:
        wanted = max(most - _ROOM * math.sqrt(most), 0.0)
        keyed = keyed.filter(_bucket(keyed.key) < int(_BUCKETS * wanted / units))
    return keyed.inner_join(test.people, "unit").cache()


def units_by_arm(test: Experiment, units: ir.Table) -> dict[str, int]:
    """How many of some units are in each arm of a test, in the order of its arms.

    Args:
        test: The test.
        units: A table with `arm`, one row a unit.
    """
    counts = units.group_by("arm").aggregate(units=units.count()).to_pandas().set_index("arm")["units"]
    return {arm: int(counts.get(arm, 0)) for arm in test.arms}


def _bucket(key: ir.Value) -> ir.Value:
    # A hash may be negative, and so may what is left of it.
    return (key % _BUCKETS + _BUCKETS) % _BUCKETS


def whole_grid(test: Experiment, counts: ir.Table, *keys: str) -> ir.Table:
    """Counts by some keys and arm with a row for every arm of a test, 0 where there was none.

    Args:
        test: The test.
        counts: Columns keys, `arm` and whole numbers.
        *keys: Text, day or number columns.
    """
    arms = ibis.memtable({"arm": list(test.arms), "arm_order": list(range(len(test.arms)))})
    grid = counts.select(*keys).distinct().cross_join(arms)
    numbers = [name for name in counts.columns if name not in (*keys, "arm")]
    joined = grid.left_join(counts, [*keys, "arm"])
    filled = {name: joined[name].fill_null(0).cast("int64") for name in numbers}
    return joined.order_by(*keys, "arm_order").select(*keys, "arm", **filled)
