"""Sales of products for tests: small ones written by hand, random ones with a seed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
from measures.tables import table

from retention_lib.measures.actions.items import Items, items

UNTIL = date(2026, 7, 1)
SCHEMA = {
    "customer_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "product_id": "string",
    "category": "string",
}


def sold(rows: Iterable[str]) -> ibis.Table:
    """Sales of "customer day products", as in "ann 2026-06-01 tea,honey"; a product's category is its first letter."""
    typed = []
    for row in rows:
        customer, day, products = row.split()
        at = datetime.fromisoformat(day)
        typed += [(customer, at, Decimal(10), product, product[0]) for product in products.split(",")]
    return table(typed, SCHEMA)


def read(rows: Iterable[str]) -> Items:
    """The items of such sales."""
    found = items(sold(rows), until=UNTIL)
    assert isinstance(found, Items)
    return found


def random_days(seed: int, *, customers: int = 40, products: int = 6, days: int = 120, most: int = 25) -> pd.DataFrame:
    """Customers, days and products by chance, popular ones oftener; some customers buy much more than others."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, most, customers)
    customer = np.repeat(np.arange(customers), sizes)
    weights = 1 / np.arange(1, products + 1)
    product = rng.choice(products, len(customer), p=weights / weights.sum())
    day = rng.integers(1, days + 1, len(customer))
    frame = pd.DataFrame({"customer": customer, "day": day, "product": product}).drop_duplicates()
    return frame.sort_values(["customer", "day", "product"], ignore_index=True)


def engine_items(frame: pd.DataFrame) -> Items:
    """Random days in the engine: days count back from the end."""
    rows = [
        (
            f"c{row.customer:03d}",
            datetime.combine(UNTIL - timedelta(days=int(row.day)), datetime.min.time()),
            Decimal(10),
            f"p{row.product}",
            f"k{row.product % 2}",
        )
        for row in frame.itertuples()
    ]
    found = items(table(rows, SCHEMA), until=UNTIL)
    assert isinstance(found, Items)
    return found
