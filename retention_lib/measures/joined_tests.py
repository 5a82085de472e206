"""All past tests of a store as one test, whose arms are theirs: so that one pass over the sales measures them all.

A customer of three tests is three customers here, each with the rows that its test needs. What `experiments` and
`experiment_outcomes` make of one test they make of this one, by the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.experiments import Reading

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

JOINED = "all past tests"
"""The `experiment_id` of the tests taken together."""

TABLES = ("assignments", "transactions", "contacts", "redemptions", "customers", "outcomes")
"""What a test's profit is counted from."""

ORDER_DAYS = 31
"""The lines of an order are sold within so many days."""

_MARK = "\x1f"


def joined_arm(test: str, arm: str) -> str:
    """What an arm of a test is called among the arms of all.

    Args:
        test: The test.
        arm: Its arm.
    """
    return f"{test}{_MARK}{arm}"


class JoinedTests:
    """A store in which some tests are one; it has the tables that their profit is counted from."""

    def __init__(self, store: Store, tests: Sequence[str], reading: Reading) -> None:
        """Take what the tests need of a store.

        Args:
            store: The store; it has `assignments`.
            tests: The tests.
            reading: How they are read.
        """
        assigned = store.table("assignments")
        rows = assigned.filter(assigned.experiment_id.isin(list(tests)))
        if "assigned_at" not in rows.columns:
            rows = rows.mutate(assigned_at=ibis.null("timestamp(6)"))
        known = rows.filter(rows.variant.notnull())
        each = known.group_by("customer_id", "experiment_id").aggregate(since=known.assigned_at.min())
        # A short text stands in the engine where it is used, a long one apart from it.
        self._keys = each.mutate(key=ibis.row_number().cast("string")).cache()
        self._placed = known.select("customer_id", "experiment_id", "variant", "assigned_at")
        self._reading = reading
        self.zero_amount_is_purchase = store.zero_amount_is_purchase
        found = {name: table for name in TABLES if (table := store.find(name)) is not None}
        self._tables = {name: made for name, table in found.items() if (made := self._made(name, table)) is not None}

    def find(self, name: str) -> ir.Table | None:
        """A table, or None where it is of no use here."""
        return self._tables.get(name)

    def table(self, name: str) -> ir.Table:
        """A table that there is."""
        return self._tables[name]

    def has(self, *tables: str) -> bool:
        """Whether there are such tables."""
        return all(name in self._tables for name in tables)

    def _made(self, name: str, table: ir.Table) -> ir.Table | None:
        """A table with a customer for each test of a customer."""
        if name == "assignments":
            placed = self._placed.inner_join(self._keys, ["customer_id", "experiment_id"])
            return placed.select(
                "assigned_at",
                customer_id=placed.key,
                experiment_id=ibis.literal(JOINED),
                variant=placed.experiment_id + _MARK + placed.variant,
            )
        if name == "transactions":
            return self._sales(table)
        if name in ("contacts", "redemptions"):
            return self._campaign_rows(table)
        if name == "outcomes":
            return self._outcomes(table)
        return self._homes(table) if name == "customers" else None

    def _sales(self, sales: ir.Table) -> ir.Table:
        """The rows of orders that a test looks at, for each test of the customer."""
        reading, keys = self._reading, self._keys
        known = keys.filter(keys.since.notnull())
        rows = _ordered(sales.semi_join(known, "customer_id"))
        joined = rows.inner_join(known.select("customer_id", "key", "since"), "customer_id")
        day = joined.since.date()
        end = day + ibis.interval(days=reading.full_days)
        ordered = (joined.order_day >= day - ibis.interval(days=reading.before_days + ORDER_DAYS)) & (
            joined.order_day < end
        )
        # What came back since the assignment counts on its own day, however long ago it was bought.
        back = (joined.amount < 0) & (joined.ordered_at >= joined.since) & (joined.ordered_at.date() < end)
        near = joined.filter(ordered | (back & (joined.order_day < day)))
        return near.drop("since", "order_day", "customer_id").rename(customer_id="key")

    def _campaign_rows(self, table: ir.Table) -> ir.Table:
        """Messages, or uses of coupons, that belong to a test."""
        keys = self._keys.select("key", customer="customer_id", campaign="experiment_id")
        joined = table.inner_join(keys, [table.customer_id == keys.customer, table.campaign_id == keys.campaign]).drop(
            "customer_id", "campaign_id", "customer"
        )
        named = joined.mutate(campaign_id=ibis.literal(JOINED)).rename(customer_id="key")
        if "coupon_id" in named.columns:
            named = named.mutate(coupon_id=named.campaign + _MARK + named.coupon_id)
        return named.drop("campaign")

    def _outcomes(self, table: ir.Table) -> ir.Table:
        """The results of the tests."""
        keys = self._keys.select("key", "customer_id", "experiment_id")
        joined = table.inner_join(keys, ["customer_id", "experiment_id"]).drop("customer_id", "experiment_id")
        return joined.mutate(experiment_id=ibis.literal(JOINED)).rename(customer_id="key")

    def _homes(self, customers: ir.Table) -> ir.Table | None:
        """The households, a new one for each test."""
        if "household_id" not in customers.columns:
            return None
        homes = customers.select("customer_id", "household_id").inner_join(self._keys, "customer_id")
        return homes.select(customer_id=homes.key, household_id=homes.experiment_id + _MARK + homes.household_id)


def _ordered(sales: ir.Table) -> ir.Table:
    """Rows of sales with a day near which their order lies: what came back lies on the first day of its order."""
    day = sales.ordered_at.date()
    if "order_id" not in sales.columns:
        return sales.mutate(order_day=day)
    back = sales.filter(sales.amount < 0)
    named = sales.semi_join(back.filter(back.order_id.notnull()), ["customer_id", "order_id"])
    begun = named.group_by("customer_id", "order_id").aggregate(begun=named.ordered_at.date().min())
    returned = back.left_join(begun, ["customer_id", "order_id"]).drop("customer_id_right", "order_id_right")
    dated = returned.mutate(order_day=ibis.coalesce(returned.begun, returned.ordered_at.date())).drop("begun")
    sold = sales.filter(~(sales.amount < 0))
    return sold.mutate(order_day=sold.ordered_at.date()).union(dated)
