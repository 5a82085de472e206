from __future__ import annotations

from pathlib import Path

import pytest
from measures.actions.plan_shop import context, order

from retention_lib.measures.actions.needs import SCENARIO_NEEDS, missing_need, scenario_needs
from retention_lib.measures.actions.triggers import TRIGGERS
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenarios import KINDS, AfterSaleScenario, ConditionScenario, RescueScenario
from retention_lib.settings.tables import TABLES


def test_every_kind_has_a_trigger_and_needs() -> None:
    assert set(TRIGGERS) == set(SCENARIO_NEEDS) == set(KINDS)


@pytest.mark.parametrize("kind", SCENARIO_NEEDS)
def test_needs_are_tables_and_columns_that_a_store_may_have(kind: str) -> None:
    for need in SCENARIO_NEEDS[kind]:
        for one in need.split(" or "):
            table, _, column = one.partition(".")
            assert not column or column in TABLES[table].names


def test_keys_that_look_at_more_need_more() -> None:
    assert scenario_needs(AfterSaleScenario()) == ("transactions",)
    assert scenario_needs(AfterSaleScenario(categories=["tea"])) == ("transactions", "transactions.category")
    assert scenario_needs(RescueScenario(service_kinds=["delivery"])) == (
        "feedback or service",
        "feedback or service.kind",
    )
    own = ConditionScenario(condition="orders > 1 and age_band is missing and not member")
    assert scenario_needs(own) == ("transactions", "customers.age_band or customers.birth_date", "loyalty_events")


def test_first_need_that_is_missing_is_told(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        headers={"customers": "customer_id,age_band"},
        transactions=order("a", "2026-06-01"),
        customers=["a,18"],
    )
    lacks = {name: missing_need(plan.store, scenario) for name, scenario in Playbook().scenarios.items()}
    assert lacks["welcome"] is None
    assert lacks["birthday"] == "customers.birth_date"
    assert lacks["rescue"] == "feedback or service"
    assert lacks["new_arrivals"] == "transactions.product_id"
    assert missing_need(plan.store, ConditionScenario(condition='age_band == "18"')) is None
    assert missing_need(plan.store, ConditionScenario(condition="visits > 1")) == "web_events.customer_id"
