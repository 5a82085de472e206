"""What the tests of this room share: small tables of a store, typed as the contracts say, and a random store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from retention_lib.measures.purchases import purchase_days

SALES = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "category": "string",
}
DAYS = {"customer_id": "string", "day": "date", "amount": "decimal(18, 4)"}
MESSAGES = {"customer_id": "string", "campaign_id": "string", "sent_at": "timestamp", "offer": "string"}


def table(rows: Iterable[tuple[object, ...]], schema: dict[str, str]) -> ibis.Table:
    """Rows as a table of the engine."""
    records = [dict(zip(schema, row, strict=True)) for row in rows]
    return ibis.memtable(pa.Table.from_pylist(records, schema=ibis.schema(schema).to_pyarrow()))


def sales(*rows: tuple[str, str, str, str] | tuple[str, str, str, str, str | None]) -> ibis.Table:
    """Transactions of (customer, order, ISO stamp, amount) and, if every row has one, a category."""
    schema = dict(list(SALES.items())[: len(rows[0])]) if rows else SALES
    typed = [(row[0], row[1], datetime.fromisoformat(row[2]), Decimal(row[3]), *row[4:]) for row in rows]
    return table(typed, schema)


def bought(**days: str) -> ibis.Table:
    """Purchase days by customer, as in `bought(ann="2020-01-01 2020-02-01")`, each for 10."""
    rows = [(customer, date.fromisoformat(day), Decimal(10)) for customer in days for day in days[customer].split()]
    return table(rows, DAYS)


def messages(*rows: tuple[str, str, str]) -> ibis.Table:
    """Contacts of (customer, campaign, ISO stamp), with the campaign's offer."""
    return table([(*row[:2], datetime.fromisoformat(row[2]), f"offer {row[1]}") for row in rows], MESSAGES)


def random_sales(seed: int, *, customers: int = 40, days: int = 400, until: date = date(2021, 2, 4)) -> pd.DataFrame:
    """Orders of a random store on the days before `until`: customer, order, stamp, amount; some twice a day."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 8 * customers))
    day = [until - timedelta(days=int(back)) for back in rng.integers(1, days + 1, count)]
    day = [day[place - 1] if place % 5 == 4 else day[place] for place in range(count)]
    customer = rng.integers(0, customers, count)
    customer = [int(customer[place - 1] if place % 5 == 4 else customer[place]) for place in range(count)]
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:03d}" for number in customer],
            "order_id": [f"o{number}" for number in range(count)],
            "ordered_at": pd.to_datetime([datetime(at.year, at.month, at.day, 12) for at in day]),
            "amount": rng.integers(1, 10_000, count) / 100,
        }
    )


def engine_sales(frame: pd.DataFrame) -> ibis.Table:
    """A random store's orders in the engine."""
    amounts = [Decimal(f"{amount:.2f}") for amount in frame["amount"]]
    return table(
        zip(
            frame["customer_id"],
            frame["order_id"],
            [at.to_pydatetime() for at in frame["ordered_at"]],
            amounts,
            strict=True,
        ),
        dict(list(SALES.items())[:4]),
    )


def engine_days(frame: pd.DataFrame, *, until: date = date(2021, 2, 4)) -> ibis.Table:
    """A random store's purchase days in the engine."""
    return purchase_days(engine_sales(frame), until=until)
