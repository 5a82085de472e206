"""What a store's file assumes is said on every page."""

from __future__ import annotations

from typing import Any

import pytest

from retention_lib.reports.findings import alert
from retention_lib.reports.words import Words
from retention_lib.settings import StoreSettings

WORDS = Words("en", "RUB")
SALES: dict[str, Any] = {"path": "data/sales.csv"}


def store(currency: str, assumptions: list[str], **sales: Any) -> StoreSettings:
    return StoreSettings.model_validate(
        {
            "timezone": "Europe/Moscow",
            "currency": currency,
            "assumptions": assumptions,
            "tables": {"transactions": {**SALES, **sales}},
        }
    )


@pytest.mark.parametrize(
    ("assumed", "sentence"),
    [
        (store("RUB", ["currency", "timezone"]), "currency (RUB) and time zone (Europe/Moscow)"),
        (store("XXX", ["currency"]), "currency (none, amounts stand without one)"),
        (
            store("RUB", ["dates"], csv={"dates": "%d.%m.%Y"}),
            "order of day and month in dates (%d.%m.%Y)",
        ),
        (store("RUB", ["dates"]), "order of day and month in dates (as in 2024-02-29)"),
    ],
)
def test_what_a_store_assumes_is_a_warning(assumed: StoreSettings, sentence: str) -> None:
    found = alert(assumed, WORDS)
    assert (found.level, found.title) == ("warn", "Store.")
    assert found.sentence == f"Assumed, not known: {sentence}."


def test_a_store_without_assumptions_is_fine() -> None:
    assert alert(store("RUB", []), WORDS).level == "ok"
