"""Sums, squares and products over the units of each arm: all that effects on means and ratios need of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_outcomes import Outcomes
from retention_lib.stores.engine import quoted_name

_PAIR = ("arm", "first", "second", "n", "first_total", "second_total", "product", "binary")
_DIGITS = 10_000
_MUCH, _LARGEST = 2**31, 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmSums:
    """What `models.experiments.moments.moments` takes.

    Attributes:
        sums: One row an arm and pair of columns, ordered by arm and by the order of the columns: arm, first, second, n
            (units with both values), first_total, second_total, product (sums over these), binary (bool: on rows of a
            column with itself, whether all its values are 0 or 1).
        arms: One row an arm, the one left alone first: arm, units, members (counts), unit (what one unit is).
    """

    sums: pd.DataFrame
    arms: pd.DataFrame


def arm_sums(outcomes: Outcomes | NotEnough, columns: Sequence[str] = ()) -> ArmSums | NotEnough:
    """Sums over the units of each arm: exact in the engine, whatever the order it adds in.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.
        columns: Which of their columns; all if empty.

    Returns:
        The sums; the refusal of the outcomes.
    """
    if isinstance(outcomes, NotEnough):
        return outcomes
    test = outcomes.experiment
    names = tuple(columns) or outcomes.columns
    people = test.people
    sizes = people.group_by("arm").aggregate(units=people.count(), members=people.members.sum()).to_pandas()
    arms = sizes.set_index("arm").reindex(list(test.arms), fill_value=0).astype("int64").reset_index()
    parts = {name: outcomes.parts.get(name, {name: 1}) for name in names}
    own = list(dict.fromkeys(part for told in parts.values() for part in told))
    wholes = _whole_numbers(outcomes.table, own)
    found = _sums(outcomes.table, wholes)
    whole = [row for arm in test.arms if arm in found for row in _put_together(arm, found[arm], wholes, parts)]
    return ArmSums(sums=pd.DataFrame(whole, columns=list(_PAIR)), arms=arms.assign(unit=test.units.name))


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """A column as whole numbers, so many to one of its own.

    Attributes:
        name: The column.
        scale: Whole numbers to one: 1, 100 or 10,000.
        largest: The largest of them, without its sign.
        missing: Whether it has missing values.
        binary: Whether all its values are 0 or 1.
    """

    name: str
    scale: int
    largest: int
    missing: bool
    binary: bool


def _whole_numbers(table: ir.Table, names: Sequence[str]) -> list[_Whole]:
    """How each column becomes whole numbers: counts as they are, money in four digits, or where it is much in two."""
    told: dict[str, ir.Value] = {"rows": table.count()}
    for at, name in enumerate(names):
        value = table[name]
        told |= {f"n{at}": value.count(), f"least{at}": value.min(), f"most{at}": value.max()}
    (one,) = table.aggregate(**told).to_pandas().to_dict("records")
    found = []
    for at, name in enumerate(names):
        empty, whole = one[f"n{at}"] == 0, table[name].type().is_integer()
        least, most = (0, 0) if empty else (one[f"least{at}"], one[f"most{at}"])
        scale, largest = (1 if whole else _DIGITS), max(abs(least), abs(most))
        unit = least >= 0 and most <= 1 and not empty
        binary = unit and (whole or bool(table[name].isin([0, 1]).all().to_pandas()))
        if not whole and largest * _DIGITS > _MUCH and bool((table[name] == table[name].round(2)).all().to_pandas()):
            scale = 100
        missing = bool(one[f"n{at}"] < one["rows"])
        found.append(_Whole(name=name, scale=scale, largest=int(largest * scale) + 1, missing=missing, binary=binary))
    return found


def _sums(table: ir.Table, columns: Sequence[_Whole]) -> dict[str, Mapping[str, Any]]:
    """All sums, arm by arm, in one pass: those of `_wanted`, by their names.

    The engine's own language says hundreds of products at once; as expressions they would take longer to be written
    than to be summed.
    """
    engine = table.get_backend()
    whole = ", ".join(f"{_as_whole(one)} AS c{at}" for at, one in enumerate(columns))
    wanted = dict(_wanted(columns))
    listed = ", ".join(f"{value} AS {name}" for name, value in wanted.items())
    inner = engine.compile(table.select("arm", *(one.name for one in columns)))
    query = f"SELECT arm, {listed} FROM (SELECT arm, {whole} FROM ({inner})) GROUP BY arm"  # noqa: S608 - quoted
    cursor = engine.raw_sql(query)
    names = ("arm", *wanted)
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {str(row["arm"]): row for row in rows}


def _as_whole(one: _Whole) -> str:
    """A column in whole numbers."""
    # What is small is multiplied in 64 bits, which is much faster.
    wide = "::DECIMAL(38, 4)" if one.scale > 1 and one.largest > _LARGEST // _DIGITS**2 else ""
    return f"CAST({quoted_name(one.name)}{wide} * {one.scale} AS BIGINT)"


def _wanted(columns: Sequence[_Whole]) -> Iterator[tuple[str, str]]:
    """Names and expressions of the sums.

    Of columns at places i and j they are `t<i>`, `p<i>_<j>` and, where one has missing values, `n<i>_<j>`, `x<i>_<j>`,
    `y<i>_<j>`.
    """
    yield "n", "COUNT(*)"
    for at in range(len(columns)):
        yield f"t{at}", f"SUM(c{at})"
    for i, j in combinations_with_replacement(range(len(columns)), 2):
        one, other = columns[i], columns[j]
        wide = "::HUGEINT" if one.largest * other.largest >= _LARGEST else ""
        yield f"p{i}_{j}", f"SUM(c{i}{wide} * c{j})"
        if one.missing or other.missing:
            both = f"FILTER (c{i} IS NOT NULL AND c{j} IS NOT NULL)"
            yield f"n{i}_{j}", f"COUNT(*) {both}"
            yield f"x{i}_{j}", f"SUM(c{i}) {both}"
            yield f"y{i}_{j}", f"SUM(c{j}) {both}"


def _put_together(
    arm: str, values: Mapping[str, Any], columns: Sequence[_Whole], parts: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[object, ...]]:
    """The rows of one arm: those of the columns summed, and those that follow for what is put together of them."""
    at = {one.name: place for place, one in enumerate(columns)}
    names = list(parts)

    def pair(one: str, other: str) -> tuple[int, int, int, int]:
        i, j = at[one], at[other]
        turned = i > j
        i, j = min(i, j), max(i, j)
        apart = columns[i].missing or columns[j].missing
        sums = (values[f"x{i}_{j}"], values[f"y{i}_{j}"]) if apart else (values[f"t{i}"], values[f"t{j}"])
        x, y = ((sums[place] or 0) * (_DIGITS // columns[k].scale) for place, k in enumerate((i, j)))
        product = (values[f"p{i}_{j}"] or 0) * (_DIGITS // columns[i].scale) * (_DIGITS // columns[j].scale)
        n = values[f"n{i}_{j}"] if apart else values["n"]
        return (n, y, x, product) if turned else (n, x, y, product)

    for first, second in combinations_with_replacement(names, 2):
        of_first, of_second = parts[first], parts[second]
        found = {(a, b): pair(a, b) for a in of_first for b in of_second}
        one, other = next(iter(of_first)), next(iter(of_second))
        n = found[one, other][0]
        x = sum(times * found[a, other][1] for a, times in of_first.items())
        y = sum(times * found[one, b][2] for b, times in of_second.items())
        product = sum(found[a, b][3] * s * t for a, s in of_first.items() for b, t in of_second.items())
        binary = first == second and len(of_first) == 1 and columns[at[one]].binary
        yield arm, first, second, n, x / _DIGITS, y / _DIGITS, product / _DIGITS**2, binary
