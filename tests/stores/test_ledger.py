"""The ledger of lists: written once, read as it was written, and part of the assignments that reports see."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from stores.opening import records

from retention_lib.settings.calendar import Month
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.ledger import EXPERIMENTS, Ledger, ledger_folder
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS, list_csv
from retention_lib.stores.ledger_writing import WrittenList, write_lists
from retention_lib.stores.listed import ListedExperiment, experiment_name, scenario_of
from retention_lib.stores.store import Store, open_store

MAY, JUNE, JULY = Month(2026, 5), Month(2026, 6), Month(2026, 7)
ODD_IDS = ["007", "NA", 'a,"b"', "=1+1", "\rline", "Ё"]
SALES = "customer_id,order_id,ordered_at,amount\n007,o1,2026-05-05,1\nx,o2,2026-06-30,2\n"
ASSIGNMENTS = (
    "customer_id,experiment_id,variant\n007,spring,mail\n007,welcome_2026_06,control\nx,welcome_2026_06,control\n"
)


def about(scenario: str, report: Month, *, customers: int = 6) -> ListedExperiment:
    start = report.end
    return ListedExperiment(
        experiment_id=experiment_name(scenario, start),
        scenario=scenario,
        kind=scenario,
        report=report,
        shares={"control": 0.5, "treatment": 0.5},
        offers={"control": "none", "treatment": "coupon"},
        channels={"email": customers - customers // 2},
        customers={"control": customers // 2, "treatment": customers - customers // 2},
        window_days=21,
        after_days=0,
        contact_cost=0.5,
        campaign_cost=0.0,
        start=start,
        last_send=start + timedelta(days=6),
        verdict_on=start + timedelta(days=27),
    )


def rows(experiment: ListedExperiment, ids: list[str] = ODD_IDS) -> pd.DataFrame:
    half = len(ids) // 2
    return pd.DataFrame(
        {
            "customer_id": ids,
            "experiment_id": experiment.experiment_id,
            "variant": ["control"] * half + ["treatment"] * (len(ids) - half),
            "assigned_at": pd.Timestamp(experiment.start) + pd.Timedelta(hours=10),
            "expected_value": [1.25, -3.5, None, 0.0, 2.0, 3.0][: len(ids)],
        }
    )


def written(experiment: ListedExperiment, ids: list[str] = ODD_IDS) -> WrittenList:
    return WrittenList(about=experiment, csv=list_csv(rows(experiment, ids)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The ledger of the store shop in the set shop, with a list of May and two of June."""
    path = ledger_folder(tmp_path, "shop", "shop")
    write_lists(path, [written(about("welcome", MAY)), written(about("welcome", JUNE), ["007", "8"])])
    write_lists(path, [written(about("birthday", JUNE), ["9"])])
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Store]:
    def opened(**tables: str) -> Store:
        (tmp_path / "data").mkdir(exist_ok=True)
        for name, content in tables.items():
            (tmp_path / "data" / f"{name}.csv").write_text(content, encoding="utf-8")
        sources = {name: TableSource(path=f"data/{name}.csv") for name in tables}
        return open_store("shop", StoreSettings(tables=sources, timezone="UTC", currency="EUR"), root=tmp_path)

    return opened


def assigned(store: Store) -> list[tuple[str, str, str]]:
    told = [(row["customer_id"], row["experiment_id"], row["variant"]) for row in records(store, "assignments")]
    return sorted(told)


def test_a_list_comes_back_as_it_was_written(folder: Path) -> None:
    ledger = Ledger.read(folder)
    assert [(str(each.report), each.scenario) for each in ledger.experiments] == [
        ("2026-05", "welcome"),
        ("2026-06", "birthday"),
        ("2026-06", "welcome"),
    ]
    found = ledger.rows(before=JUNE)
    assert sorted(found["customer_id"]) == sorted(ODD_IDS)
    assert list(found.columns) == list(LEDGER_COLUMNS)
    assert set(found["assigned_at"]) == {pd.Timestamp("2026-06-01 10:00")}
    assert found["channel"].tolist() == [None] * 6
    assert list_csv(found) == list_csv(rows(about("welcome", MAY)))
    assert replace(ledger.experiments[0], sha256="") == about("welcome", MAY)


def test_a_ledger_of_frames_is_the_ledger_of_files(folder: Path) -> None:
    lists = [about("welcome", MAY), about("welcome", JUNE), about("birthday", JUNE)]
    frames = pd.concat([rows(lists[0]), rows(lists[1], ["007", "8"]), rows(lists[2], ["9"])])
    pd.testing.assert_frame_equal(Ledger.of(lists, frames).rows(), Ledger.read(folder).rows())
    pd.testing.assert_frame_equal(Ledger().with_lists(lists, frames).rows(), Ledger.read(folder).rows())
    with pytest.raises(ValueError, match="experiments are welcome_2026_06"):
        Ledger.of(lists[:1], frames)


def test_an_empty_ledger_has_nothing(tmp_path: Path) -> None:
    ledger = Ledger.read(tmp_path / "nothing")
    assert (bool(ledger), ledger.experiments, ledger.months, ledger.fingerprint) == (False, (), (), "")
    assert ledger.rows().empty
    assert ledger.experiment("welcome_2026_06") is None


def test_a_list_that_is_there_is_never_written_again(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in (folder / "2026-05").iterdir()}
    again = [written(about("welcome", MAY), ["other"]), written(about("birthday", MAY), ["new"])]
    assert write_lists(folder, again) == ("birthday_2026_06",)
    after = {path.name: path.read_bytes() for path in (folder / "2026-05").iterdir()}
    assert set(after) == {"welcome.csv", "birthday.csv", EXPERIMENTS}
    assert after["welcome.csv"] == before["welcome.csv"]
    kept = [plain for plain in json.loads(after[EXPERIMENTS]) if plain["scenario"] == "welcome"]
    assert kept == json.loads(before[EXPERIMENTS])
    assert write_lists(folder, again) == ()
    assert after == {path.name: path.read_bytes() for path in (folder / "2026-05").iterdir()}


def test_a_list_that_no_file_of_experiments_names_is_not_issued(folder: Path) -> None:
    """What a run leaves that is killed between the two files; the next one writes over it."""
    month = folder / "2026-07"
    month.mkdir()
    (month / "welcome.csv").write_text("half a li")
    (month / ".welcome.csv.writing").write_text("half")
    assert Ledger.read(folder).months == (MAY, JUNE)
    assert write_lists(folder, [written(about("welcome", JULY))]) == ("welcome_2026_08",)
    assert len(Ledger.read(folder).issued(JULY).rows()) == 6
    assert sorted(path.name for path in month.iterdir()) == [EXPERIMENTS, "welcome.csv"]


def test_a_test_of_one_name_is_issued_by_one_report(folder: Path) -> None:
    twice = replace(about("welcome", JULY), experiment_id="welcome_2026_07")
    with pytest.raises(DataError, match="which that of 2026-06 issued"):
        write_lists(folder, [WrittenList(about=twice, csv=list_csv(rows(twice)))])
    assert Ledger.read(folder).months == (MAY, JUNE)


def test_a_changed_list_is_refused(folder: Path) -> None:
    file = folder / "2026-05" / "welcome.csv"
    file.write_text(file.read_text().replace("007", "7"))
    ledger = Ledger.read(folder)
    assert len(ledger.issued(JUNE).rows()) == 3
    with pytest.raises(DataError, match=r"welcome\.csv: was changed after it was written"):
        ledger.rows()
    file.unlink()
    with pytest.raises(DataError, match="put the file back"):
        ledger.rows()


@pytest.mark.parametrize("text", ["", "{}", "[{}]", '[{"report": "June"}]', "[1]"])
def test_a_damaged_file_of_experiments_is_refused(folder: Path, text: str) -> None:
    (folder / "2026-05" / EXPERIMENTS).write_text(text)
    with pytest.raises(DataError, match="cannot be read as a ledger"):
        Ledger.read(folder)


def test_scenarios_are_told_by_the_names_of_tests() -> None:
    ids = ["welcome", "welcome_2026_05", "tier_nudge"]
    assert scenario_of("welcome_2026_07", ids) == "welcome"
    assert scenario_of("welcome_2026_05_2026_07", ids) == "welcome_2026_05"
    assert scenario_of("tier_nudge_2026_12", ids) == "tier_nudge"
    assert [scenario_of(name, ids) for name in ("welcome_2026_13", "spring", "x_2026_07", "welcome")] == [None] * 4


def test_a_list_is_open_until_the_day_of_its_verdict() -> None:
    listed = about("welcome", MAY)
    assert [listed.open_on(day) for day in (date(2026, 6, 27), date(2026, 6, 28))] == [True, False]
    assert (listed.treatments, listed.treated, listed.held) == (("treatment",), 3, 3)


def test_a_report_sees_the_lists_of_the_months_before_it(folder: Path, shop: Callable[..., Store]) -> None:
    store = shop(transactions=SALES)
    assert not store.has("assignments")
    store.see_lists(before=MAY)
    assert (store.has("assignments"), store.listed) == (False, None)
    assert "lists" not in store.fingerprint
    store.see_lists(before=JUNE)
    assert store.tables == ("transactions", "assignments")
    assert {test for _, test, _ in assigned(store)} == {"welcome_2026_06"}
    listed = store.listed
    assert listed is not None
    told = listed.select("scenario", "kind", "report", "verdict_on").distinct().to_pyarrow().to_pylist()
    assert told == [{"scenario": "welcome", "kind": "welcome", "report": "2026-05", "verdict_on": date(2026, 6, 28)}]
    first = store.fingerprint["lists"]
    store.see_lists(before=JULY)
    assert len(assigned(store)) == 9
    assert store.fingerprint["lists"] != first
    assert store.reconciliation("assignments").balanced
    assert store.reconciliation("assignments").rows_kept == 6 + 6 + 6, "what the lists say of themselves"
    assert store.rejected("assignments") is None
    store.see_lists(before=MAY)
    assert not store.has("assignments")


def test_the_lists_of_the_month_itself_change_nothing_on_its_page(folder: Path, shop: Callable[..., Store]) -> None:
    store = shop(transactions=SALES)
    store.see_lists(before=JUNE)
    before = store.fingerprint
    write_lists(folder, [written(about("rescue", JUNE), ["1"])])
    again = shop(transactions=SALES)
    again.see_lists(before=JUNE)
    assert again.fingerprint == before


def test_assignments_of_the_source_and_of_lists_stand_together(folder: Path, shop: Callable[..., Store]) -> None:
    store = shop(transactions=SALES, assignments=ASSIGNMENTS)
    store.see_lists(before=JUNE)
    told = assigned(store)
    assert told.count(("007", "welcome_2026_06", "control")) == 1, "said by both; the list knows the time"
    assert ("x", "welcome_2026_06", "control") in told
    assert ("007", "spring", "mail") in told
    assert len(told) == 8
    times = {row["customer_id"]: row["assigned_at"] for row in records(store, "assignments") if row["assigned_at"]}
    assert set(times) == set(ODD_IDS)
    assert store.reconciliation("assignments").rows_kept == 3


def test_lists_follow_the_persons(folder: Path, shop: Callable[..., Store]) -> None:
    """007 and 8 are one person since; both were on June's list, in different arms, and 9 is x."""
    people = "customer_id,kind,value\n007,email,a@b.de\n8,email,A@b.de\n9,email,c@d.de\nx,email,c@d.de\n"
    store = shop(transactions=SALES + "8,o3,2026-06-01,1\n9,o4,2026-06-01,1\n", identities=people)
    store.see_lists(before=JULY)
    assert [told for told in assigned(store) if told[1] == "birthday_2026_07"] == [
        ("9", "birthday_2026_07", "treatment")
    ]
    assert [told for told in assigned(store) if told[1] == "welcome_2026_07"] == [
        ("007", "welcome_2026_07", "control"),
        ("007", "welcome_2026_07", "treatment"),
    ]


def test_another_ledger_can_take_the_place_of_the_folder(folder: Path, shop: Callable[..., Store]) -> None:
    store = shop(transactions=SALES)
    store.see_lists(before=JULY)
    assert store.has("assignments")
    store.use_lists(Ledger())
    assert not store.has("assignments")
    one = about("rescue", MAY, customers=1)
    store.use_lists(Ledger.of([one], rows(one, ["007"])))
    store.see_lists(before=JUNE)
    assert assigned(store) == [("007", "rescue_2026_06", "treatment")]


def test_a_list_is_read_by_the_store_like_any_table(folder: Path, shop: Callable[..., Store]) -> None:
    """UTF-8, ids with their zeros, times and texts as they are."""
    text = (folder / "2026-05" / "welcome.csv").read_text(encoding="utf-8")
    store = shop(transactions=SALES, assignments=text)
    found: list[dict[str, Any]] = records(store, "assignments")
    assert sorted(row["customer_id"] for row in found) == sorted(id.strip() for id in ODD_IDS)
    assert {str(row["assigned_at"]) for row in found} == {"2026-06-01 10:00:00"}
