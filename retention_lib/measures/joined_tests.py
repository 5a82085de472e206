"""Many tests of a store as one test, whose arms are theirs: so that one pass over the sales measures them all.

A customer of three tests is three customers here, each with the rows that its test needs. What `experiments` and
`experiment_outcomes` make of one test they make of this one, by the same rules.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.experiment_units import household_counts, listed_by_home, listed_homes
from retention_lib.measures.experiments import Reading

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

JOINED = "all past tests"
"""The `experiment_id` of the tests taken together."""

TABLES = ("assignments", "transactions", "contacts", "redemptions", "customers", "outcomes")
"""What a test's profit is counted from."""

ORDER_DAYS = 31
"""The lines of an order are sold within so many days."""

_OF_SALES = ("customer_id", "ordered_at", "order_id", "amount", "cost", "discount")
_MARK = "\x1f"
_ARMS = {"experiment": "string", "arm": "string", "code": "int16", "number": "int16", "days": "int32"}


def joined_arm(test: str, arm: str) -> str:
    """What an arm of a test is called among the arms of all.

    Args:
        test: The test.
        arm: Its arm.
    """
    return f"{test}{_MARK}{arm}"


class JoinedTests:
    """A store in which some tests are one; it has the tables that their profit is counted from.

    Attributes:
        arms: The arms of the tests as they were given, each with its place as `code`, that of its test as `number`,
            `days` (over which its test is counted) and `unit` (what chance decided for in its test: `customer` or
            `household`; of a list what the ledger says, whatever `customers` says today).
        keys: One row a customer and test, kept in the engine: `unit` (number), `key` (the same as text, by which the
            customer goes here), `customer_id`, `number`, `code` (of an arm), `mixed` (bool: in two arms of the test),
            `since` (time of the assignment; NULL in a test without dates), `stratum` (text or NULL), `days`.
        reading: How the tests are read.
    """

    def __init__(self, store: Store, arms: pd.DataFrame, reading: Reading, *, until: date) -> None:
        """Take what the tests need of a store.

        Args:
            store: The store; it has `assignments`.
            arms: The arms of the tests, from `experiment_names.assigned_arms`: experiment, arm, first; and days, where
                tests are counted over days of their own, none of them above those of the reading.
            reading: How they are read.
            until: First day that is no longer seen.
        """
        self.reading = reading
        own = arms.reset_index(drop=True)
        numbers = own["experiment"].factorize()[0]
        self.arms = own.assign(code=range(len(own)), number=numbers, days=own.get("days", reading.full_days))
        self._placed = _placed(store.table("assignments"), self.arms, until)
        self.keys = _keys(self._placed).cache()
        drawn_by_home, self._homes = _by_household(self.arms, self.keys, store.find("customers"), store.listed)
        by_home = self.arms["number"].isin(drawn_by_home).to_numpy()
        self.arms = self.arms.assign(unit=np.where(by_home, "household", "customer").astype(object))
        self.zero_amount_is_purchase = store.zero_amount_is_purchase
        found = {name: table for name in TABLES if (table := store.find(name)) is not None}
        self._tables = {name: made for name, table in found.items() if (made := self._made(name, table)) is not None}
        if self._homes is not None:
            self._tables["customers"] = self._homes

    def find(self, name: str) -> ir.Table | None:
        """A table, or None where it is of no use here."""
        return self._tables.get(name)

    def table(self, name: str) -> ir.Table:
        """A table that there is."""
        return self._tables[name]

    def has(self, *tables: str) -> bool:
        """Whether there are such tables."""
        return all(name in self._tables for name in tables)

    @property
    def listed(self) -> ir.Table | None:
        """The households by which the tests were drawn, as a list has them; None without such a test."""
        return None if self._homes is None else self._homes.mutate(experiment_id=ibis.literal(JOINED))

    def _made(self, name: str, table: ir.Table) -> ir.Table | None:
        """A table with a customer for each test of a customer."""
        if name == "assignments":
            keys = self.keys.select("key", "customer_id", "number")
            placed = self._placed.inner_join(keys, ["customer_id", "number"])
            variant = placed.experiment + _MARK + placed.arm
            return placed.select("assigned_at", customer_id="key", experiment_id=ibis.literal(JOINED), variant=variant)
        if name == "transactions":
            return self._sales(table)
        if name in ("contacts", "redemptions"):
            return self._campaign_rows(table)
        return self._outcomes(table) if name == "outcomes" else None

    def _sales(self, sales: ir.Table) -> ir.Table:
        """The rows of orders that a test looks at, for each test of the customer."""
        known = self.keys.filter(self.keys.since.notnull())
        first = self.arms["first"].min()
        if pd.isna(first):
            return sales.filter(ibis.literal(False))
        needed = sales.select(*(name for name in _OF_SALES if name in sales.columns))
        since = first.normalize() - timedelta(days=self.reading.before_days + ORDER_DAYS)
        joined = _ordered(needed, since).inner_join(known.select("customer_id", "key", "since", "days"), "customer_id")
        day = joined.since.date()
        end = day + joined.days.as_interval("D")
        before = ibis.interval(days=self.reading.before_days + ORDER_DAYS)
        ordered = (joined.order_day >= day - before) & (joined.order_day < end)
        # What came back since the assignment counts on its own day, however long ago it was bought.
        back = (joined.amount < 0) & (joined.ordered_at >= joined.since) & (joined.ordered_at.date() < end)
        near = joined.filter(ordered | (back & (joined.order_day < day)))
        return near.drop("since", "days", "order_day", "customer_id").rename(customer_id="key").cache()

    def _campaign_rows(self, table: ir.Table) -> ir.Table:
        """Messages, or uses of coupons, that belong to a test, to the end of its days."""
        at = "sent_at" if "sent_at" in table.columns else "redeemed_at"
        keys = self._named(["key", "since", "days"])
        joined = table.inner_join(keys, [table.customer_id == keys.customer, table.campaign_id == keys.campaign])
        ends = joined.since.date() + joined.days.as_interval("D")
        near = joined.filter(joined.since.isnull() | (joined[at].date() < ends))
        told = near.drop("customer_id", "campaign_id", "customer", "since", "days").rename(customer_id="key")
        named = told.mutate(campaign_id=ibis.literal(JOINED))
        if "coupon_id" in named.columns:
            named = named.mutate(coupon_id=named.campaign + _MARK + named.coupon_id)
        return named.drop("campaign")

    def _outcomes(self, table: ir.Table) -> ir.Table:
        """The results of the tests."""
        keys = self._named(["key"])
        joined = table.inner_join(keys, [table.customer_id == keys.customer, table.experiment_id == keys.campaign])
        told = joined.drop("customer_id", "experiment_id", "customer", "campaign")
        return told.mutate(experiment_id=ibis.literal(JOINED)).rename(customer_id="key")

    def _named(self, columns: list[str]) -> ir.Table:
        """The customers with the name of their test: `customer`, `campaign` and some columns."""
        tests = self.arms[["number", "experiment"]].drop_duplicates()
        names = ibis.memtable(tests).cast({"number": "int16"})
        keys = self.keys.inner_join(names, "number")
        return keys.select(*columns, customer="customer_id", campaign="experiment")


def _placed(assigned: ir.Table, arms: pd.DataFrame, until: date) -> ir.Table:
    """The assignments seen, with the numbers of their arm and test; who has no time counts from the test's first."""
    kinds = {"assigned_at": "timestamp(6)", "stratum": "string"}
    missing = {name: ibis.null(kind) for name, kind in kinds.items() if name not in assigned.columns}
    rows = assigned.mutate(**missing) if missing else assigned
    seen = rows.filter(rows.assigned_at.isnull() | (rows.assigned_at < ibis.timestamp(until.isoformat())))
    firsts = arms.groupby("experiment")["first"].transform("min").astype("datetime64[us]")
    told = ibis.memtable(arms.assign(first=firsts)[[*_ARMS, "first"]]).cast({**_ARMS, "first": "timestamp(6)"})
    placed = seen.inner_join(told, [seen.experiment_id == told.experiment, seen.variant == told.arm])
    return placed.select(
        *("customer_id", "experiment", "arm", "number", "code", "days", "stratum"),
        assigned_at=ibis.coalesce(placed.assigned_at, placed["first"].cast("timestamp(6)")),
    )


def _keys(placed: ir.Table) -> ir.Table:
    """The customers of the tests, each with a name of its own."""
    each = placed.group_by("customer_id", "number").aggregate(
        code=placed.code.min(),
        mixed=placed.code.min() != placed.code.max(),
        since=placed.assigned_at.min(),
        stratum=placed.stratum.min(),
        days=placed.days.min(),
    )
    number = ibis.row_number().cast("int32")
    # A short text stands in the engine where it is used, a long one apart from it.
    return each.mutate(unit=number, key=number.cast("string"))


def _by_household(
    arms: pd.DataFrame, keys: ir.Table, customers: ir.Table | None, listed: ir.Table | None
) -> tuple[list[int], ir.Table | None]:
    """The tests in which chance decided for households, by number, and these, a new one for each test.

    Lists say by themselves what they were drawn by; each other test is looked at by itself.
    """
    lists = listed_by_home(listed)
    tests = arms[["number", "experiment"]].drop_duplicates()
    in_ledger = tests["experiment"].isin(list(lists))
    parts = []
    numbers = [int(number) for number in tests.loc[tests["experiment"].map(lists).eq(True), "number"]]
    if listed is not None and numbers:
        parts.append(_listed_homes(listed, keys, tests[tests["number"].isin(numbers)]))
    guessed = _homes(customers, keys, [int(number) for number in tests.loc[~in_ledger, "number"]])
    if guessed is not None:
        told = household_counts(guessed, by=("number",))
        whole = [int(number) for number in told.loc[told["together"], "number"]]
        numbers += whole
        parts += [guessed.filter(guessed.number.isin(whole))] * bool(whole)
    named = [
        homes.select(customer_id=homes.key, household_id=homes.number.cast("string") + _MARK + homes.household)
        for homes in parts
    ]
    return numbers, ibis.union(*named) if len(named) > 1 else named[0] if named else None


def _listed_homes(listed: ir.Table, keys: ir.Table, tests: pd.DataFrame) -> ir.Table:
    """The customers of lists with the households by which these were drawn: key, number, household."""
    homes = listed_homes(listed, *(str(name) for name in tests["experiment"]))
    numbers = ibis.memtable(tests).cast({"number": "int16"}).rename(experiment_id="experiment")
    placed = homes.inner_join(numbers, "experiment_id").select("customer_id", "number", "household")
    return keys.select("customer_id", "key", "number").inner_join(placed, ["customer_id", "number"])


def _homes(customers: ir.Table | None, keys: ir.Table, numbers: list[int]) -> ir.Table | None:
    """The customers of known households: key, number, code, mixed, household; None where none is known."""
    if not numbers or customers is None or "household_id" not in customers.columns:
        return None
    known = customers.filter(customers.household_id.notnull()).select("customer_id", household="household_id")
    own = keys.filter(keys.number.isin(numbers)).select("customer_id", "key", "number", "code", "mixed")
    return own.inner_join(known, "customer_id")


def _ordered(sales: ir.Table, since: date) -> ir.Table:
    """Rows of sales since a day, and all that came back, with the day near which their order lies.

    What came back lies on the first day of its order.
    """
    recent = sales.ordered_at >= ibis.timestamp(since.isoformat())
    if "order_id" not in sales.columns:
        return sales.filter(recent).mutate(order_day=sales.ordered_at.date())
    back = sales.filter(sales.amount < 0)
    named = sales.semi_join(back.filter(back.order_id.notnull()), ["customer_id", "order_id"])
    begun = named.group_by("customer_id", "order_id").aggregate(begun=named.ordered_at.date().min())
    returned = back.left_join(begun, ["customer_id", "order_id"]).drop("customer_id_right", "order_id_right")
    dated = returned.mutate(order_day=ibis.coalesce(returned.begun, returned.ordered_at.date())).drop("begun")
    sold = sales.filter(recent, ~(sales.amount < 0))
    return sold.mutate(order_day=sold.ordered_at.date()).union(dated)
