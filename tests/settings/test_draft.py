"""The first parameter file: valid whatever the files are called, never written over another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lib.settings import ParameterError, load_set
from retention_lib.settings.documents import plain_mapping
from retention_lib.settings.draft import (
    Draft,
    DraftColumn,
    DraftReport,
    DraftTable,
    count_doubts,
    new_set_file,
    write_draft,
)
from retention_lib.settings.draft_reports import drafted_reports
from retention_lib.settings.draft_yaml import scalar

ROOT = Path(__file__).parents[2]


def drafted(*, column: str = "Код клиента", path: str = "data/продажи*.csv", **keys: Any) -> Draft:
    table = DraftTable(
        name="transactions",
        path=path,
        about="2 files of one form: 10 rows looked at.",
        csv={"delimiter": (";", ""), "encoding": ("cp1251", ""), "thousands": ("\u00a0", "a no-break space")},
        columns=(
            DraftColumn(ours="customer_id", theirs=column, samples=("00000",), doubt="it may be another one."),
            DraftColumn(ours="ordered_at", theirs="Дата", parts=("Дата", "Время, ч"), samples=("05.04.2024 18:30",)),
            DraftColumn(ours="amount", theirs="Сумма, руб.", samples=("1 200,50",)),
        ),
        unused=(("Телефон", ("+0 000",)),),
    )
    values: dict[str, Any] = {
        "name": "shop",
        "data": "exports/*.csv",
        "store": {"timezone": "Europe/Moscow", "currency": "RUB"},
        "store_doubts": {"currency": "no file names it."},
        "assumptions": ("currency",),
        "tables": (table,),
        "notes": ("exports/x.txt: no table was recognised.",),
        "reports": (DraftReport(id="churn_diagnosis"), DraftReport(id="loyalty_impact", lacks=("contacts",))),
    }
    return Draft(**{**values, **keys})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    return tmp_path


def test_the_file_is_a_set_that_says_what_was_found(root: Path) -> None:
    file = new_set_file(root, "shop", ["x.csv"])
    doubts = write_draft(drafted(), file)
    loaded = load_set(file)
    store = loaded.stores["shop"]
    assert list(loaded.reports) == ["churn_diagnosis"]
    assert (store.timezone, store.currency, store.assumptions) == ("Europe/Moscow", "RUB", ["currency"])
    source = store.tables["transactions"]
    assert source.columns == {"customer_id": "Код клиента", "amount": "Сумма, руб."}
    assert source.joined == {"ordered_at": ["Дата", "Время, ч"]}
    assert source.csv is not None
    assert source.csv.thousands == "\u00a0"
    assert doubts == count_doubts(file.read_text(encoding="utf-8").splitlines()) == 3  # column, currency, margin


def test_every_doubt_stands_right_above_the_line_it_is_about(root: Path) -> None:
    lines = drafted().text.splitlines()
    for doubt, line in (("no file names it", "  currency: RUB"), ("it may be another one", "        customer_id:")):
        (place,) = [number for number, text in enumerate(lines) if doubt in text]
        assert lines[place].lstrip().startswith("# DOUBT: ")
        assert lines[place + 1].startswith(line)


def test_what_leaves_out_whole_files_stands_before_everything(root: Path) -> None:
    draft = drafted(urgent=("only 2 of 3 files are read.",))
    assert draft.text.startswith("# DOUBT: only 2 of 3 files are read.\n")
    assert draft.summary(4)[0] == "DOUBT: only 2 of 3 files are read."
    assert write_draft(draft, new_set_file(root, "shop", ["x.csv"])) == 4
    assert "# 4 places are marked DOUBT" in draft.text


def test_a_table_that_lacks_a_column_is_a_comment_and_is_right_once_completed(root: Path) -> None:
    survey = DraftTable(
        name="feedback",
        path="data/отзывы.csv",
        about="10 rows.",
        columns=(
            DraftColumn(ours="customer_id", theirs="client"),
            DraftColumn(ours="given_at", theirs="day"),
            DraftColumn(ours="score", theirs="score"),
            DraftColumn(ours="scale", theirs=None, doubt="no column was found."),
        ),
        usable=False,
    )
    text = drafted(tables=(*drafted().tables, survey)).text
    assert "feedback" not in yaml.safe_load(text)["store"]["tables"]
    block = text[text.index("    # feedback:") :].split("\n\n")[0].splitlines()
    opened = [line.replace("    # ", "    ", 1).replace("# scale: the column's name", "scale: MAX") for line in block]
    completed = text.replace("\n".join(block), "\n".join(opened))
    assert yaml.safe_load(completed)["store"]["tables"]["feedback"]["columns"]["scale"] == "MAX"


@given(
    column=st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Zs", "Co", "Cn")), min_size=1),
    folder=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_of_a_column_or_folder_comes_back_as_it_was(root: Path, column: str, folder: str) -> None:
    text = drafted(column=column, path=f"{folder}/x.csv").text
    found, problems = plain_mapping(text.encode(), file="x")
    assert problems == []
    table = found["store"]["tables"]["transactions"]
    assert (table["path"], table["columns"]["customer_id"]) == (f"{folder}/x.csv", column)


@pytest.mark.parametrize(
    "text",
    ["no", "null", "12", "1.5", "a: b", "a #b", "- x", "*", "", " x", "[x", "{x", "'", '"', "\t", "x\u00a0y", "да"],
)
def test_texts_that_yaml_takes_for_something_else_are_quoted(text: str) -> None:
    found, problems = plain_mapping(f"key: {scalar(text)}\nlist: [{scalar(text, inside=True)}]\n".encode(), file="x")
    assert problems == []
    assert found == {"key": text, "list": [text]}


def test_a_file_that_is_there_is_never_written_over(root: Path) -> None:
    file = root / "parameters" / "shop.yml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"parameters/shop\.yml: is there already and is never overwritten"):
        new_set_file(root, "shop", ["x.csv"])
    with pytest.raises(ParameterError, match="cannot be written"):
        write_draft(drafted(), file)
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["Мой магазин", "../x", "", "Shop"])
def test_a_name_that_is_none_is_refused(root: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="is no usable name"):
        new_set_file(root, name, ["x.csv"])


def test_missing_files_are_refused_with_an_example(root: Path) -> None:
    with pytest.raises(ParameterError, match="make new SET=myshop DATA="):
        new_set_file(root, "shop", [""])


def test_reports_follow_the_tables_and_take_only_parameters_they_know(tmp_path: Path) -> None:
    def notebook(name: str, source: str, needs: list[list[str]]) -> None:
        cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
        content = {"cells": [cell], "metadata": {"retention": {"needs": needs}}, "nbformat": 4}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")

    notebook("churn", 'campaign: str = "8"  # the campaign', [["transactions"]])
    notebook("impact", "campaign: int = 8  # the campaign", [["transactions", "contacts"]])
    notebook("page", "x: int = 1  # no report", [])
    suggested = {"campaign": ("весна", "is it?"), "unknown": ("x", "")}
    churn, impact = drafted_reports(tmp_path, ["transactions"], suggested)
    assert (churn.id, churn.parameters, churn.doubts) == ("churn", {"campaign": "весна"}, {"campaign": "is it?"})
    assert (impact.id, impact.parameters, impact.lacks) == ("impact", {}, ("contacts",))
    assert [report.id for report in drafted_reports(tmp_path, ["costs"], {}) if not report.lacks] == ["churn"]


@pytest.mark.parametrize(
    ("tables", "lacks"),
    [
        (["transactions"], ("loyalty_events",)),
        (["transactions", "loyalty_events"], ()),
        (["transactions", "contacts"], ()),
        (["transactions", "contacts", "loyalty_events"], ()),
        (["loyalty_events"], ("transactions",)),
    ],
)
def test_the_loyalty_report_takes_a_programme_or_campaigns(tables: list[str], lacks: tuple[str, ...]) -> None:
    reports = {report.id: report for report in drafted_reports(ROOT / "notebooks", tables, {})}
    assert reports["loyalty_impact"].lacks == lacks
