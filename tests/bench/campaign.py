"""What the report on a test with ten million customers takes, from the command to the page, against tea-tasting."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.apart import run_apart
from bench.large_shop import CACHE, PROJECT, report_apart
from bench.measured import Measured

ARMS = ("none", "discount20", "free_delivery")

_SET = """\
title: A shop with a large test
store:
  timezone: UTC
  currency: EUR
  tables:
    assignments: {path: data/tables/assignments.parquet}
    contacts: {path: data/tables/contacts.parquet}
    customers: {path: data/tables/customers.parquet}
    redemptions: {path: data/tables/redemptions.parquet}
    transactions: {path: data/tables/transactions.parquet}
economics: {gross_margin: 0.375, contact_cost: 0.50}
reports:
  ab_campaign: {}
"""

# Chance comes from the engine's hash of a row's number, so that the tables are the same each time they are written.
_ORDERS = """\
CREATE TABLE orders AS
SELECT
    printf('O%010d', r) AS order_id,
    -- Some buy much more than others: the number of a customer is that of a skewed draw.
    least(($customers * power(hash(r * 17) / 18446744073709551616.0, 1.6))::BIGINT, $customers - 1) AS i,
    TIMESTAMP '2025-07-01' + to_seconds((hash(r * 11) % 31536000)::BIGINT) AS ordered_at,
    round(exp(5 + 2 * (hash(r * 19) + hash(r * 23)::DOUBLE + hash(r * 29)) / 18446744073709551616.0 - 1), 2)
        ::DECIMAL(18, 4) AS amount,
    1 + (hash(r * 3) % 10 = 0)::INTEGER AS lines,
    hash(r * 41) % 25 = 0 AS sent_back,
    hash(r * 43) % 7 = 0 AS reduced
FROM range($customers * 27 // 10) AS t(r)
"""
_CODE = "(hash({} * 5) % 3)::INTEGER"
_START = "TIMESTAMP '2026-03-02 00:05:00' + to_days((hash({} * 13) % 14)::INTEGER)"
_TABLES = {
    "assignments": f"""
        SELECT printf('C%09d', i) AS customer_id, 'mail' AS experiment_id,
            {list(ARMS)}[1 + {_CODE.format("i")}] AS variant, {_START.format("i")} AS assigned_at,
            ['0-1', '2-4', '5+'][1 + (hash(i * 31) % 3)::INTEGER] AS stratum
        FROM range($customers) AS t(i)""",
    "customers": """
        SELECT printf('C%09d', i) AS customer_id,
            ['search', 'social', 'friends'][1 + (hash(i * 3) % 3)::INTEGER] AS acquisition_channel,
            ['north', 'south', 'east', 'west'][1 + (hash(i * 53) % 4)::INTEGER] AS region,
            ['low', 'middle', 'high'][1 + (hash(i * 7) % 3)::INTEGER] AS income_band
        FROM range($customers) AS t(i)""",
    "contacts": f"""
        SELECT printf('C%09d', i) AS customer_id, 'mail' AS campaign_id, 'email' AS channel,
            {_START.format("i")} + INTERVAL 10 HOUR AS sent_at, 0.5::DECIMAL(18, 4) AS cost
        FROM range($customers) AS t(i) WHERE {_CODE.format("i")} > 0""",
    "redemptions": f"""
        SELECT printf('C%09d', i) AS customer_id, 'mail-' || {_CODE.format("i")} AS coupon_id, 'mail' AS campaign_id,
            ordered_at AS redeemed_at, order_id,
            CASE WHEN {_CODE.format("i")} = 1 THEN round(amount * 0.2, 2) ELSE 5 END::DECIMAL(18, 4) AS value
        FROM orders WHERE {_CODE.format("i")} > 0 AND hash(order_id) % 3 = 0
            AND ordered_at BETWEEN {_START.format("i")} AND {_START.format("i")} + INTERVAL 14 DAY""",
    "transactions": """
        SELECT printf('C%09d', i) AS customer_id, ordered_at, amount, order_id,
            CASE WHEN reduced THEN round(amount * 0.2, 2) ELSE 0 END::DECIMAL(18, 4) AS discount,
            round(amount * 0.6, 2)::DECIMAL(18, 4) AS cost, line::VARCHAR AS line_id
        FROM orders, range(lines) AS t(line)
        UNION ALL
        SELECT printf('C%09d', i), ordered_at + to_days((hash(order_id) % 20)::INTEGER + 3), -amount, order_id,
            CASE WHEN reduced THEN -round(amount * 0.2, 2) ELSE 0 END::DECIMAL(18, 4),
            -round(amount * 0.6, 2)::DECIMAL(18, 4), 'back'
        FROM orders WHERE sent_back AND ordered_at < TIMESTAMP '2026-06-05'""",
}


def campaign_notebook(*, tested: int) -> Measured:
    """The report of a shop with so many customers in a test of three arms, once its store has been opened.

    The seconds are those of the notebook and its page; the peak is that of all processes of the command together.
    """
    root = tested_shop(tested)
    ours = report_apart(root)
    peer = run_apart("bench.campaign:by_tea_tasting", root=str(root))
    return Measured.of("campaign_notebook", ours, "tea-tasting, four metrics of two arms in the same engine", peer)


def tested_shop(customers: int) -> Path:
    """The project with the notebooks as they are now; its tables are kept for the next time."""
    root = CACHE / f"tested-{customers}"
    folder = root / "data" / "tables"
    (root / "parameters").mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", dirs_exist_ok=True)
    (root / "parameters" / "large.yml").write_text(_SET, encoding="utf-8")
    if not folder.exists():
        run_apart("bench.campaign:write_tables", folder=str(folder), customers=customers)
    return root


def write_tables(*, folder: str, customers: int) -> None:
    """Write the shop's tables as Parquet."""
    import duckdb

    made = Path(f"{folder}.making")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    with duckdb.connect() as engine:
        engine.execute("SET preserve_insertion_order = false")
        engine.execute(_ORDERS.replace("$customers", str(customers)))
        for name, query in _TABLES.items():
            file = made / f"{name}.parquet"
            engine.execute(f"COPY ({query.replace('$customers', str(customers))}) TO '{file}' (FORMAT parquet)")
    made.rename(folder)


def by_tea_tasting(*, root: str) -> float:
    """Orders, conversion, revenue with that before, and money an order of two arms; units summed in the same engine."""
    import ibis
    import tea_tasting as tt

    engine = ibis.duckdb.connect()
    tables = Path(root) / "data" / "tables"
    people = engine.read_parquet(tables / "assignments.parquet")
    sales = engine.read_parquet(tables / "transactions.parquet")
    first = sales.group_by("customer_id", "order_id").aggregate(at=sales.ordered_at.min())
    rows = sales.inner_join(first, ["customer_id", "order_id"]).inner_join(people, "customer_id")
    # What came back after the assignment of an order made before it counts on its own day.
    late = (rows["at"] < rows.assigned_at) & (rows.ordered_at >= rows.assigned_at)
    rows = rows.mutate(at=late.ifelse(rows.ordered_at, rows["at"]), bought=late.ifelse(None, rows.order_id))
    orders = rows.group_by("customer_id", "at", "bought", "assigned_at").aggregate(amount=rows.amount.sum())
    age = orders["at"].date().delta(orders.assigned_at.date(), unit="day")
    begun = orders["at"] >= orders.assigned_at
    inside, before = begun & (age < 28), ~begun & (age >= -182)
    each = orders.group_by("customer_id").aggregate(
        revenue=orders.amount.sum(where=inside).fill_null(0).cast("float64"),
        orders=(inside & (orders.amount > 0)).sum(),
        revenue_before=orders.amount.sum(where=before).fill_null(0).cast("float64"),
    )
    units = people.select("customer_id", "variant").left_join(each, "customer_id").drop("customer_id_right")
    filled = {name: units[name].fill_null(0) for name in ("revenue", "orders", "revenue_before")}
    units = units.mutate(**filled, conversion=(filled["orders"] > 0).cast("int64"))
    test = tt.Experiment(
        orders=tt.Mean("orders"),
        conversion=tt.Mean("conversion"),
        revenue=tt.Mean("revenue", "revenue_before"),
        money_an_order=tt.RatioOfMeans("revenue", "orders"),
    )
    found = [test.analyze(units.filter(units.variant.isin([ARMS[0], arm])), control=ARMS[0]) for arm in ARMS[1:]]
    return float(found[0]["revenue"].pvalue)
