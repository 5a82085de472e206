"""Rules, anonymous sales, repeats and what a report says of them, on counts by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from retention_lib.models.estimates import NotEnough
from retention_lib.models.quality import (
    AnonymousSales,
    InOrder,
    anonymous_sales,
    data_alerts,
    data_quality,
    future_rows,
    repeated_rows,
)


def counts(rows_in: int = 100, amount_in: str = "1000") -> pd.DataFrame:
    row = {"table": "transactions", "rows_in": rows_in, "rows_kept": rows_in, "rows_rejected": 0, "rows_merged": 0}
    money = {"amount_in": Decimal(amount_in), "amount_kept": Decimal(amount_in)}
    return pd.DataFrame([{**row, **money, "amount_rejected": Decimal(0), "amount_merged": Decimal(0)}])


def rules(*rows: tuple[str, str, str, int, int, str | None]) -> pd.DataFrame:
    """Table, reason, severity, rows, rows in, money."""
    frame = pd.DataFrame(rows, columns=["table", "reason", "severity", "rows", "rows_in", "amount"])
    money = pd.Series([None if amount is None else Decimal(amount) for amount in frame["amount"]], dtype=object)
    return frame.assign(amount=money, share=frame["rows"] / frame["rows_in"], examples="")


def empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in columns})


def facts(rules_found: pd.DataFrame, **changed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A store with nothing but the rows counted, and what is changed."""
    return {
        "counts": counts(),
        "rules": rules_found,
        "days": empty("day", "orders", "revenue"),
        "coverage": empty("last_day", "completeness_days"),
        "order_sizes": empty("log_step", "refund", "orders", "revenue"),
        "largest_orders": empty("day", "amount", "customer"),
        "largest_customers": empty("customer", "customers", "rows", "orders", "revenue"),
        "customer_nets": empty("customers", "negative", "amount"),
        "look_alikes": pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [5], "example": [""]}),
        "orphans": empty("table", "column", "reference", "ids", "orphans"),
        **changed,
    }


def test_anonymous_sales_are_shares_of_rows_and_money() -> None:
    found = anonymous_sales(counts(), rules(("transactions", "missing_customer_id", "quarantine", 5, 100, "40")))
    assert found == AnonymousSales(rows=5, rows_in=100, share=0.05, amount=40.0, amount_share=0.04)
    assert found.found


def test_anonymous_refunds_have_no_share_of_the_money() -> None:
    found = anonymous_sales(counts(), rules(("transactions", "missing_customer_id", "quarantine", 5, 100, "-40")))
    assert isinstance(found, AnonymousSales)
    assert (found.amount, found.amount_share) == (-40.0, None)
    nothing = anonymous_sales(counts(amount_in="0"), rules())
    assert isinstance(nothing, AnonymousSales)
    assert (nothing.rows, nothing.amount_share, nothing.found) == (0, None, False)


def test_without_sales_nobody_is_anonymous() -> None:
    assert anonymous_sales(counts().assign(table="customers"), rules()) == NotEnough("sales_known", 0, 1)


@pytest.mark.parametrize(("rows", "found"), [(10, False), (11, True)])
def test_future_rows_are_found_above_one_percent(rows: int, found: bool) -> None:
    result = future_rows(rules(("transactions", "in_the_future", "quarantine", rows, 1_000, "1")))
    assert result.found is found
    assert result.table["share"].tolist() == [rows / 1_000]


def test_repeats_are_contradictions_and_equal_rows_that_stay() -> None:
    result = repeated_rows(
        rules(
            ("transactions", "conflicting_rows", "quarantine", 4, 100, "1"),
            ("transactions", "duplicate_kept", "warn", 3, 100, "1"),
            ("customers", "duplicate_merged", "merge", 9, 50, None),
            ("customers", "conflicting_rows", "quarantine", 2, 50, None),
        )
    )
    assert (result.conflicting, result.kept, result.found) == (6, 3, True)
    assert result.table.to_dict("records") == [
        {"table": "transactions", "conflicting": 4, "kept": 3, "rows_in": 100},
        {"table": "customers", "conflicting": 2, "kept": 0, "rows_in": 50},
    ]


def test_alerts_are_what_was_found_and_one_line_for_the_rest() -> None:
    quality = data_quality(
        facts(
            rules(("transactions", "duplicate_kept", "warn", 3, 100, "1")),
            coverage=pd.DataFrame({"last_day": [date(2024, 5, 3)], "completeness_days": [1]}),
        )
    )
    found = data_alerts(quality)
    assert [getattr(result, "check", "") for result in found[:-1]] == ["last_month", "repeats"]
    # What cannot be judged (no calendar, no orders, one table) is neither found nor in order.
    assert found[-1] == InOrder(checks=("anonymous", "look_alikes", "future"))
    assert quality.to_frame()["found"].sum() == 2


def test_a_refused_table_comes_first() -> None:
    stop = rules(("contacts", "refused", "stop", 0, 1, None)).assign(examples="mail.csv: file is empty; export again")
    first, *_ = data_alerts(data_quality(facts(stop)))
    assert (first.table, first.sentence) == ("contacts", "mail.csv: file is empty; export again")
