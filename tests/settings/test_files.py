from __future__ import annotations

import keyword
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from retention_lib.settings import (
    TABLES,
    Month,
    ParameterError,
    find_root,
    load_set,
    set_file,
    set_names,
)

if TYPE_CHECKING:
    from conftest import Project

HEAD = "title: T\nstore: {dataset: cdnow}\n"
OWN = """\
title: Мой магазин
month: 2026-10
store:
  timezone: Europe/Moscow
  currency: RUB
  as_of: 2026-10-31
  tables:
    transactions:
      path: data/myshop/orders*.csv
      csv: {delimiter: ";", encoding: cp1251, decimal: ",", thousands: "\\u00a0", dates: "%d.%m.%Y %H:%M"}
      columns: {customer_id: CLIENT, order_id: DOC, ordered_at: DATE, amount: SUM}
economics: {gross_margin: 0.35, acquisition_cost: 900, discount_rate_annual: 0.15}
reports:
  churn: {lapse_days: 60, since: 2017-02-28, segment: region, windows: [7, 14], campaign: "8"}
  churn_auto: {notebook: churn}
  churn-2:
    notebook: churn
"""
OUR_KEYS = {"notebook", "store"}
DECLARED = {"lapse_days", "share", "segment", "quick", "since", "windows", "campaign"}


def reports(text: str) -> str:
    return f"{HEAD}reports:\n  churn: {text}\n"


def test_file_of_the_plan_is_loaded(project: Project) -> None:
    loaded = project.load(OWN)
    assert (loaded.title, loaded.month, loaded.name) == ("Мой магазин", Month(2026, 10), "shop")
    assert (loaded.root, loaded.file) == (project.root, project.root / "parameters" / "shop.yml")
    assert list(loaded.stores) == ["shop"]
    assert loaded.stores["shop"].tables["transactions"].csv.thousands == "\u00a0"  # type: ignore[union-attr]
    assert list(loaded.reports) == ["churn", "churn_auto", "churn-2"]
    assert loaded.reports["churn"].parameters == {
        "lapse_days": 60, "since": "2017-02-28", "segment": "region", "windows": [7, 14], "campaign": "8",
    }  # fmt: skip
    assert loaded.reports["churn_auto"].notebook == "churn"
    assert loaded.reports["churn-2"].parameters == {}


def test_several_stores_are_chosen_by_the_reports(project: Project) -> None:
    loaded = project.load(
        "title: T\nstores: {a: {dataset: cdnow}, b: {dataset: hillstrom}}\nreports: {churn: {store: b}}\n"
    )
    assert loaded.store_settings("churn") == ("b", loaded.stores["b"])


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        ("{lapse_day: 3}", "lapse_day is not known; did you mean lapse_days?"),
        ("{lapse_days: -3}", 'lapse_days is -3 but must be "auto" or a whole number from 7 to 1095 (days)'),
        (
            '{lapse_days: "12"}',
            'lapse_days is "12" but must be "auto" or a whole number from 7 to 1095 (days);'
            " it is text, write 12 without quotes",
        ),
        ("{segment: no}", 'segment is "no" but must be "region" or "age"'),
        ("{since: 2024-02-30}", 'since is "2024-02-30" but must be a day written like 2024-02-29'),
        ("{quick: yes}", 'quick is "yes" but must be true or false; write true'),
        ("{campaign: 8}", 'campaign is 8 but must be text or left empty; write it in quotes: "8"'),
        ("{month: 2017-12}", "month is not set for one report; write month at the top of the file, for all of them"),
        ("{report_id: x}", "report_id is filled by the run itself and cannot be set"),
        ("{notebook: chrn}", 'notebook is "chrn" but must be a notebook of notebooks/, without its ending (churn);'
                             " did you mean churn?"),
        ("{notebook: ../../etc/x}", 'notebook is "../../etc/x" but must be a notebook of notebooks/,'
                                    " without its ending (churn)"),
        ("{store: cdnow}", 'store is "cdnow" but must be left out, for this set has one store'),
    ],
)  # fmt: skip
def test_wrong_report_is_refused_in_a_sentence(project: Project, report: str, sentence: str) -> None:
    assert project.refused(reports(report)) == [f"parameters/shop.yml: reports.churn.{sentence}"]


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("as_of: 2026-10-31", "as_of: 2024-02-30",
         ['store.as_of is "2024-02-30" but must be a day of the calendar, written like 2024-02-29']),
        ("Europe/Moscow", "Moscow",
         ['store.timezone is "Moscow" but must be a time zone such as Europe/Moscow; did you mean Europe/Moscow?']),
        ("RUB", "rub",
         ['store.currency is "rub" but must be a currency of ISO 4217 such as RUB or USD; did you mean RUB?']),
        ("month: 2026-10", "month: 2026-13", ['month is "2026-13" but must be a month, written like 2017-12']),
        ("0.35", "no", ['economics.gross_margin is "no" but must be a number; it is text']),
        ("title: Мой магазин", "title: 2026", ['title is 2026 but must be text; write it in quotes: "2026"']),
        ("title: Мой магазин\n", "", ["title is missing"]),
        ("title:", "language: xx\ntitle:", ['language is "xx" but must be']),
        ("transactions:", "transaction:",
         ["store.tables.transaction is no table we know; did you mean transactions?"]),
        ("order_id:", "orderid:",
         ["store.tables.transactions.columns.orderid is no column of transactions; did you mean order_id?"]),
        ("cp1251", "cp12511", ['store.tables.transactions.csv.encoding is "cp12511" but must be a text encoding'
                             " such as utf-8 or cp1251; did you mean cp1251?"]),
        ("store:\n", "store: {dataset: cdnow}\nstore:\n", ["store is given again on line 4; keep one of them"]),
        ("churn_auto:", "index:", ["reports.index is the name of the month's front page; choose another"]),
        ("churn_auto:", "../x:", ['reports."../x" is no usable name; take a-z, 0-9, _ and -,']),
        ("churn-2:\n    notebook: churn", "churn-2:",
         ["reports.churn-2 is the name of no notebook (churn); name one by the key notebook; did you mean churn?"]),
    ],
)  # fmt: skip
def test_wrong_file_is_refused_in_a_sentence(project: Project, old: str, new: str, sentences: list[str]) -> None:
    assert old in OWN
    refused = project.refused(OWN.replace(old, new, 1))
    assert len(refused) == len(sentences)
    for line, sentence in zip(refused, sentences, strict=True):
        assert line.startswith(f"parameters/shop.yml: {sentence}")


def test_every_problem_is_said_at_once(project: Project) -> None:
    lines = project.refused("""\
titel: T
stores:
  a: {dataset: cdno}
  b: {dataset: cdnow, timezone: UTC}
economics: {gross_margin: 1.5, assumptions: [contact_cost, gross_margn]}
reports:
  churn: {store: c, lapse_dys: 3, share: 2}
  two: {notebook: churn}
""")
    assert [line.removeprefix("parameters/shop.yml: ") for line in lines] == [
        "title is missing",
        "titel is not known; did you mean title?",
        'stores.a.dataset is "cdno" but must be complete_journey, cdnow, cdnow_sample or hillstrom;'
        " did you mean cdnow?",
        "stores.b.timezone cannot be set beside dataset, which brings its own",
        "economics.gross_margin is 1.5 but must be between 0 and 1",
        "economics.assumptions.contact_cost is assumed and has no value here",
        "economics.assumptions.gross_margn is not known; did you mean gross_margin?",
        'reports.churn.store is "c" but must be a or b',
        "reports.two.store is missing; name one of the stores: a, b",
        "reports.churn.lapse_dys is not known; did you mean lapse_days?",
        "reports.churn.share is 2 but must be a number from 0 to 1",
    ]


def test_password_in_the_wrong_place_is_not_repeated(project: Project) -> None:
    (first, *_) = project.refused("title: T\nstore: postgres://me:secret@host/shop\nreports: {churn: }\n")
    assert first == 'parameters/shop.yml: store is "postgres://***@host/shop" but must be a mapping of keys to values'


def test_unset_variable_of_the_environment_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DB", raising=False)
    text = OWN.replace("  currency", "  connection: postgres://${SHOP_DB}\n  currency")
    assert project.refused(text) == [
        "parameters/shop.yml: store.connection needs what is not set in the environment: SHOP_DB"
    ]
    monkeypatch.setenv("SHOP_DB", "me:pw@db")
    assert project.load(text).stores["shop"].connection.get_secret_value() == "postgres://me:pw@db"


def test_wrong_notebook_is_named_with_the_line(project: Project) -> None:
    project.notebook("churn", "x = 1")
    assert project.refused(reports("{}")) == [
        "notebooks/churn.ipynb: parameters cell, line 1 is not of the form: name: type = default"
        "  # help [unit; low..high]"
    ]


def test_unknown_set_is_refused_with_the_nearest(project: Project) -> None:
    project.set(reports("{}"), "public")
    project.set(reports("{}"), "demo")
    with pytest.raises(ParameterError) as caught:
        load_set(project.root / "parameters" / "pblic.yml")
    assert str(caught.value) == "parameters: pblic is no set; the sets are demo, public; did you mean public?"


@pytest.mark.parametrize(
    "name", ["../secrets", "parameters/public.yml", "public.yml", "", ".", "PUBLIC", "a\0b", "/etc"]
)
def test_name_that_is_no_set_reaches_no_file(project: Project, name: str) -> None:
    project.set(reports("{}"), "public")
    (project.root / "secrets.yml").write_text(reports("{}"))
    with pytest.raises(ParameterError, match="is no set"):
        set_file(project.root, name)


def test_set_with_the_long_ending_is_explained(project: Project) -> None:
    (project.root / "parameters" / "shop.yaml").write_text(reports("{}"))
    with pytest.raises(ParameterError, match=r"parameters/shop.yaml is there; rename it to shop.yml"):
        set_file(project.root, "shop")


def test_file_with_an_unusable_name_is_refused(project: Project) -> None:
    (line,) = project.refused(reports("{}"), "My shop")
    assert line.startswith('parameters/My shop.yml: "My shop" is no usable name')


def test_folder_in_the_place_of_a_file_is_refused(project: Project) -> None:
    (project.root / "parameters" / "shop.yml").mkdir()
    with pytest.raises(ParameterError, match=r"parameters/shop.yml: cannot be read: Is a directory"):
        load_set(project.root / "parameters" / "shop.yml")


def test_set_names_are_sorted_and_usable(project: Project) -> None:
    for name in ("b", "a", "My shop", ".hidden"):
        project.set("", name)
    assert set_names(project.root) == ["a", "b"]


def test_root_is_the_nearest_folder_with_both(project: Project, tmp_path: Path) -> None:
    deep = project.root / "notebooks" / "drafts"
    deep.mkdir()
    assert find_root(deep) == project.root
    with pytest.raises(ParameterError, match=r"is in no project .* name one by --root"):
        find_root(tmp_path.parent)


KEYS = st.text(max_size=30) | st.sampled_from(
    [
        "x = 1; import os; os.system('true')",
        "lapse_days = 3\nimport os",
        "__import__('os')",
        "lapse_days: int",
        "lapse_days ",
        "ｌapse_days",
        "month",
        *keyword.kwlist,
    ]
)


@given(key=KEYS, value=st.integers() | st.text(max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(key="lapse_days", value=30)
def test_no_key_of_a_report_can_become_code(project: Project, key: str, value: object) -> None:
    text = yaml.safe_dump({**yaml.safe_load(HEAD), "reports": {"churn": {key: value}}})
    loaded, sentences = project.outcome(text)
    assert all(sentence.isprintable() for sentence in sentences)
    if loaded is None:
        assert sentences
    else:
        assert set(loaded.reports["churn"].parameters) <= DECLARED
        assert key in DECLARED | OUR_KEYS


@given(place=st.sampled_from(["top", "store", "table", "csv", "columns", "tables", "economics", "reports"]), key=KEYS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_other_key_passes_unless_it_is_known(project: Project, place: str, key: str) -> None:
    table: dict[str, Any] = {"path": "a.csv", "csv": {}, "columns": {}}
    raw: dict[str, Any] = {**yaml.safe_load(HEAD), "reports": {"churn": {}}, "economics": {}}
    raw["store"] = {"timezone": "UTC", "currency": "USD", "tables": {"transactions": table}}
    inner = {
        "top": raw,
        "store": raw["store"],
        "table": table,
        "csv": table["csv"],
        "columns": table["columns"],
        "tables": raw["store"]["tables"],
        "economics": raw["economics"],
        "reports": raw["reports"],
    }[place]
    assume(key not in inner)
    inner[key] = {"notebook": "churn"} if place == "reports" else "x"
    loaded, sentences = project.outcome(yaml.safe_dump(raw))
    assert all(sentence.isprintable() for sentence in sentences)
    if loaded is None:
        assert sentences
    elif place == "reports":
        assert re.fullmatch("[a-z0-9][a-z0-9_-]*", key)
    else:
        assert place in ("top", "store", "columns")
        assert key in {"title", *TABLES["transactions"].names}


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_settings_or_a_parameter_error(project: Project, text: str) -> None:
    loaded, sentences = project.outcome(text.encode())
    assert (loaded is None) == bool(sentences)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(path=st.sampled_from(["title", "month", "store", "stores", "economics", "reports", "language"]), value=PLAIN)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_anywhere_is_judged_in_sentences(project: Project, path: str, value: object) -> None:
    raw = {**yaml.safe_load(reports("{}")), path: value}
    _, sentences = project.outcome(yaml.safe_dump(raw))
    assert all(sentence.startswith("parameters/shop.yml: ") and sentence.isprintable() for sentence in sentences)


def test_settings_are_read_without_pandas_or_an_engine(project: Project) -> None:
    file = project.set(OWN)
    code = (
        "import sys; from pathlib import Path; from retention_lib.settings import load_set;"
        f"load_set(Path({str(file)!r}));"
        "assert not {'pandas', 'numpy', 'ibis', 'duckdb', 'nbformat', 'papermill'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
