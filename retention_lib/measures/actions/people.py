"""The customers of a store as a plan sees them: who may be contacted, by what, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.actions.consents import CONSENTED, addressed, agreed, consents_known, unsubscribed
from retention_lib.measures.actions.due import day_start
from retention_lib.measures.actions.standing import complaints, held_out_customers, messages_of_late, open_tests
from retention_lib.measures.units import Units, judged_units

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext

_DAYS = {"first_day": "date", "last_day": "date", "purchase_days": "int32"}
_COLUMNS = (
    *("customer_id", "unit", "household_id", "email", "sms", "messenger", "ads", "held_out", "suppressed"),
    *("open_until", "messages_lately", "bought", "registered", "first_day", "last_day", "purchase_days"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """The customers of a store on the start of a plan.

    Attributes:
        table: One row a customer who bought or registered, kept in the engine, ordered by `customer_id`: row (int32,
            from 0 without a gap), customer_id, unit (text: the household where it is known, else the customer),
            household_id (text or NULL), email, sms, messenger, ads (bool: may be contacted by it), held_out (bool: the
            unit is in a global hold-out), suppressed (bool: a complaint is open), open_until (date on which the last
            list or test of the unit closes; NULL where none is open), messages_lately (count), bought, registered
            (bool), first_day, last_day (dates of purchases or NULL), purchase_days (count).
        units: Who counts as one.
        consents_known: Whether the store knows who agreed to be written to; where not, everybody may be.
        count: Customers.
        held_out: Customers held out (count).
        suppressed: Customers with an open complaint (count).
        open: Customers in an open list or test (count).
    """

    table: ir.Table
    units: Units
    consents_known: bool
    count: int
    held_out: int
    suppressed: int
    open: int

    @property
    def unit(self) -> str:
        """What one unit is: `customer` or `household`."""
        return self.units.name

    def to_frame(self) -> pd.DataFrame:
        """How many customers each thing speaks against: what, customers (count)."""
        names = ("customers", "held_out", "suppressed", "open")
        return pd.DataFrame({"what": names, "customers": [self.count, self.held_out, self.suppressed, self.open]})


def people(context: TriggerContext) -> People:
    """Everybody who bought or registered, and what speaks for and against a message.

    Args:
        context: The store up to a day, and the days of the plan.

    Raises:
        DataError: The store has neither sales nor customers.
    """
    units = judged_units(context.store.find("customers"))
    # Kept, as Ibis cannot join by a unit that the same expression computes.
    told = units.of(_known(context)).cache()
    for join in (_with_hold_out, _with_complaints, _with_tests, _with_messages, _with_channels):
        told = join(context, told, units)
    row = ibis.row_number().over(order_by=told.customer_id).cast("int32")
    table = told.select(*_COLUMNS).mutate(row=row).select("row", *_COLUMNS).order_by("customer_id").cache()
    counts = table.aggregate(
        count=table.count(),
        held_out=table.held_out.sum().fill_null(0),
        suppressed=table.suppressed.sum().fill_null(0),
        open=table.open_until.count(),
    )
    numbers = {str(name): int(value) for name, value in counts.to_pandas().iloc[0].items()}
    return People(table=table, units=units, consents_known=consents_known(context), **numbers)


def _known(context: TriggerContext) -> ir.Table:
    """Who bought or registered, with the household and the days of purchases."""
    customers = context.store.find("customers")
    if customers is None:
        bought = _bought(context)
        return bought.mutate(registered=ibis.literal(False), household_id=ibis.null("string"))
    registered = _registered(customers, context)
    if not context.store.has("transactions"):
        days = {name: ibis.null(kind) for name, kind in _DAYS.items()}
        return registered.filter(registered.registered).mutate(bought=ibis.literal(False), **days)
    bought = _bought(context)
    joined = bought.outer_join(registered, "customer_id")
    told = joined.select(
        "household_id",
        *_DAYS,
        customer_id=ibis.coalesce(joined.customer_id, joined.customer_id_right),
        bought=joined.bought.fill_null(False),
        registered=joined.registered.fill_null(False),
    )
    return told.filter(told.bought | told.registered)


def _bought(context: TriggerContext) -> ir.Table:
    purchases = context.purchases
    return purchases.group_by("customer_id").aggregate(
        first_day=purchases.day.min(),
        last_day=purchases.day.max(),
        purchase_days=purchases.count().cast("int32"),
        bought=ibis.literal(True),
    )


def _registered(customers: ir.Table, context: TriggerContext) -> ir.Table:
    """The store's customers: those with a later registration are known, and not registered yet."""
    begun = ibis.literal(True)
    if "acquired_at" in customers.columns:
        begun = customers.acquired_at.isnull() | (customers.acquired_at < day_start(context.until))
    home = customers.household_id if "household_id" in customers.columns else ibis.null("string")
    return customers.select("customer_id", household_id=home, registered=begun)


def _with_hold_out(context: TriggerContext, told: ir.Table, units: Units) -> ir.Table:
    """Who is in a hold-out holds out the household, whose members read one another's mail."""
    held = held_out_customers(context)
    if held is None:
        return told.mutate(held_out=ibis.literal(False))
    homes = units.of(held).select("unit").distinct().mutate(held_out=True)
    joined = told.left_join(homes, "unit")
    return joined.select(*told.columns, held_out=joined.held_out.fill_null(False))


def _with_complaints(context: TriggerContext, told: ir.Table, units: Units) -> ir.Table:
    found = complaints(context)
    if found is None:
        return told.mutate(suppressed=ibis.literal(False))
    joined = told.left_join(found.distinct().mutate(suppressed=True), "customer_id")
    return joined.select(*told.columns, suppressed=joined.suppressed.fill_null(False))


def _with_tests(context: TriggerContext, told: ir.Table, units: Units) -> ir.Table:
    """The household is in a list that one of its members is in."""
    found = open_tests(context)
    if found is None:
        return told.mutate(open_until=ibis.null("date"))
    rows = units.of(found)
    homes = rows.group_by("unit").aggregate(open_until=rows.open_until.max())
    joined = told.left_join(homes, "unit")
    return joined.select(*told.columns, "open_until")


def _with_messages(context: TriggerContext, told: ir.Table, units: Units) -> ir.Table:
    found = messages_of_late(context)
    if found is None:
        return told.mutate(messages_lately=ibis.literal(0, "int32"))
    each = found.group_by("customer_id").aggregate(sent=found.sent.sum())
    joined = told.left_join(each, "customer_id")
    return joined.select(*told.columns, messages_lately=joined.sent.fill_null(0).cast("int32"))


def _with_channels(context: TriggerContext, told: ir.Table, units: Units) -> ir.Table:
    """By what each customer may be contacted: agreed, not unsubscribed since, and for advertising an address."""
    yes = agreed(context)
    told = _flagged(told, yes, absent=yes is None, ending="_agreed")
    told = _flagged(told, unsubscribed(context), absent=False, ending="_gone")
    told = _flagged(told, addressed(context), absent=False, ending="_known", names=("ads",))
    may = {name: told[f"{name}_agreed"] & ~told[f"{name}_gone"] for name in CONSENTED}
    return told.mutate(**may, ads=may["email"] & told.ads_known)


def _flagged(
    told: ir.Table, flags: ir.Table | None, *, absent: bool, ending: str, names: tuple[str, ...] = CONSENTED
) -> ir.Table:
    """Yes and no by channel under names of their own; `absent` for customers of whom nothing is said."""
    if flags is None:
        return told.mutate(**{f"{name}{ending}": ibis.literal(absent) for name in names})
    named = flags.select("customer_id", **{f"{name}{ending}": flags[name] for name in names})
    joined = told.left_join(named, "customer_id")
    found = {f"{name}{ending}": joined[f"{name}{ending}"].fill_null(absent) for name in names}
    return joined.select(*told.columns, **found)
