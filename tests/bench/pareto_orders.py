"""Orders of any number of customers who buy and leave as the Pareto/NBD model says: the same ones each time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

CACHE = Path(__file__).parents[2] / "data" / ".cache" / "bench"
START = date(2024, 1, 1)
BIRTH_DAYS, DAYS = 500, 850
UNTIL = START + timedelta(days=DAYS)
"""First day that is not seen; customers come in the first 500 days."""

# A customer buys at a rate of Gamma(r, alpha) a day and leaves at one of Gamma(s, beta): a million customers make
# about 4.8 million orders, 546,000 distinct daily histories and 89,000 weekly ones.
R, ALPHA, S, BETA = 1.0, 90.0, 0.6, 160.0
# What an order costs: the Gamma-Gamma parameters of CDNOW (Fader and Hardie, note 025).
P, Q, V = 6.25, 3.74, 15.44

SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "order_id": pa.string(),
        "ordered_at": pa.timestamp("us"),
        "amount": pa.decimal128(18, 2),
    }
)
_BLOCK = 250_000
_DAY_SECONDS = 86_400


def orders_file(customers: int) -> Path:
    """The file of the orders (customer_id, order_id, ordered_at, amount), written unless it is there."""
    path = CACHE / f"pareto-{customers}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        _write(unfinished, customers)
        unfinished.rename(path)
    return path


def _write(path: Path, customers: int) -> None:
    """Block by block, so that memory does not follow the customers."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
        for first in range(0, customers, _BLOCK):
            file.write_table(_block(first, min(_BLOCK, customers - first)), row_group_size=_BLOCK)


def _block(first: int, customers: int) -> pa.Table:
    """The orders of some customers by time, as a shop writes them down."""
    rng = np.random.default_rng([1, first])
    born = rng.integers(0, BIRTH_DAYS, customers) + rng.random(customers)
    rate, leaving = rng.gamma(R, 1 / ALPHA, customers), rng.gamma(S, 1 / BETA, customers)
    seen = np.minimum(rng.exponential(1, customers) / leaving, DAYS - born)
    repeats = rng.poisson(rate * seen)
    who = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), repeats)])
    later = np.repeat(seen, repeats) * rng.random(repeats.sum())
    at = np.concatenate([born, np.repeat(born, repeats) + later])
    each = rng.gamma(P, 1, len(who)) / rng.gamma(Q, 1 / V, customers)[who]
    kopecks = np.maximum(np.rint(each * 100), 1).astype(np.int64)
    order = np.argsort(at, kind="stable")
    return _typed(first + who[order], at[order], kopecks[order], number=first)


def _typed(who: np.ndarray, at: np.ndarray, kopecks: np.ndarray, *, number: int) -> pa.Table:
    """The orders as the contract of `transactions` types them; ids are texts of one length."""
    bill = pa.array(np.arange(len(who)))
    begun = np.datetime64(START, "us")
    stamps = begun + (at * _DAY_SECONDS).astype("timedelta64[s]").astype("timedelta64[us]")
    return pa.table(
        {
            "customer_id": _text("C", pa.array(who)),
            "order_id": _text(f"{number}-", bill),
            "ordered_at": pa.array(stamps),
            "amount": pc.multiply(pa.array(kopecks).cast(pa.decimal128(19, 0)), Decimal("0.01")),
        }
    ).cast(SCHEMA)


def _text(prefix: str, numbers: pa.Array) -> pa.Array:
    padded = pc.utf8_lpad(numbers.cast(pa.string()), width=8, padding="0")
    return pc.binary_join_element_wise(prefix, padded, "")
