"""Which tables and columns each kind of scenario needs, and what a store lacks of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from retention_lib.measures.profile_columns import PROFILE_COLUMNS
from retention_lib.settings.scenario import Scenario
from retention_lib.settings.scenarios import ConditionScenario

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

SCENARIO_NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "welcome": ("transactions",),
        "reactivation": ("transactions",),
        "abandoned_cart": ("transactions", "web_events.customer_id"),
        "browsed_category": (
            *("transactions.product_id", "transactions.category"),
            *("web_events.customer_id", "web_events.product_id"),
        ),
        "cross_sell": ("transactions.product_id or transactions.category",),
        "replenishment": ("transactions.product_id",),
        "birthday": ("customers.birth_date",),
        "rescue": ("feedback or service",),
        "after_sale": ("transactions",),
        "review_request": ("transactions", "feedback"),
        "new_arrivals": ("transactions.product_id", "transactions.category"),
        "early_access": ("loyalty_events.tier",),
        "tier_nudge": ("loyalty_events.tier or loyalty_events.points",),
        "points_expiring": ("loyalty_events.points", "loyalty_events.expires_at"),
        "retargeting": ("transactions", "web_events.customer_id", "identities"),
        "condition": (),
    }
)
"""Tables, or `table.column`, that each kind of scenario needs; of several joined by `or` one will do."""

_PROFILE_NEEDS = {column.name: column.needs for column in PROFILE_COLUMNS}


def scenario_needs(scenario: Scenario) -> tuple[str, ...]:
    """What a scenario needs: its kind's tables and columns, and those of the keys it uses.

    Args:
        scenario: The scenario.
    """
    needs = SCENARIO_NEEDS[scenario.kind]
    if getattr(scenario, "categories", None):
        needs = (*needs, "transactions.category")
    if getattr(scenario, "service_kinds", None):
        needs = (*needs, "feedback or service.kind")
    if isinstance(scenario, ConditionScenario):
        needs = (*needs, *(need for name in scenario.tree.columns for need in _PROFILE_NEEDS[name]))
    return tuple(dict.fromkeys(needs))


def missing_need(store: Store, scenario: Scenario) -> str | None:
    """The first table or column that a scenario needs and the store lacks; None where it has them all.

    Args:
        store: The store.
        scenario: The scenario.
    """
    for need in scenario_needs(scenario):
        if not any(_has(store, one) for one in need.split(" or ")):
            return need
    return None


def _has(store: Store, need: str) -> bool:
    table, _, column = need.partition(".")
    found = store.find(table)
    return found is not None and (not column or column in found.columns)
