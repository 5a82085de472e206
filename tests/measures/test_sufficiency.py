"""What there is of what the reports need, from purchases by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from measures.tables import bought

from retention_lib.measures.sufficiency import buying_facts, sufficiency_facts
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.store import Store, open_store

Shop = Callable[..., Store]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Opens a store of tables given as CSV lines."""

    def opened(**tables: str) -> Store:
        (tmp_path / "data").mkdir()
        for name, text in tables.items():
            (tmp_path / "data" / f"{name}.csv").write_text(text)
        sources = {name: TableSource(path=f"data/{name}.csv") for name in tables}
        settings = StoreSettings(tables=sources, timezone="Europe/Moscow", currency="RUB")
        return open_store("shop", settings, root=tmp_path)

    return opened


def held(frame: object) -> dict[str, float]:
    return dict(zip(frame["fact"], frame["value"], strict=True))  # type: ignore[index]


def test_buyers_history_and_recent_purchases() -> None:
    purchases = bought(
        ann="2023-01-01 2023-12-01 2024-01-01 2024-02-01 2024-03-01",
        bob="2024-01-01 2024-02-01 2024-03-10",
        cat="2024-01-05 2024-06-01",  # the last one is not seen
    )
    assert held(buying_facts(purchases, until=date(2024, 3, 15))) == {
        "buyers": 3,
        "buyers_three_times": 2,
        "buyers_four_times_in_year": 1,
        "days_since_purchase": 5,
        "history_days": 439,  # 365 days of 2023 and 74 of 2024
    }


def test_without_purchases_there_is_no_history() -> None:
    assert held(buying_facts(bought(ann="2024-01-01"), until=date(2023, 1, 1))) == {
        "buyers": 0,
        "buyers_three_times": 0,
        "buyers_four_times_in_year": 0,
    }


def test_who_was_contacted_and_who_was_left_alone(shop: Shop) -> None:
    store = shop(
        transactions="customer_id,ordered_at,amount\na,2024-01-01,5\nb,2024-01-02,5\nc,2024-01-03,5\n",
        contacts="customer_id,campaign_id,channel,sent_at\na,1,email,2024-01-01\na,2,email,2024-01-02\n"
        "z,1,email,2024-01-01\n",
    )
    found = held(sufficiency_facts(store))
    assert (found["customers_treated"], found["customers_untreated"]) == (2, 2)
    assert (found["has_treatment"], found["has_assignments"], found["has_results"]) == (1, 0, 1)
    assert (found["history_days"], found["days_since_purchase"]) == (3, 1)
    assert held(sufficiency_facts(store, until=date(2024, 1, 2)))["buyers"] == 1


def test_the_test_with_the_largest_smallest_arm_counts(shop: Shop) -> None:
    rows = ["1,x,a", "2,x,b", "3,x,b", "1,y,a", "2,y,a", "3,y,b", "4,y,b", "1,z,a", "2,z,a", "3,z,a"]
    store = shop(assignments="\n".join(["customer_id,experiment_id,variant", *rows]))
    found = held(sufficiency_facts(store))
    assert (found["arms"], found["customers_smallest_arm"]) == (2, 2)  # y; z has one arm only
    assert "buyers" not in found
    assert found["has_results"] == 0
