from __future__ import annotations

from pathlib import Path

from pyarrow import parquet

from retention_lib.settings import TABLES, Simulation, Sizes
from retention_lib.stores.simulation import dictionary_words as words
from retention_lib.stores.simulation.dictionary import PAGE, dictionary_page, page_text, size_meanings
from retention_lib.stores.simulation.writing import write_simulation


def test_page_is_the_one_the_code_makes() -> None:
    remedy = "run python -m retention_lib.stores.simulation.dictionary"
    assert PAGE.read_text(encoding="utf-8") == page_text(), remedy


def test_every_size_is_explained_and_can_be_seen() -> None:
    assert list(size_meanings()) == list(words.SEEN) == list(Sizes.model_fields)
    assert all(size_meanings().values())


def test_every_column_that_is_written_is_explained_in_its_place(tmp_path: Path) -> None:
    write_simulation(Simulation(customers=1000, months=6), tmp_path, jobs=1)
    explained = words.TABLES | {f"truth/{name}": table for name, table in words.TRUTH.items()}
    written = {path.relative_to(tmp_path).with_suffix("").as_posix(): path for path in tmp_path.rglob("*.parquet")}
    assert set(explained) == set(written)
    assert set(words.TABLES) == set(TABLES)
    for name, path in written.items():
        assert list(explained[name].columns) == parquet.read_schema(path).names, name


def test_page_of_a_store_says_its_own_sizes() -> None:
    page = dictionary_page(Simulation(customers=1000, seed=7, sizes=Sizes(late_harm=0.125)))
    assert "1,000 customers won from 2024-07-01 to 2026-06-30 (seed 7" in page
    assert "| `late_harm` | 0.125 |" in page
