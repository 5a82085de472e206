from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.reports.cells import safe_cell, safe_csv, safe_line


@pytest.mark.parametrize(
    "cell", ["=1+1", "+7 999", "-cmd", "@sum", "\tx", "\rx", "\0x", "--5", "+5", "-", "-5 eggs", "-1,5"]
)
def test_safe_cell_puts_an_apostrophe_before_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "-1.50", "-.5", "-1.5e-07", "5", "plain", "", "'=1", "a=b"])
def test_safe_cell_leaves_numbers_and_words(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_safe_csv_keeps_rows_and_quotes() -> None:
    assert safe_csv('name,n\r\n"=a, b",-5\r\n"two\nlines",1\n') == 'name,n\n"\'=a, b",-5\n"two\nlines",1\n'


@given(st.lists(st.lists(st.text(alphabet="=+-@\t\r\n\0ab1,\"' "), min_size=2, max_size=4), min_size=1, max_size=4))
def test_safe_csv_is_safe_and_done_once(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    safe = safe_csv(text.getvalue())
    assert safe_csv(safe) == safe
    for row in csv.reader(io.StringIO(safe, newline="")):
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "\0")) for cell in row)


@given(st.text(alphabet='a1,\n=+-@ \t.e"\r\0\xa0', max_size=12))
def test_safe_csv_of_a_text_is_that_of_its_cells_one_by_one(text: str) -> None:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        with pytest.raises(csv.Error):
            safe_csv(text)
        return
    assert safe_csv(text) == "".join(safe_line(row) for row in rows)
