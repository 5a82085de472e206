"""Rules, anonymous sales, repeats and what a report says of them, on counts by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.quality import InOrder, data_alerts, data_quality


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
        "order_numbers": empty("orders", "reused"),
        "look_alikes": pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [5], "example": [""]}),
        "orphans": empty("table", "column", "reference", "ids", "orphans"),
        **changed,
    }


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


def test_repeats_that_were_dropped_are_never_nothing_to_note() -> None:
    found = data_alerts(data_quality(facts(rules(("transactions", "duplicate_merged", "merge", 2, 100, "7")))))
    assert [result.check for result in found[:-1]] == ["repeats"]
    assert "repeats" not in found[-1].checks


def test_where_sales_cannot_be_read_nothing_about_them_is_in_order() -> None:
    stop = rules(("transactions", "refused", "stop", 0, 1, None))
    quality = data_quality(facts(stop, counts=counts().assign(table="customers")))
    assert [getattr(result, "check", "") for result in data_alerts(quality)] == ["refused", ""]
    assert data_alerts(quality)[1] == InOrder(checks=("look_alikes",))
    assert quality.future == quality.repeats == quality.outliers == NotEnough("sales_known", 0, 1)
    assert (quality.counts.refused, quality.rules.judged) == (("transactions",), 100)


def test_nothing_that_can_be_read_is_not_in_order() -> None:
    nobody = pd.DataFrame({"kind": ["all"], "groups": [0], "ids": [0], "example": [""]})
    stop = rules(("transactions", "refused", "stop", 0, 1, None))
    quality = data_quality(facts(stop, counts=counts().iloc[:0], look_alikes=nobody))
    assert [result.check for result in data_alerts(quality)] == ["refused"]


def test_what_can_be_mended_is_named() -> None:
    dropped = rules(("transactions", "duplicate_merged", "merge", 2, 100, "7"))
    late = pd.DataFrame({"last_day": [date(2024, 5, 3)], "completeness_days": [1]})
    again = pd.DataFrame({"orders": [10], "reused": [9]})
    quality = data_quality(facts(dropped, coverage=late, order_numbers=again))
    assert [check.check for check in quality.to_mend] == ["reused_orders", "repeats"]


def test_a_refused_table_comes_first() -> None:
    stop = rules(("contacts", "refused", "stop", 0, 1, None)).assign(examples="mail.csv: file is empty; export again")
    first, *_ = data_alerts(data_quality(facts(stop)))
    assert (first.table, first.sentence) == ("contacts", "mail.csv: file is empty; export again")
