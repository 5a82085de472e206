"""The customers of each kind of scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.conditions import condition
from retention_lib.measures.actions.triggers_orders import after_sale, reactivation, review_request, welcome
from retention_lib.measures.actions.triggers_person import birthday, new_arrivals, rescue
from retention_lib.measures.actions.triggers_points import early_access, points_expiring, tier_nudge
from retention_lib.measures.actions.triggers_products import cross_sell, replenishment
from retention_lib.measures.actions.triggers_site import abandoned_cart, browsed_category, retargeting

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenario import Scenario

TRIGGERS: Mapping[str, Callable[[TriggerContext, Any], ir.Table | NotEnough]] = MappingProxyType(
    {
        "welcome": welcome,
        "reactivation": reactivation,
        "abandoned_cart": abandoned_cart,
        "browsed_category": browsed_category,
        "cross_sell": cross_sell,
        "replenishment": replenishment,
        "birthday": birthday,
        "rescue": rescue,
        "after_sale": after_sale,
        "review_request": review_request,
        "new_arrivals": new_arrivals,
        "early_access": early_access,
        "tier_nudge": tier_nudge,
        "points_expiring": points_expiring,
        "retargeting": retargeting,
        "condition": condition,
    }
)
"""What finds the customers of each kind of `retention_lib.settings.scenarios.KINDS`."""


def triggered(context: TriggerContext, scenario: Scenario) -> ir.Table | NotEnough:
    """The customers whom a scenario is about.

    Args:
        context: The store up to a day, and the plan's days.
        scenario: The scenario.

    Returns:
        Columns of `due.TRIGGERED`, one row a customer; `NotEnough` where the data cannot carry it.
    """
    return TRIGGERS[scenario.kind](context, scenario)
