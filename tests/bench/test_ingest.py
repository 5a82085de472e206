"""The benchmarks at a small size: what they measure is right, whatever the time."""

from __future__ import annotations

import csv
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from bench import ingest
from bench.apart import Run
from bench.big_csv import MIB, big_csv
from bench.measured import Measured


def test_big_export_is_of_the_size_asked_for_and_holds_what_is_told(tmp_path: Path) -> None:
    export = big_csv(tmp_path, mebibytes=2)
    assert 2 * MIB <= export.path.stat().st_size < 2.1 * MIB
    with export.path.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    readable = [Decimal(row["amount"]) for row in rows if row["amount"] != "н/д"]
    assert (len(rows), sum(readable)) == (export.rows, export.total)
    broken = sum(row["amount"] == "н/д" or row["ordered_at"].startswith("2024-02-31") for row in rows)
    doubled = len(rows) - len({tuple(row.values()) for row in rows})
    assert broken
    assert doubled
    assert any(row["customer_id"].startswith("00") for row in rows)


def test_big_export_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = (big_csv(tmp_path / name, mebibytes=1).path.read_bytes() for name in "ab")
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_measured_ratio_is_above_one_where_ours_is_faster() -> None:
    ours, theirs = Run(seconds=2, peak_mib=100, result=None), Run(seconds=30, peak_mib=900, result=None)
    found = Measured.of("x", ours, "the peer", theirs)
    assert found.to_plain() == {
        "name": "x", "ours_s": 2, "peer": "the peer", "peer_s": 30, "ratio": 15, "peak_mib": 100,
    }  # fmt: skip


@pytest.mark.parametrize("benchmark", [ingest.ingest_first_run, ingest.ingest_second_run])
def test_ingest_benchmarks_count_every_row_and_keep_to_memory(
    benchmark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "CACHE", tmp_path)
    found = benchmark(mebibytes=1)
    assert found.name == benchmark.__name__
    assert 0 < found.peak_mib < 2048
    assert list(tmp_path.glob("shop-*")) == []
