from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from retention_lib.settings import DATASETS, CsvFormat, Economics, Month, SetSettings, StoreSettings, TableSource

SHOP = {"timezone": "Europe/Moscow", "currency": "RUB", "tables": {"transactions": {"path": "a.csv"}}}
REPORT = {"id": "churn", "notebook": "churn"}


def rules(error: pytest.ExceptionInfo[ValidationError]) -> dict[str, str]:
    """The broken rules by place."""
    return {".".join(map(str, line["loc"])): line["msg"] for line in error.value.errors()}


def test_store_of_own_tables_has_the_documented_defaults() -> None:
    store = StoreSettings.model_validate(SHOP)
    assert store.connection.get_secret_value() == "duckdb://"
    assert (store.title, store.dataset, store.as_of, store.economics) == (None, None, None, None)
    assert (store.completeness_days, store.zero_amount_is_purchase) == (1, False)
    assert store.tables["transactions"] == TableSource(path="a.csv")
    assert CsvFormat() == CsvFormat(delimiter=",", encoding="utf-8", decimal=".", thousands=None, dates=None)


@pytest.mark.parametrize("dataset", DATASETS)
def test_dataset_needs_nothing_else(dataset: str) -> None:
    assert StoreSettings.model_validate({"dataset": dataset}).timezone is None


def test_dataset_takes_title_and_economics_only() -> None:
    extra = {"dataset": "cdnow", "title": "T", "economics": {}, "currency": "USD", "as_of": "1998-06-30"}
    with pytest.raises(ValidationError) as caught:
        StoreSettings.model_validate(extra)
    assert set(rules(caught)) == {"currency", "as_of"}


def test_pinned_day_is_read_from_text_or_taken_as_a_date() -> None:
    assert StoreSettings.model_validate({**SHOP, "as_of": "1998-06-30"}).as_of == date(1998, 6, 30)
    assert StoreSettings.model_validate({**SHOP, "as_of": date(1998, 6, 30)}).as_of == date(1998, 6, 30)


def test_wrong_types_and_broken_rules_are_found_together() -> None:
    wrong = {"timezone": 3, "tables": {"transactins": {"path": "a.csv"}}, "completeness_days": 1.5, "colour": 1}
    with pytest.raises(ValidationError) as caught:
        StoreSettings.model_validate(wrong)
    assert set(rules(caught)) == {"timezone", "currency", "tables.transactins", "completeness_days", "colour"}


def test_environment_reaches_the_connection_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    store = StoreSettings.model_validate({**SHOP, "connection": "postgres://me:${SHOP_PASSWORD}@db/shop"})
    assert store.connection.get_secret_value() == "postgres://me:s3cret@db/shop"
    assert "s3cret" not in f"{store!r} {store} {store.model_dump()} {store.model_dump_json()}"


@pytest.mark.parametrize(
    ("written", "clear"),
    [
        ("postgres://me:${PW}@db/shop", "postgres://me:p%40ss%2Fword%25@db/shop"),
        ("postgres://${PW}:x@db:5432/shop", "postgres://p%40ss%2Fword%25:x@db:5432/shop"),
        ("postgres://me:x@db/${PW}", "postgres://me:x@db/p@ss/word%"),
        ("postgres://db/shop?password=${PW}", "postgres://db/shop?password=p@ss/word%"),
        ("postgres://${PW}", "postgres://p@ss/word%"),
        ("postgres://me:a%40${PW}@db/${PW}", "postgres://me:a%40p%40ss%2Fword%25@db/p@ss/word%"),
    ],
)
def test_only_user_and_password_of_the_environment_are_escaped(
    monkeypatch: pytest.MonkeyPatch, written: str, clear: str
) -> None:
    monkeypatch.setenv("PW", "p@ss/word%")
    store = StoreSettings.model_validate({**SHOP, "connection": written})
    assert store.connection.get_secret_value() == clear


def test_clear_connection_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    with pytest.raises(ValidationError) as caught:
        StoreSettings.model_validate({**SHOP, "connection": "mysql://${SHOP_PASSWORD}", "currency": "XXY"})
    assert "s3cret" not in f"{caught.value!r} {caught.value}"


def test_economics_defaults_and_bounds() -> None:
    assert Economics() == Economics(
        gross_margin=None, acquisition_cost=None, discount_rate_annual=0.1, contact_cost=None, assumptions=[]
    )
    with pytest.raises(ValidationError) as caught:
        Economics.model_validate(
            {"gross_margin": 1.01, "discount_rate_annual": -0.1, "contact_cost": float("inf"), "acquisition_cost": True}
        )
    assert set(rules(caught)) == {"gross_margin", "discount_rate_annual", "contact_cost", "acquisition_cost"}
    assert Economics(gross_margin=1).gross_margin == 1


def test_store_economics_replace_those_of_the_set_key_by_key() -> None:
    settings = SetSettings.model_validate(
        {
            "title": "T",
            "stores": {"a": {"dataset": "cdnow", "economics": {"gross_margin": 0.5}}, "b": {"dataset": "hillstrom"}},
            "economics": {"gross_margin": 0.3, "contact_cost": 2, "assumptions": ["gross_margin", "contact_cost"]},
            "reports": {"x": {**REPORT, "store": "a"}, "y": {**REPORT, "store": "b"}},
        }
    )
    ours = settings.economics_for("x")
    assert (ours.gross_margin, ours.contact_cost, ours.assumptions) == (0.5, 2, ["contact_cost"])
    assert settings.economics_for("y") == settings.economics
    assert settings.store_settings("y") == ("b", settings.stores["b"])


def test_single_store_takes_the_name_of_the_set(tmp_path: Path) -> None:
    plain = SetSettings.model_validate({"title": "T", "month": "2017-12", "store": SHOP, "reports": {"x": REPORT}})
    settings = plain.read_from(tmp_path / "parameters" / "shop.yml")
    assert (settings.name, settings.root, settings.month) == ("shop", tmp_path, Month(2017, 12))
    assert settings.store_settings("x")[0] == "shop"
    assert list(settings.stores) == ["shop"]


def test_settings_reach_another_process_whole(tmp_path: Path) -> None:
    plain = SetSettings.model_validate({"title": "T", "month": "2017-12", "store": SHOP, "reports": {"x": REPORT}})
    settings = plain.read_from(tmp_path / "parameters" / "shop.yml")
    again = pickle.loads(pickle.dumps(settings))
    assert (again, again.file, again.root) == (settings, settings.file, settings.root)


def test_settings_can_be_written_down_as_json() -> None:
    settings = SetSettings.model_validate({"title": "T", "month": "2017-12", "store": SHOP, "reports": {"x": REPORT}})
    written = settings.model_dump(mode="json")
    assert written["month"] == "2017-12"
    assert written["store"]["connection"] == "**********"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Economics().gross_margin = 0.4  # type: ignore[misc]


@pytest.mark.parametrize("dates", ["%d.%m.%Y", "%d.%m.%Y %H:%M", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%x"])
def test_date_format_with_a_whole_day_is_taken(dates: str) -> None:
    assert CsvFormat(dates=dates).dates == dates


@pytest.mark.parametrize("dates", ["", "%d.%m", "%Y-%m", "dd.mm.yyyy", "%H:%M", "%Q%d%m%Y", "%"])
def test_date_format_without_a_whole_day_is_refused(dates: str) -> None:
    with pytest.raises(ValidationError):
        CsvFormat(dates=dates)


@pytest.mark.parametrize("mark", [" ", "\u00a0", "\u202f", ".", "'"])
def test_thousands_marks_of_the_trade_are_taken(mark: str) -> None:
    assert CsvFormat(decimal=",", thousands=mark).thousands == mark


@pytest.mark.parametrize("encoding", ["rot13", "base64", "utf-88", "", "\0"])
def test_encoding_that_is_no_text_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ValidationError):
        CsvFormat(encoding=encoding)


@pytest.mark.parametrize(
    "path",
    ["orders.csv", "/data/a b/заказы*.CSV.GZ", "../x/y.parquet", "t.txt", "t.tsv", "Отчёт.XLSX", "o.xls", "o.ods"],
)
def test_path_with_a_known_ending_is_taken(path: str) -> None:
    assert TableSource(path=path).path == path


@pytest.mark.parametrize("path", ["", "orders", "orders.docx", "a\0.csv", "a\n.csv"])
def test_path_without_a_known_ending_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        TableSource(path=path)


def test_outcomes_map_their_metrics_to_columns() -> None:
    tables = {"outcomes": {"path": "a.csv", "metrics": ["spend"], "columns": {"customer_id": "ID", "spend": "SUM"}}}
    store = StoreSettings.model_validate({**SHOP, "tables": tables})
    assert store.tables["outcomes"].columns == {"customer_id": "ID", "spend": "SUM"}


def test_data_checks_are_one_report_a_store() -> None:
    shop = {"timezone": "Europe/Moscow", "currency": "RUB", "tables": {"transactions": {"path": "a.csv"}}}
    given = {"title": "Two", "stores": {"east": shop, "west": shop}, "reports": {}}
    report = {"id": "churn", "notebook": "churn", "store": "west"}
    settings = SetSettings.model_validate({**given, "reports": {"churn": report}}).read_from(Path("parameters/two.yml"))
    checks = settings.data_checks()
    assert list(checks.reports) == ["east", "west"]
    assert {report.notebook for report in checks.reports.values()} == {"data_check"}
    assert checks.store_settings("west")[0] == "west"
    assert (checks.file, list(settings.reports)) == (settings.file, ["churn"])
