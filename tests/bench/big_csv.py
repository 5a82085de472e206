"""A shop's export of any size: the same bytes for the same size, with the faults that exports have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

MIB = 2**20
ROW_BYTES = 101
"""A little less than a row takes, so that a file is never smaller than asked for."""

# A row follows from its number alone: two lines an order, and now and then a row that repeats the one before it.
_LINES = """
SELECT i, n, n // 2 AS bill, md5_number_lower((n // 2)::VARCHAR) AS who, md5_number_lower('line ' || n) AS what
FROM (SELECT i, CASE WHEN i % 5003 = 1 THEN i - 1 ELSE i END AS n FROM range({rows}) AS numbers(i))
"""
_VALUES = """
SELECT i, n, bill, who, what, what // 13 % 100 AS kopecks, what // 11 % 20000 AS roubles, n % 50 = 7 AS refund,
    n % 30011 = 8 AS no_amount, n % 20011 = 9 AS no_date, bill % 109 = 10 AS no_customer
FROM ({lines})
"""
_ROWS = """
SELECT
    CASE WHEN no_customer THEN '' ELSE lpad((who % 900001)::VARCHAR, 8, '0') END AS customer_id,
    'ЧК-' || lpad(bill::VARCHAR, 9, '0') AS order_id,
    CASE WHEN no_date THEN '2024-02-31 10:00:00' ELSE
        strftime(TIMESTAMP '2023-01-01' + to_seconds((who // 7 % 94608000)::BIGINT), '%Y-%m-%d %H:%M:%S')
    END AS ordered_at,
    CASE WHEN no_amount THEN 'н/д' ELSE
        CASE WHEN refund THEN '-' ELSE '' END || roubles || '.' || lpad(kopecks::VARCHAR, 2, '0')
    END AS amount,
    1 + what // 17 % 5 AS quantity,
    'SKU' || lpad((what // 19 % 40000)::VARCHAR, 6, '0') AS product_id,
    'категория ' || what // 19 % 40000 % 60 AS category,
    ['сайт', 'магазин', 'приложение'][1 + (who // 23 % 3)::INTEGER] AS channel
FROM ({values}) ORDER BY i
"""
_TOTAL = """
SELECT sum(CASE WHEN refund THEN -1 ELSE 1 END * (roubles * 100 + kopecks)::BIGINT) FROM ({values}) WHERE NOT no_amount
"""


@dataclass(frozen=True, kw_only=True)
class BigCsv:
    """A file and what is known to be in it.

    Attributes:
        path: The file.
        rows: Its rows under the header (count).
        total: The sum of the amounts that can be read.
    """

    path: Path
    rows: int
    total: Decimal


def big_csv(folder: Path, *, mebibytes: int) -> BigCsv:
    """An export of at least so many MiB, written unless it is there."""
    path = folder / f"orders-{mebibytes}.csv"
    known = path.with_suffix(".json")
    if not (known.exists() and path.exists()):
        rows = mebibytes * MIB // ROW_BYTES + 1
        known.unlink(missing_ok=True)
        known.write_text(json.dumps({"rows": rows, "kopecks": _written(path, rows)}), encoding="utf-8")
    facts = json.loads(known.read_text(encoding="utf-8"))
    return BigCsv(path=path, rows=facts["rows"], total=Decimal(facts["kopecks"]) / 100)


def _written(path: Path, rows: int) -> int:
    """Write the file; the sum of its readable amounts in kopecks, from the numbers they were made of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = _VALUES.format(lines=_LINES.format(rows=rows))
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(path.parent / "spill")}) as engine:
        engine.execute(f"COPY ({_ROWS.format(values=values)}) TO '{path}' (FORMAT csv, HEADER)")
        return int(engine.execute(_TOTAL.format(values=values)).fetchall()[0][0])
