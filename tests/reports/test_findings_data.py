"""What a store's file assumes is said on every page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from reports.results import said

from retention_lib.reports.findings import alert
from retention_lib.reports.words import Words
from retention_lib.settings import StoreSettings
from retention_lib.stores.reconciliation import ReasonCount, Reconciliation

WORDS = Words("en", "RUB")
SALES: dict[str, Any] = {"path": "data/sales.csv"}


def store(currency: str, assumptions: list[str], **sales: Any) -> StoreSettings:
    return StoreSettings.model_validate(
        {
            "timezone": "Europe/Moscow",
            "currency": currency,
            "assumptions": assumptions,
            "tables": {"transactions": {**SALES, **sales}},
        }
    )


@pytest.mark.parametrize(
    ("assumed", "sentence"),
    [
        (store("RUB", ["currency", "timezone"]), "currency (RUB) and time zone (Europe/Moscow)"),
        (store("XXX", ["currency"]), "currency (none, amounts stand without one)"),
        (
            store("RUB", ["dates"], csv={"dates": "%d.%m.%Y"}),
            "order of day and month in dates (%d.%m.%Y)",
        ),
        (store("RUB", ["dates"]), "order of day and month in dates (as in 2024-02-29)"),
    ],
)
def test_what_a_store_assumes_is_a_warning(assumed: StoreSettings, sentence: str) -> None:
    found = alert(assumed, WORDS)
    assert (found.level, found.title) == ("warn", "Store.")
    assert found.sentence == f"Assumed, not known: {sentence}."


def test_a_store_without_assumptions_is_fine() -> None:
    assert alert(store("RUB", []), WORDS).level == "ok"


def reconciled(*reasons: ReasonCount, rows_in: int, amount_in: int | None) -> Reconciliation:
    """Rows and money of a table whose rows are kept but for those of the reasons."""
    rows = {done: sum(r.rows for r in reasons if r.severity == done) for done in ("quarantine", "merge")}
    money = {done: sum((r.amount or Decimal(0) for r in reasons if r.severity == done), Decimal(0)) for done in rows}
    kept = None if amount_in is None else amount_in - money["quarantine"] - money["merge"]
    count = Reconciliation(
        table="transactions" if amount_in else "contacts",
        rows_in=rows_in,
        rows_kept=rows_in - rows["quarantine"] - rows["merge"],
        rows_rejected=rows["quarantine"],
        rows_merged=rows["merge"],
        amount_in=None if amount_in is None else Decimal(amount_in),
        amount_kept=kept,
        amount_rejected=None if amount_in is None else money["quarantine"],
        amount_merged=None if amount_in is None else money["merge"],
        reasons=reasons,
    )
    assert count.balanced
    return count


def reason(code: str, rows: int, amount: int | None, severity: Any = "quarantine") -> ReasonCount:
    money = None if amount is None else Decimal(amount)
    return ReasonCount(reason=code, severity=severity, rows=rows, amount=money)


TOTALS, LEFT_OUT = reason("total_line", 3, 600), reason("left_out", 7, 100)


@pytest.mark.parametrize(
    ("count", "level", "sentence"),
    [
        (
            reconciled(
                *(TOTALS, LEFT_OUT, reason("missing_customer_id", 5, 50)),
                reason("duplicate_merged", 2, 20, "merge"),
                rows_in=100,
                amount_in=1_300,
            ),
            "warn",
            "90 rows of transactions with RUB 600.00: 83 used (RUB 530.00), 5 set aside (RUB 50.00), 2 repeated rows "
            "dropped (RUB 20.00). Lines of totals and rows left out on purpose: 10.",
        ),
        (
            reconciled(TOTALS, rows_in=100, amount_in=1_200),
            "ok",
            "97 rows of transactions with RUB 600.00: 97 used (RUB 600.00), 0 set aside (RUB 0.00), 0 repeated rows "
            "dropped (RUB 0.00). Lines of totals and rows left out on purpose: 3.",
        ),
        (
            reconciled(reason("missing_sent_at", 1, None), rows_in=9, amount_in=None),
            "warn",
            "9 rows of contacts: 8 used, 1 set aside, 0 repeated rows dropped.",
        ),
    ],
)
def test_totals_and_rows_left_out_do_not_look_like_lost_sales(count: Reconciliation, level: str, sentence: str) -> None:
    found = alert(count, WORDS)
    assert (found.level, said(found.sentence)) == (level, sentence)
