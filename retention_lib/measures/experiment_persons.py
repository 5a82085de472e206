"""What the store's table of customers says about the units of a test: region, income, age, sex, how they were won."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.sharing import FEWEST

if TYPE_CHECKING:
    from retention_lib.measures.experiments import Experiment

WORDS = {
    "region": "region",
    "income": "income_band",
    "acquisition_channel": "acquisition_channel",
    "sex": "sex",
    "age": "age_band",
}
"""What is known in words: our name, and the column."""

_YEAR = 365.25


def persons(test: Experiment, units: ir.Table | None = None) -> ir.Table | None:
    """What is known of units in words; of a household, of its member with the smallest id who told it.

    Only what a campaign cannot change is taken. Consents stand as they are today: who was annoyed by the campaign may
    have withdrawn it since.

    Args:
        test: The test.
        units: A table with `unit`, one row a unit; all of the test if omitted.

    Returns:
        One row a unit that `customers` knows: `unit` and, of what the store has, `region`, `income`,
        `acquisition_channel`, `sex`, `age` (text; NULL where not told) and `years` (age in years on the day of the
        assignment, or on the day after the last one seen where that is not known); None where it has nothing of these.
    """
    customers = test.store.find("customers")
    if customers is None:
        return None
    names = {name: column for name, column in WORDS.items() if column in customers.columns}
    born = ["birth_date"] if "birth_date" in customers.columns else []
    if not names and not born:
        return None
    told = customers.select("customer_id", *born, **{name: customers[column] for name, column in names.items()})
    wanted = test.customers if units is None else test.customers.semi_join(units, "unit")
    told = told.inner_join(wanted, "customer_id")
    if test.units.members is None:
        each = told.drop("customer_id")
    else:
        firsts = {
            name: told[name].argmin(told[name].notnull().ifelse(told.customer_id, None)) for name in (*names, *born)
        }
        each = told.group_by("unit").aggregate(**firsts)
    return _with_years(test, each) if born else each


def shared_values(table: ir.Table, column: str, *, most: int) -> list[str]:
    """The commonest values of a column, most of all first; those that few share are left out, for they may name one.

    Args:
        table: One row a unit.
        column: A column of text.
        most: How many values at most.
    """
    known = table.filter(table[column].notnull())
    counts = known.group_by(value=column).aggregate(units=known.count())
    wide = counts.filter(counts.units >= FEWEST).order_by(ibis.desc("units"), "value").limit(most)
    return [str(value) for value in wide.to_pandas()["value"]]


def _with_years(test: Experiment, each: ir.Table) -> ir.Table:
    """The age in years instead of the day of birth."""
    day = test.people.select("unit", "day")
    joined = each.left_join(day, "unit").drop("unit_right")
    on = ibis.coalesce(joined.day, ibis.date(test.until.isoformat()))
    days = on.delta(joined.birth_date, unit="day").cast("float64")
    years = ibis.cases(((days > 0) & (days < 120 * _YEAR), days / _YEAR))
    return joined.mutate(years=years).drop("birth_date", "day")
