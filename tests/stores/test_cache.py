from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from stores.opening import PROJECT, Shop, reasons, records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores import cache, intake, terms
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import Store, open_store

HEADER = "customer_id,order_id,ordered_at,amount\n"
GOOD = HEADER + "1,a,2024-01-05,10\n2,b,2024-02-06,3\n"


def entries(folder: Path) -> set[str]:
    return {path.name for path in (folder / "data" / ".cache").iterdir() if path.name.startswith("trans")}


def test_second_open_reads_no_data(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop(GOOD)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("taken in again")

    monkeypatch.setattr(intake, "take_in", refuse)
    second = shop(GOOD)
    assert second.reconciliation("transactions") == first.reconciliation("transactions")
    assert (second.coverage, second.fingerprint) == (first.coverage, first.fingerprint)
    assert records(second) == records(first)


def test_other_content_mapping_zone_and_last_day_are_other_entries(shop: Shop, tmp_path: Path) -> None:
    shop(GOOD)
    shop(GOOD + "3,c,2024-02-07,4\n")
    shop(GOOD, store={"timezone": "UTC"})
    shop(GOOD, store={"as_of": date(2024, 3, 1)})
    shop(GOOD, source={"columns": {"category": "order_id"}})
    shop(GOOD, store={"exchange_rates": {"USD": 90.0}})
    shop(GOOD, store={"currency": "EUR"})
    assert len(entries(tmp_path)) == 7


def test_rows_in_the_future_are_judged_again_on_another_day(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_on(day: int) -> Store:
        monkeypatch.setattr(terms, "today_in", lambda _: date(2024, 2, day))
        return shop(GOOD)

    assert [reasons(opened_on(day)) for day in (4, 5, 5, 6)] == [*[{"in_the_future": 1}] * 3, {}]
    # The last one holds on every later day; those of days past are gone but for yesterday's.
    assert [name[-10:] for name in sorted(entries(tmp_path)) if name.count("-") > 1] == ["2024-02-04", "2024-02-05"]
    made = entries(tmp_path)
    assert reasons(opened_on(20)) == {}
    assert entries(tmp_path) == made


def test_entries_of_days_past_are_removed(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (1, 3, 4):
        monkeypatch.setattr(terms, "today_in", lambda _, day=day: date(2024, 2, day))
        shop(GOOD)
    assert [name[-10:] for name in sorted(entries(tmp_path))] == ["2024-02-03", "2024-02-04"]


def test_file_rewritten_with_the_same_size_is_noticed(shop: Shop) -> None:
    assert records(shop(GOOD))[0]["customer_id"] == "1"
    assert records(shop(GOOD.replace("1,a", "7,a")))[0]["customer_id"] == "7"


def test_fingerprint_is_the_hash_of_the_file(shop: Shop, tmp_path: Path) -> None:
    store = shop(GOOD)
    said = subprocess.run(["sha256sum", tmp_path / "data" / "orders.csv"], capture_output=True, check=True)
    assert store.fingerprint == {"transactions": said.stdout.decode().split()[0]}


def test_file_that_changes_while_it_is_read_stops(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in = intake.take_in

    def interrupted(*parts: object, **options: object) -> object:
        taken = take_in(*parts, **options)  # type: ignore[arg-type]
        (tmp_path / "data" / "orders.csv").write_text(GOOD + "3,c,2024-02-07,4\n")
        return taken

    monkeypatch.setattr(intake, "take_in", interrupted)
    with pytest.raises(DataError, match="the file changed while it was read; run again"):
        shop(GOOD)
    assert entries(tmp_path) == set()


def test_failed_intake_leaves_nothing_behind(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        shop(HEADER + "1,a,2024-01-05\n")
    assert sorted(path.name for path in (tmp_path / "data" / ".cache").iterdir()) == ["hashes", "locks"]


def test_two_processes_that_need_the_same_table_agree(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(GOOD)
    code = (
        "import sys; from pathlib import Path\n"
        "from retention_lib.settings.models import StoreSettings, TableSource\n"
        "from retention_lib.stores.store import open_store\n"
        "tables = {'transactions': TableSource(path='orders.csv')}\n"
        "shop = StoreSettings(timezone='UTC', currency='EUR', tables=tables)\n"
        "print(open_store('shop', shop, root=Path(sys.argv[1])).reconciliation('transactions').rows_kept)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) for _ in range(2)]
    assert [process.communicate()[0] for process in running] == [b"2\n", b"2\n"]
    assert len(entries(tmp_path)) == 1


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(GOOD)
    (tmp_path / "data").write_text("a file where the folder should be")
    tables = {"transactions": TableSource(path="orders.csv")}
    with pytest.raises(DataError, match=r"data.*; free space or give access to the folder"):
        open_store("shop", StoreSettings(timezone="UTC", currency="EUR", tables=tables), root=tmp_path)


def test_order_of_a_large_file_is_kept(shop: Shop) -> None:
    count = 300_000
    lines = "".join(f"c{number % 977},o{number},2024-01-05,{number % 89}.25,{'x' * 90}\n" for number in range(count))
    store = shop("customer_id,order_id,ordered_at,amount,note\n" + lines)
    orders = store.table("transactions").order_id.to_pyarrow().to_pylist()
    assert orders == [f"o{number}" for number in range(count)]


def test_cached_open_loads_no_engine(public: object) -> None:
    opened: Store = public("complete_journey")  # type: ignore[operator]
    opened.close()
    code = (
        "from pathlib import Path\n"
        "from retention_lib.settings.models import StoreSettings\n"
        "from retention_lib.stores.store import open_store\n"
        f"store = open_store('s', StoreSettings(dataset='complete_journey'), root=Path({str(PROJECT)!r}))\n"
        "assert store.coverage\n"
        "import sys; assert 'pandas' not in sys.modules and 'ibis' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_code_of_the_room_is_part_of_the_key() -> None:
    assert len(cache._code_hash()) == 64
