"""Whom an experiment or a campaign is judged by: the household where the store knows it, else the customer.

Members of a household read one another's mail and buy for one another, so they are not independent: counting them
one by one would make intervals too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis

Unit = Literal["customer", "household"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Who counts as one.

    Attributes:
        name: What one unit is.
        members: Table of `customer_id`, `household` for each customer of a known household; None where units are
            customers.
    """

    name: Unit
    members: ibis.Table | None

    def of(self, table: ibis.Table) -> ibis.Table:
        """A table with `unit` (text): the customer's household, or the customer where no household is known.

        Args:
            table: Any table with `customer_id`.
        """
        if self.members is None:
            return table.mutate(unit=table.customer_id)
        joined = table.left_join(self.members, "customer_id")
        # A household and a customer may have the same id; the ending tells them apart.
        unit = ibis.coalesce(self.members.household + "/household", table.customer_id)
        return joined.select(*table.columns, unit=unit)


CUSTOMERS = Units(name="customer", members=None)
"""Every customer is one."""


def judged_units(customers: ibis.Table | None) -> Units:
    """Households where the store knows any, else customers.

    Args:
        customers: The store's `customers`; None where it has none.
    """
    if customers is None or "household_id" not in customers.columns:
        return CUSTOMERS
    known = customers.filter(customers.household_id.notnull())
    members = known.select("customer_id", household=known.household_id)
    if members.count().execute() == 0:
        return CUSTOMERS
    return Units(name="household", members=members)
