"""Who can be put into the next test: customers who buy, may be written to, and are in no other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.holdout_arms import current_holdouts, held_out
from retention_lib.measures.units import Units, judged_units

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

Consent = Literal["any", "email", "sms", "messenger", "not_asked"]

ARRIVAL_DAYS = 91
"""Days over which new customers are counted."""

STEPS = ("bought", "active", "agreed", "free")
"""Who is left at each step: has bought, lately, may be written to, is in no other test and in no hold-out."""

_BANDS = ((2, "1"), (5, "2-4"))
_MOST_BAND = "5+"
_CHANNELS = ("email", "sms", "messenger")
_WEEKS = 62  # the last of the weeks that a whole number of 64 bits tells apart


@ibis.udf.scalar.builtin(name="bit_count")
def _bits(number: dt.int64) -> dt.int64:
    """DuckDB's `bit_count(number)`: how many weeks are in it."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Whom a test may be about.

    Attributes:
        active_days: They bought in so many days before its start.
        consent: The channel they must have agreed to; `any` for one of them, `not_asked` where that is not looked at.
        stratum: A column of the store's `customers` in whose groups the arms are to be alike, such as `region`, beside
            the number of weeks with a purchase; empty for none.
        apart_days: Who was put into another test in so many days before the start is left out of this one.
    """

    active_days: int = 365
    consent: Consent = "any"
    stratum: str = ""
    apart_days: int = 84

    @property
    def whatever_tests(self) -> Audience:
        """The same, those in other tests among them: for a hold-out, which outlasts these."""
        return replace(self, apart_days=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Eligible:
    """Who can be put into a test on a day.

    Attributes:
        people: One row a customer, kept in the engine: `customer_id`, `unit` (the household where it is known, else the
            customer; text), `stratum` (text: the weeks in which the unit bought in its active days, 1, 2-4 or 5+).
        units: Who counts as one.
        audience: Whom the test may be about.
        on: The day.
        counts: One row a step of `STEPS`, and `left` where a hold-out was taken from them: step, customers (count);
            each of those of the one before.
        customers: Customers left (count).
        count: Units left (count).
        arrivals_per_day: Units of them whose first purchase was in the last 91 days, a day.
        consents_known: Whether the store knows who agreed to be written to.
        assigned: Tests of the store by name, with the customers in them.
        held_out: Customers of a global hold-out that is under way (count).
    """

    people: ir.Table
    units: Units
    audience: Audience
    on: date
    counts: pd.DataFrame
    customers: int
    count: int
    arrivals_per_day: float
    consents_known: bool
    assigned: dict[str, int]
    held_out: int = 0

    @property
    def unit(self) -> str:
        """What one unit is."""
        return self.units.name

    def to_frame(self) -> pd.DataFrame:
        """The steps."""
        return self.counts


def first_day(wanted: date | str | None, *, seen_until: date) -> date:
    """The day on which a test starts.

    Args:
        wanted: A day, or YYYY-MM-DD; None for the first day that is not seen.
        seen_until: First day that is no longer seen.

    Raises:
        ValueError: The day is none, or is seen already.
    """
    try:
        start = date.fromisoformat(wanted) if isinstance(wanted, str) else wanted or seen_until
    except ValueError:
        msg = f"start is {wanted!r}; write a day as YYYY-MM-DD"
        raise ValueError(msg) from None
    if start < seen_until:
        msg = f"start is {start}, but sales are seen to the day before {seen_until}; a test starts on that day or later"
        raise ValueError(msg)
    return start


def eligible(store: Store, audience: Audience, *, on: date) -> Eligible | NotEnough:
    """Who can be put into a test on a day.

    Args:
        store: The store; its `customers` and `assignments` are read where it has them.
        audience: Whom the test may be about.
        on: Day of the start; nothing from it on is seen.

    Returns:
        The customers; NotEnough("customers_eligible") where there is none, NotAsked("sales_known") in a store without
        sales.

    Raises:
        ValueError: The stratum is no column of the store's customers.
    """
    if store.find("transactions") is None:
        return NotAsked("sales_known", 0, 1)
    customers = store.find("customers")
    _check_stratum(customers, audience.stratum)
    consents = _consents(customers, audience.consent)
    units = judged_units(customers)
    holdouts = current_holdouts(store, on=on)
    flagged = _flagged(store, audience, units, holdouts, on=on)
    counts = _counts(flagged)
    kept = flagged.filter(flagged.active, flagged.agreed, flagged.free).drop("active", "agreed", "free")
    people = _with_strata(kept, units, customers, audience).cache()
    told = people.aggregate(
        customers=people.count(),
        count=people.count() if units.members is None else people.unit.nunique(),
        new=people.count(where=people["first"] >= ibis.date((on - timedelta(days=ARRIVAL_DAYS)).isoformat())),
    ).to_pandas()
    found, count, new = (int(told[name].iloc[0]) for name in ("customers", "count", "new"))
    if not found:
        return NotEnough("customers_eligible", 0, 1)
    return Eligible(
        people=people.select("customer_id", "unit", "stratum"),
        units=units,
        audience=audience,
        on=on,
        counts=counts,
        customers=found,
        count=count,
        arrivals_per_day=new * count / found / ARRIVAL_DAYS,
        consents_known=bool(consents),
        assigned=_assigned(store.find("assignments")),
        held_out=int(holdouts["customers"].sum()),
    )


def _flagged(store: Store, audience: Audience, units: Units, holdouts: pd.DataFrame, *, on: date) -> ir.Table:
    """Everybody who has bought, with the weeks of their purchases and whether each step keeps them."""
    told = _bought(store.table("transactions"), days=audience.active_days, on=on)
    agreed = _agreed(store.find("customers"), audience.consent)
    told = told.mutate(agreed=True) if agreed is None else _marked(told, agreed, "customer_id", "agreed")
    apart = _apart(store.find("assignments"), holdouts, on=on, days=audience.apart_days)
    if apart is None:
        return units.of(told).mutate(free=True).cache()
    held = units.of(apart).select("unit").distinct().cache()
    marked = _marked(units.of(told).cache(), held, "unit", "held")
    return marked.mutate(free=~marked.held).drop("held").cache()


def _marked(table: ir.Table, some: ir.Table, key: str, name: str) -> ir.Table:
    """A table with a column that says which of its rows are among some others."""
    joined = table.left_join(some.mutate(**{name: True}), key)
    return joined.select(*table.columns, **{name: joined[name].fill_null(False)})


def _bought(transactions: ir.Table, *, days: int, on: date) -> ir.Table:
    """One row a buyer: the first day, whether active, and a bit for each of the last weeks with a purchase."""
    rows = transactions.filter(
        transactions.ordered_at < ibis.timestamp(on.isoformat()),
        transactions.amount > 0,
        transactions.customer_id.notnull(),
    )
    day = rows.ordered_at.date()
    age = ibis.date(on.isoformat()).delta(day, unit="day").cast("int64")
    # Days of a customer would have to be told apart; weeks fit into one number, which costs half.
    week = ibis.least((age - 1) // 7, _WEEKS)
    return rows.group_by("customer_id").aggregate(
        first=day.min(),
        active=age.min() <= days,
        weeks=(ibis.literal(1, type="int64") << week).bit_or(where=age <= days).fill_null(0),
    )


def _consents(customers: ir.Table | None, consent: Consent) -> list[str]:
    """The columns that say who agreed."""
    if customers is None or consent == "not_asked":
        return []
    channels = _CHANNELS if consent == "any" else (consent,)
    return [f"{name}_consent" for name in channels if f"{name}_consent" in customers.columns]


def _agreed(customers: ir.Table | None, consent: Consent) -> ir.Table | None:
    """Who agreed; None where nothing is known of it, or it is not asked."""
    known = _consents(customers, consent)
    if customers is None or not known:
        return None
    agreed = ibis.or_(*(customers[name].fill_null(False) for name in known))
    return customers.filter(agreed).select("customer_id").distinct()


def _apart(assignments: ir.Table | None, holdouts: pd.DataFrame, *, on: date, days: int) -> ir.Table | None:
    """Who is left alone by a hold-out, or was put into another test lately; None where nobody can be."""
    if assignments is None:
        return None
    names = [str(name) for name in dict.fromkeys(holdouts["experiment"])]
    # The others of a hold-out get all campaigns: that is no test which another one would disturb.
    tests = assignments.filter(~assignments.experiment_id.isin(names)) if names else assignments
    alone = held_out(assignments, holdouts)
    parts = [] if alone is None else [alone]
    if "assigned_at" in assignments.columns:
        first, last = (ibis.timestamp(day.isoformat()) for day in (on - timedelta(days=days), on))
        parts.append(tests.filter(tests.assigned_at >= first, tests.assigned_at < last).select("customer_id"))
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _with_strata(kept: ir.Table, units: Units, customers: ir.Table | None, audience: Audience) -> ir.Table:
    """The groups in which arms are to be alike: weeks in which the unit bought, and a column of the customers."""
    named = kept.mutate(told=ibis.literal(None, type="string"))
    if audience.stratum and customers is not None:
        told = customers.select("customer_id", told=customers[audience.stratum].cast("string"))
        named = kept.left_join(told, "customer_id").drop("customer_id_right")
    if units.members is None:
        return named.mutate(stratum=_stratum(named, audience)).drop("weeks", "told")
    each = named.group_by("unit").aggregate(weeks=named.weeks.bit_or(), told=named.told.min())
    return kept.drop("weeks").inner_join(each.select("unit", stratum=_stratum(each, audience)), "unit")


def _stratum(each: ir.Table, audience: Audience) -> ir.StringValue:
    """The group of each unit by its weeks, and by what is told of it where that is asked for."""
    count = _bits(each.weeks)
    band = ibis.cases(*((count < most, name) for most, name in _BANDS), else_=_MOST_BAND)
    return band + ", " + each.told.fill_null("") if audience.stratum else band


def _check_stratum(customers: ir.Table | None, name: str) -> None:
    columns = [] if customers is None else [column for column in customers.columns if column != "customer_id"]
    if name and name not in columns:
        msg = f"strata_by is {name!r}, which is no column of customers; there are: {', '.join(columns) or 'none'}"
        raise ValueError(msg)


def _counts(flagged: ir.Table) -> pd.DataFrame:
    """How many each step keeps."""
    kept = [flagged.active, flagged.active & flagged.agreed, flagged.active & flagged.agreed & flagged.free]
    sums = {name: part.sum().fill_null(0) for name, part in zip(STEPS[1:], kept, strict=True)}
    row = flagged.aggregate(bought=flagged.count(), **sums).to_pandas().iloc[0]
    return pd.DataFrame({"step": STEPS, "customers": [int(row[name]) for name in STEPS]})


def _assigned(assignments: ir.Table | None) -> dict[str, int]:
    """Customers of each test."""
    if assignments is None:
        return {}
    counts = assignments.group_by("experiment_id").aggregate(n=assignments.count())
    frame = counts.order_by("experiment_id").to_pandas()
    return {str(name): int(n) for name, n in zip(frame["experiment_id"], frame["n"], strict=True)}
