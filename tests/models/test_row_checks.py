"""Sales without a customer, future rows and repeated rows, on counts by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from models.test_quality import counts, rules

from retention_lib.estimates import NotEnough
from retention_lib.models.row_checks import AnonymousSales, anonymous_sales, future_rows, repeated_rows


def test_anonymous_sales_are_shares_of_rows_and_money() -> None:
    found = anonymous_sales(counts(), rules(("transactions", "missing_customer_id", "quarantine", 5, 100, "40")))
    assert found == AnonymousSales(rows=5, rows_in=100, share=0.05, amount=40.0, amount_share=0.04)
    assert found.found


def test_totals_rows_left_out_and_repeats_are_no_sales_to_compare_with() -> None:
    """100 rows with 1000: 10 with 600 are no sales, 10 with 100 are repeats; 80 with 300 are left."""
    total = counts().assign(rows_kept=60, rows_rejected=30, rows_merged=10)
    money = {"amount_kept": Decimal(240), "amount_rejected": Decimal(660), "amount_merged": Decimal(100)}
    total = total.assign(**{name: [amount] for name, amount in money.items()})
    found = anonymous_sales(
        total,
        rules(
            ("transactions", "missing_customer_id", "quarantine", 20, 100, "60"),
            ("transactions", "total_line", "quarantine", 4, 100, "500"),
            ("transactions", "left_out", "quarantine", 6, 100, "100"),
            ("transactions", "duplicate_merged", "merge", 10, 100, "100"),
        ),
    )
    assert found == AnonymousSales(rows=20, rows_in=80, share=0.25, amount=60.0, amount_share=0.2)


def test_a_source_of_nothing_but_totals_has_no_share() -> None:
    found = anonymous_sales(
        counts().assign(rows_kept=0, rows_rejected=100, amount_kept=[Decimal(0)], amount_rejected=[Decimal(1000)]),
        rules(("transactions", "total_line", "quarantine", 100, 100, "1000")),
    )
    assert found == AnonymousSales(rows=0, rows_in=0, share=0.0, amount=0.0, amount_share=None)


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


def test_repeats_are_contradictions_and_equal_rows_dropped_or_kept() -> None:
    result = repeated_rows(
        rules(
            ("transactions", "conflicting_rows", "quarantine", 4, 100, "1"),
            ("transactions", "duplicate_kept", "warn", 3, 100, "1"),
            ("transactions", "duplicate_merged", "merge", 2, 100, "12.50"),
            ("customers", "duplicate_merged", "merge", 9, 50, None),
            ("customers", "conflicting_rows", "quarantine", 2, 50, None),
        )
    )
    assert (result.conflicting, result.kept, result.merged, result.found) == (6, 3, 11, True)
    assert (result.sales_merged, result.amount_merged) == (2, Decimal("12.50"))
    sales = {"conflicting": 4, "merged": 2, "amount_merged": Decimal("12.50"), "kept": 3, "rows_in": 100}
    people = {"conflicting": 2, "merged": 9, "amount_merged": None, "kept": 0, "rows_in": 50}
    assert result.table.to_dict("records") == [{"table": "transactions", **sales}, {"table": "customers", **people}]


def test_no_repeats_are_found_in_nothing() -> None:
    assert not repeated_rows(rules()).found
