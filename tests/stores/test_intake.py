from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores.opening import records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.reconciliation import ReasonCount, Reconciliation
from retention_lib.stores.store import open_store

Row = tuple[str, str, str, str]

IDS = st.sampled_from(["001", "1", "NA", "Жук", "a b", "Итого", "", " "])
ORDERS = st.sampled_from(["o1", "o2", "Total: 5", ""])
DAYS = st.sampled_from(["2024-01-01", "2024-01-02 10:00", "2024-02-30", "1970-01-01", "soon", ""])
AMOUNTS = st.one_of(
    st.decimals(-10_000, 10_000, places=2, allow_nan=False).map(str),
    st.sampled_from(["5", "5.00", "0", "1 234.5", "NaN", "inf", "five", ""]),
)
ROWS = st.lists(st.tuples(IDS, ORDERS, DAYS, AMOUNTS), min_size=1, max_size=25)


def read_amount(text: str) -> Decimal | None:
    """The amount a person reads in a cell."""
    plain = text.replace(" ", "")
    return Decimal(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def is_named(row: Row) -> bool:
    """Whether a row says who bought, and is no line of totals."""
    return bool(row[0].strip()) and not is_total(row)


def is_total(row: Row) -> bool:
    """Whether a row is a line of totals."""
    first = next((cell for cell in row if cell.strip()), "")
    return first in ("Итого", "Total: 5") and not re.match("2024-01|1970", row[2])


def is_usable(row: Row) -> bool:
    """Whether a person would count the row."""
    _, _, day, amount = row
    return is_named(row) and day.startswith("2024-01") and read_amount(amount) is not None


def is_further_line(row: Row, rows: list[Row]) -> bool:
    """Whether a row lacks the amount and another one of the same order has it."""
    if is_total(row) or not row[1] or row[3]:
        return False
    lines = [
        other for other in rows if other[1] == row[1] and not is_total(other) and read_amount(other[3]) is not None
    ]
    return any(not row[0].strip() or not other[0].strip() or row[0] == other[0] for other in lines)


def once(rows: list[Row]) -> list[Row]:
    """The rows without those that repeat an earlier one and name their order."""
    return [row for place, row in enumerate(rows) if is_total(row) or not row[1] or row not in rows[:place]]


def is_refused(rows: list[Row]) -> bool:
    """Whether no row is left, too few rows name their customer, or too few of those can be used."""
    if not any(is_usable(row) for row in rows):
        return True
    judged = [row for row in once(rows) if not is_total(row) and not is_further_line(row, rows)]
    named = [row for row in judged if is_named(row)]
    anonymous = len(judged) - len(named)
    return anonymous > 0.8 * len(judged) or sum(not is_usable(row) for row in named) > len(named) / 2


def tally(rows: list[Row]) -> dict[str, tuple[int, Decimal]]:
    """Rows and money that go in, are kept, rejected and merged, counted by hand."""
    fates = [("kept" if is_usable(row) else "rejected", row) for row in once(rows)]
    fates += [("merged", row) for row in (Counter(rows) - Counter(once(rows))).elements()]
    counted = {}
    for fate in ("in", "kept", "rejected", "merged"):
        held = [row for found, row in fates if fate in ("in", found)]
        counted[fate] = (len(held), sum((read_amount(row[3]) or Decimal(0) for row in held), Decimal(0)))
    return counted


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_in_is_kept_and_rejected_and_merged_to_the_row_and_the_cent(rows: list[Row]) -> None:
    expected = tally(rows)
    with TemporaryDirectory() as folder:
        lines = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
        Path(folder, "orders.csv").write_text("customer_id,order_id,ordered_at,amount\n" + lines)
        source = TableSource(path="orders.csv")
        shop = StoreSettings(timezone="Europe/Moscow", currency="RUB", tables={"transactions": source})
        try:
            store = open_store("shop", shop, root=Path(folder))
        except DataError:
            assert is_refused(rows)
            return
        assert not is_refused(rows)
        found = store.reconciliation("transactions")
        for fate, (count, amount) in expected.items():
            assert getattr(found, f"rows_{fate}") == count
            assert getattr(found, f"amount_{fate}") == amount
        reasons = {reason.reason: reason.rows for reason in found.reasons}
        further = sum(is_further_line(row, rows) for row in once(rows))
        assert reasons.get("amount_on_another_line", 0) == further
        totals = sum((read_amount(row[3]) or Decimal(0) for row in rows if is_total(row)), Decimal(0))
        assert found.amount_of_rows == expected["kept"][1] + expected["rejected"][1] - totals
        kept = records(store)
        assert (len(kept), sum((row["amount"] for row in kept), Decimal(0))) == expected["kept"]
        assert all(row["order_id"] and row["customer_id"] == row["customer_id"].strip() for row in kept)
        assert all(date(2024, 1, 1) <= row["ordered_at"].date() <= date(2024, 1, 2) for row in kept)


def balanced() -> Reconciliation:
    bad = ReasonCount(reason="missing_amount", severity="quarantine", rows=2, amount=Decimal("0.10"))
    same = ReasonCount(reason="duplicate_merged", severity="merge", rows=1, amount=Decimal("0.20"))
    note = ReasonCount(reason="unreadable_quantity", severity="warn", rows=5, amount=Decimal(9))
    return Reconciliation(
        table="transactions",
        rows_in=10,
        rows_kept=7,
        rows_rejected=2,
        rows_merged=1,
        amount_in=Decimal("9.60"),
        amount_kept=Decimal("9.30"),
        amount_rejected=Decimal("0.10"),
        amount_merged=Decimal("0.20"),
        reasons=(bad, same, note),
    )


def test_reconciliation_notices_a_row_and_a_cent_too_many() -> None:
    found = balanced()
    assert found.balanced
    assert not replace(found, rows_kept=8).balanced
    assert not replace(found, amount_kept=Decimal("9.31")).balanced
    assert not replace(found, reasons=found.reasons[1:]).balanced


def test_reconciliation_survives_being_written() -> None:
    assert Reconciliation.from_plain(balanced().to_plain()) == balanced()
