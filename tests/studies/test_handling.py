"""The judge of corrupted exports is itself right: it counts by hand-made files and sees what is wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from studies.corruptions import ALL, case
from studies.exports import DIALECTS
from studies.handling import Truth, Unclear, miscounted, misworded, readable, shop_settings, truth

from retention_lib.stores.store import open_store

PLAIN, PACKED, LOCAL, _ = DIALECTS
HEADER = "customer_id,order_id,ordered_at,amount,category\n"


def plain(text: str) -> object:
    return truth(replace(case(0), dialect=PLAIN, content=text.encode()))


def test_truth_counts_records_and_readable_money_by_hand() -> None:
    rows = '1,a,2024-01-05,10.50,"x\ny"\n\n2,b,never,-0.25,\n3,c,2024-01-06,ten,z\n'
    assert plain(HEADER + rows) == Truth(rows=3, total=Decimal("10.2500"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 columns of amounts"),
        ("amount,amount\n1,2\n", "2 columns of amounts"),
        (HEADER + "1,a,2024-01-05\n", "a row of 3 columns"),
        (HEADER + '1,"a,2024-01-05,1,x\n', "unexpected end of data"),
        (HEADER + '1,"a"b,2024-01-05,1,x\n', "expected after"),
    ],
)
def test_truth_of_a_file_that_no_reader_can_count_is_unclear(text: str, why: str) -> None:
    found = plain(text)
    assert isinstance(found, Unclear)
    assert why in found.why


def test_truth_of_damaged_bytes_is_unclear() -> None:
    assert isinstance(truth(replace(case(0), dialect=PLAIN, content=b"\xff\xfe\xff")), Unclear)
    assert isinstance(truth(replace(case(0), dialect=PACKED, content=b"no gzip")), Unclear)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1\u00a0234,50", "1234.5000"),
        (" -7 ", "-7.0000"),
        ("12,5 ₽", "12.5000"),
        ("1e2", "100.0000"),
        ("0,00005", "0.0001"),
        ("1.5", None),
        ("1 2", None),
        ("٣", None),
        ("100000000000000", None),
        ("", None),
    ],
)
def test_readable_amounts_in_the_local_notation(text: str, value: str | None) -> None:
    assert readable(text, LOCAL) == (None if value is None else Decimal(value))


def test_lost_row_lost_cent_and_trust_in_an_unclear_file_are_seen(tmp_path: Path) -> None:
    export = next(one for one in (case(number, names=()) for number in range(20)) if one.dialect is PLAIN)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / export.file).write_bytes(export.content)
    found = truth(export)
    assert isinstance(found, Truth)
    with open_store("shop", shop_settings(export), root=tmp_path) as store:
        assert miscounted(store, found) == ""
        assert "taken in where" in miscounted(store, replace(found, rows=found.rows + 1))
        assert "taken in where" in miscounted(store, replace(found, total=found.total + Decimal("0.01")))
        assert "unclear" in miscounted(store, Unclear(why="ragged"))


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("data/orders.csv: the file is empty; export it again", ""),
        ("data/orders.csv: broken", "without place or remedy"),
        ("something is wrong; mend it", "without place or remedy"),
        ("", "without place or remedy"),
        ("data/orders.csv: no date 'Кукушкина'; mend it", "names a person"),
        ("data/orders.csv: no date '+79165550012'; mend it", "names a person"),
    ],
)
def test_refusals_are_judged(words: str, wrong: str) -> None:
    found = misworded(words, replace(case(0), dialect=PLAIN))
    assert wrong in found
    assert bool(found) == bool(wrong)


def test_case_follows_from_its_number_and_every_corruption_occurs() -> None:
    assert case(7) == case(7)
    assert case(7).content != case(8).content
    assert {name for number in range(1500) for name in case(number).names} == set(ALL)
