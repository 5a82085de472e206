"""Results of the check of the data by hand, for sentences, tables and the chart."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from models.shapes import shape_frames

from retention_lib.models.ids import LookAlikes, OrphanIds, ReusedOrders, look_alikes, orphan_ids, reused_orders
from retention_lib.models.outliers import (
    DominantCustomer,
    NegativeCustomers,
    Outliers,
    dominant_customer,
    negative_customers,
    outliers,
)
from retention_lib.models.quality import (
    DataQuality,
    InOrder,
    RefusedTable,
    RowCounts,
    RuleCounts,
    data_quality,
)
from retention_lib.models.row_checks import AnonymousSales, FutureRows, RepeatedRows
from retention_lib.models.sales_calendar import LastMonth, SalesCalendar, sales_calendar
from retention_lib.models.shape import ShopShape, shop_shape
from retention_lib.models.sufficiency import (
    ForecastHorizon,
    ReportSufficiency,
    Sufficiency,
    forecast_horizon,
    report_sufficiency,
    sufficiency,
)

SENTENCE = "mail.csv: row 7: SENT 'AAA' is no date; set tables.contacts.csv.dates"
FACTS = {"has_transactions": 1, "has_results": 1, "buyers": 412, "history_days": 400, "days_since_purchase": 3}


def refused() -> RefusedTable:
    return RefusedTable(table="contacts", sentence=SENTENCE)


def counts(*, rejected: int = 20, merged: int = 1) -> RowCounts:
    """120 rows of sales of 10 each and 30 customers, who have no money."""
    kept = 120 - rejected - merged
    sales = {"table": "transactions", "rows_in": 120, "rows_kept": kept, "rows_rejected": rejected}
    money = {"amount_in": Decimal("1200.55"), "amount_kept": Decimal("990.55"), "amount_rejected": Decimal(200)}
    people = {"table": "customers", "rows_in": 30, "rows_kept": 30, "rows_rejected": 0, "rows_merged": 0}
    rows = [{**sales, "rows_merged": merged, **money, "amount_merged": Decimal(10)}, people]
    frame = pd.DataFrame(rows).astype(dict.fromkeys((*money, "amount_merged"), object))
    return RowCounts(table=frame.where(frame.notna(), None))


def rules(*, broken: bool = True) -> RuleCounts:
    columns = ["table", "reason", "severity", "rows", "rows_in", "share", "amount", "examples"]
    rows = [
        ("contacts", "refused", "stop", 0, 0, float("nan"), None, SENTENCE),
        ("transactions", "missing_customer_id", "quarantine", 18, 120, 0.15, Decimal("180.50"), "a.csv:2, a.csv:9"),
        ("transactions", "in_the_future", "quarantine", 2, 120, 2 / 120, Decimal("19.50"), "a.csv:4"),
        ("transactions", "duplicate_kept", "warn", 3, 120, 0.025, Decimal(30), ""),
        ("customers", "unreadable_birth_date", "warn", 1, 30, 1 / 30, None, ""),
    ]
    table = pd.DataFrame(rows if broken else rows[:0], columns=columns).astype({"amount": object})
    return RuleCounts(table=table, judged=150)


def anonymous(*, rows: int = 18) -> AnonymousSales:
    return AnonymousSales(rows=rows, rows_in=120, share=rows / 120, amount=180.5, amount_share=0.15)


def future() -> FutureRows:
    return FutureRows(
        table=pd.DataFrame({"table": ["transactions"], "rows": [2], "rows_in": [120], "share": [2 / 120]})
    )


def repeats(*, merged: int = 0, others: int = 0) -> RepeatedRows:
    """Sales of 5.25 each that were dropped, beside 4 that contradict others and 3 kept; and people dropped."""
    sales = ("transactions", 4, merged, Decimal("5.25") * merged, 3, 120)
    columns = ["table", "conflicting", "merged", "amount_merged", "kept", "rows_in"]
    return RepeatedRows(table=pd.DataFrame([sales, ("customers", 0, others, None, 0, 30)], columns=columns))


def reused(*, again: int = 80) -> ReusedOrders:
    found = reused_orders(pd.DataFrame({"orders": [200], "reused": [again]}))
    assert isinstance(found, ReusedOrders)
    return found


def calendar(
    *, gap: tuple[date, date] | None = (date(2024, 5, 1), date(2024, 5, 31)), days: int = 260
) -> SalesCalendar:
    """A sale of 10 every day from 1 January 2024, but in the gap."""
    every = [date(2024, 1, 1) + timedelta(days=place) for place in range(days)]
    sold = [day for day in every if gap is None or not gap[0] <= day <= gap[1]]
    found = sales_calendar(pd.DataFrame({"day": sold, "orders": 1, "revenue": 10.0}))
    assert isinstance(found, SalesCalendar)
    return found


def last_month(*, missing: int = 12) -> LastMonth:
    last = date(2024, 5, 31) - timedelta(days=missing)
    return LastMonth(month="2024-05", last_day=last, days_missing=missing, complete=missing <= 1)


def large_orders(*, largest: float = 50_000.0) -> Outliers:
    """A hundred orders of 100 and one more."""
    amounts = np.array([100.0] * 100 + [largest])
    rows = pd.DataFrame({"log_step": np.floor(np.log(amounts) * 100).astype(int), "refund": False, "orders": 1})
    sizes = rows.assign(revenue=amounts).groupby(["log_step", "refund"], as_index=False).sum()
    found = outliers(
        sizes, pd.DataFrame({"day": [date(2024, 5, 3)], "amount": [largest], "customer": ["0a1b2c3d4e5f"]})
    )
    assert isinstance(found, Outliers)
    return found


def dominant(*, rows: int = 600, revenue: float = 3_000.0) -> DominantCustomer:
    found = dominant_customer(
        pd.DataFrame(
            [("0a1b2c3d4e5f", 1, rows, 300, revenue), ("", 99, 1_000 - rows, 200, 7_000.0)],
            columns=["customer", "customers", "rows", "orders", "revenue"],
        )
    )
    assert isinstance(found, DominantCustomer)
    return found


def negative(*, customers: int = 2) -> NegativeCustomers:
    found = negative_customers(pd.DataFrame({"customers": [50], "negative": [customers], "amount": [-30.0]}))
    assert isinstance(found, NegativeCustomers)
    return found


def alike(*, found: bool = True) -> LookAlikes:
    rows = [("zeros", 4, 9, "aa11, bb22"), ("letters", 2, 4, "cc33, dd44")] if found else []
    judged = look_alikes(pd.DataFrame([*rows, ("all", 0, 900, "")], columns=["kind", "groups", "ids", "example"]))
    assert isinstance(judged, LookAlikes)
    return judged


def orphans(*, found: bool = True) -> OrphanIds:
    rows = [
        ("contacts", "customer_id", "customers, transactions", 200, 20 * found),
        ("service", "order_id", "transactions", 30, 3 * found),
    ]
    judged = orphan_ids(pd.DataFrame(rows, columns=["table", "column", "reference", "ids", "orphans"]))
    assert isinstance(judged, OrphanIds)
    return judged


def in_order() -> InOrder:
    return InOrder(checks=("anonymous", "calendar", "future"))


def facts(**changed: float) -> pd.DataFrame:
    held = {**FACTS, **changed}
    return pd.DataFrame({"fact": list(held), "value": [float(value) for value in held.values()]})


def enough(**changed: float) -> Sufficiency:
    """412 buyers: enough to diagnose churn, too few for a forecast; no messages and no test."""
    return sufficiency(facts(**changed))


def value_report(**changed: float) -> ReportSufficiency:
    return report_sufficiency(facts(**changed), "cohort_ltv")


def horizon(history_days: int = 200) -> ForecastHorizon:
    """Twelve months asked for, on so many days of sales."""
    return forecast_horizon(facts(buyers=500, buyers_three_times=9, history_days=history_days), wanted=12)


def quality(*, broken: bool = True) -> DataQuality:
    """A store whose table of contacts was refused, or one without a fault; without sales to judge."""
    nothing = {
        "days": ["day", "orders", "revenue"],
        "coverage": ["last_day", "completeness_days"],
        "order_sizes": ["log_step", "refund", "orders", "revenue"],
        "largest_orders": ["day", "amount", "customer"],
        "largest_customers": ["customer", "customers", "rows", "orders", "revenue"],
        "customer_nets": ["customers", "negative", "amount"],
        "orphans": ["table", "column", "reference", "ids", "orphans"],
        "order_numbers": ["orders", "reused"],
    }
    return data_quality(
        {
            "counts": counts().table,
            "rules": rules(broken=broken).table,
            "look_alikes": pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [5], "example": [""]}),
            **{name: pd.DataFrame({column: [] for column in columns}) for name, columns in nothing.items()},
        }
    )


def shape(**own: pd.DataFrame) -> ShopShape:
    """A simulated shop of 100 customers followed, beside the two public data sets."""
    names = {"near": "cdnow", "far": "complete_journey"}
    found = shop_shape({name: frame.replace({"shop": names}) for name, frame in shape_frames(**own).items()})
    assert isinstance(found, ShopShape)
    return found
