"""What a check of the data reads: the fate of every row, the days and sizes of sales, and ids across tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from retention_lib.measures.ids import ids_by_table, look_alike_ids, order_days, order_numbers, orphan_counts
from retention_lib.measures.sizes import (
    customer_nets,
    customer_totals,
    largest_customers,
    largest_orders,
    order_sizes,
    order_totals,
)
from retention_lib.measures.sufficiency import sufficiency_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from retention_lib.stores.reconciliation import Reconciliation
    from retention_lib.stores.store import Store

MONEY = ("amount_in", "amount_kept", "amount_rejected", "amount_merged")
COUNTS = ("table", "rows_in", "rows_kept", "rows_rejected", "rows_merged", *MONEY)
RULES = ("table", "reason", "severity", "rows", "rows_in", "share", "amount", "examples")
DAYS = ("day", "orders", "revenue")
SEVERITIES = ("stop", "quarantine", "warn", "merge")


def quality_facts(
    store: Store,
    *,
    until: date | None = None,
    tables: Collection[str] | None = None,
    purchases: ibis.Table | None = None,
) -> dict[str, pd.DataFrame]:
    """Everything the checks judge, each as a small ordered frame.

    Args:
        store: The store; tables it refused are named among the rules.
        until: First day of sales that is no longer seen; all of them if omitted. Counts of rows and ids are
            always those of the whole source.
        tables: The tables that are asked about, `transactions` among them; all of the store's if omitted.
        purchases: From `purchases.purchase_days`, until the same day; made from the sales if omitted.

    Returns:
        `counts` (see `row_counts`), `rules` (`rule_counts`), `days` (`sales_days`), `coverage` (last_day and
        completeness_days in one row; none without sales), `order_sizes`, `largest_orders`,
        `largest_customers`, `customer_nets` (see `measures.sizes`), `order_numbers`, `look_alikes`, `orphans`
        (`measures.ids`) and `sufficiency` (`measures.sufficiency`).
    """
    asked = [name for name in store.tables if tables is None or name in tables]
    counts = {name: store.reconciliation(name) for name in asked}
    refused = {name: str(error) for name, error in store.refused.items() if tables is None or name in tables}
    held = {name: store.table(name) for name in asked}
    ids = ids_by_table(held, "customer_id")
    return {
        "counts": row_counts(counts),
        "rules": rule_counts(counts, refused),
        **_sales_facts(store, until=until),
        "look_alikes": look_alike_ids(ids, hashed=store.hashed_id),
        "orphans": orphan_counts(held, ids),
        "sufficiency": sufficiency_facts(store, until=until, tables=tables, purchases=purchases),
    }


def row_counts(counts: Mapping[str, Reconciliation]) -> pd.DataFrame:
    """Rows and money of every table.

    Args:
        counts: The reconciliation of each table.

    Returns:
        Columns `table`, `rows_in`, `rows_kept`, `rows_rejected`, `rows_merged` (counts), `amount_in`,
        `amount_kept`, `amount_rejected`, `amount_merged` (Decimal; None for a table without money), in the
        order given.
    """
    found = [{name: getattr(count, name) for name in COUNTS} for count in counts.values()]
    return pd.DataFrame(found, columns=list(COUNTS)).astype(dict.fromkeys(MONEY, object))


def rule_counts(counts: Mapping[str, Reconciliation], refused: Mapping[str, str]) -> pd.DataFrame:
    """Every rule that rows broke, with the places of the first of them.

    Args:
        counts: The reconciliation of each table.
        refused: Tables that could not be read or trusted, with what is wrong.

    Returns:
        Columns `table`, `reason`, `severity` (stop, quarantine, warn, merge), `rows`, `rows_in` (counts; 0 for
        stop), `share` (of the table's rows, in [0, 1]; NaN for stop), `amount` (Decimal or None), `examples`
        (file:row of the first rows; what is wrong for stop), worst severity first, then the most rows.
    """
    found = [
        {**dict.fromkeys(RULES), "table": table, "reason": "refused", "severity": "stop", "rows": 0, "rows_in": 0}
        | {"share": float("nan"), "examples": sentence}
        for table, sentence in refused.items()
    ]
    for table, count in counts.items():
        found += [
            {
                "table": table,
                "reason": reason.reason,
                "severity": reason.severity,
                "rows": reason.rows,
                "rows_in": count.rows_in,
                "share": reason.rows / count.rows_in,
                "amount": reason.amount,
                "examples": ", ".join(reason.places),
            }
            for reason in count.reasons
        ]
    frame = pd.DataFrame(found, columns=list(RULES)).astype({"amount": object, "examples": object})
    frame = frame.assign(rank=[SEVERITIES.index(severity) for severity in frame["severity"]])
    frame = frame.sort_values(["rank", "rows", "table", "reason"], ascending=[True, False, True, True])
    return frame.drop(columns="rank").reset_index(drop=True)


def sales_days(transactions: ibis.Table, orders: ibis.Table) -> pd.DataFrame:
    """Sales of every day that has a row.

    Args:
        transactions: The store's `transactions`, as far as they are seen.
        orders: Their orders' days, from `ids.order_days`.

    Returns:
        Columns `day` (date), `orders` (with a positive amount; count), `revenue` (net money), ordered by day.
    """
    money = transactions.group_by(day=transactions.ordered_at.date()).aggregate(revenue=transactions.amount.sum())
    numbers = orders.group_by("day").aggregate(orders=ibis._.count())
    days = money.left_join(numbers, "day")
    frame = days.select("day", "revenue", orders=days.orders.fill_null(0)).order_by("day").to_pandas()
    plain = pd.Series([pd.Timestamp(day).date() for day in frame["day"]], dtype=object)
    return frame.assign(day=plain, revenue=frame["revenue"].astype(float))[list(DAYS)]


def _sales_facts(store: Store, *, until: date | None) -> dict[str, pd.DataFrame]:
    """The frames about sales; empty ones where the store has none."""
    transactions, coverage = store.find("transactions"), store.coverage
    if transactions is None or coverage is None:
        return _no_sales()
    end = until or coverage.last_day + timedelta(days=1)
    seen = _seen(transactions, end)
    sold_days = order_days(seen)
    days = sales_days(seen, sold_days)
    sold = days.loc[days["orders"] > 0, "day"]
    if sold.empty:
        return _no_sales()
    orders = order_totals(seen)
    customers = customer_totals(orders)
    hashed: Callable[[str], str] = store.hashed_id
    return {
        "days": days,
        "coverage": pd.DataFrame({"last_day": [sold.max()], "completeness_days": [store.completeness_days]}),
        "order_sizes": order_sizes(orders),
        "largest_orders": largest_orders(orders, hashed=hashed),
        "largest_customers": largest_customers(customers, hashed=hashed),
        "customer_nets": customer_nets(customers),
        "order_numbers": order_numbers(sold_days),
    }


def _no_sales() -> dict[str, pd.DataFrame]:
    return {
        "days": pd.DataFrame({"day": [], "orders": [], "revenue": []}),
        "coverage": pd.DataFrame({"last_day": [], "completeness_days": []}),
        "order_sizes": pd.DataFrame({"log_step": [], "refund": [], "orders": [], "revenue": []}),
        "largest_orders": pd.DataFrame({"day": [], "amount": [], "customer": []}),
        "largest_customers": pd.DataFrame({"customer": [], "customers": [], "rows": [], "orders": [], "revenue": []}),
        "customer_nets": pd.DataFrame({"customers": [], "negative": [], "amount": []}),
        "order_numbers": pd.DataFrame({"orders": [], "reused": []}),
    }


def _seen(transactions: ibis.Table, until: date) -> ibis.Table:
    return transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
