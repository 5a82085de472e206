"""What the campaign report must have recorded, by what its store can tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

TEST = {"decision", "srm_p", "customers_in_test", "policy_value", "next_test_n_per_arm"}
OF_AN_ARM = ("profit_per_contact", "probability_profit")
DECISIONS = {"ship", "ship_part", "stop", "keep_running", "invalid"}
GOALS = ("visit", "conversion", "orders", "revenue", "gross_profit", "average_order")
"""Metrics of a test counted from sales; guardrails stand beside them."""

GUARDRAILS = ("refund_share", "discount_share")
PLAN = {
    *("next_test_n_per_arm", "planned_verdict_on", "planned_detectable_effect"),
    *("customers_eligible", "holdout_customers"),
}


def effect_ids(arms: Collection[str], metrics: Collection[str]) -> set[str]:
    """The figures of the effects of a test."""
    return {f"{metric}_effect_{arm}" for metric in metrics for arm in arms}


def campaign_problems(
    found: Mapping[str, Mapping[str, Any]], *, arms: Collection[str], metrics: Collection[str], history: bool
) -> list[str]:
    """What is wrong with the figures of a test that may be read, by id.

    Args:
        found: The figures.
        arms: Its arms without the control.
        metrics: What it is judged by.
        history: Whether the store knows what customers did before it, and which orders used its coupons.
    """
    effects, told = effect_ids(arms, metrics), {f"{id}_{arm}" for id in OF_AN_ARM for arm in arms}
    of_history = {"cuped_variance_reduction", *(f"subsidy_share_{arm}" for arm in arms)}
    asked = TEST | effects | told | (of_history if history else set())
    problems = [f"{id} is not recorded" for id in sorted(asked - found.keys())]
    problems += [f"{id} is not asked for" for id in sorted(found.keys() & (of_history - asked))]
    problems += [f"{id} is no known effect" for id in sorted(found) if "_effect_" in id and id not in effects]
    known = {id for id in asked & found.keys() if found[id]["value"] is not None}
    problems += [f"{id} has no value" for id in sorted((asked & found.keys()) - known)]
    ranges = effects | told | {"policy_value"} | {id for id in of_history if id.startswith("subsidy")}
    problems += [f"{id} does not lie in its interval" for id in sorted(ranges & known) if not _inside(found[id])]
    problems += [f"{id} lacks a p-value" for id in sorted(effects & known) if not _tested(id, found[id])]
    if found.get("decision", {}).get("value") not in DECISIONS:
        problems.append("decision is none of the five")
    return problems


def _inside(figure: Mapping[str, Any]) -> bool:
    bounds = (figure["low"], figure["high"])
    return None not in bounds and figure["low"] <= figure["value"] <= figure["high"]


def _tested(id: str, figure: Mapping[str, Any]) -> bool:
    """Whether an effect has its p-value; guardrails are no claims and are not corrected."""
    if id.startswith(GUARDRAILS):
        return figure["p"] is not None and figure["p_adjusted"] is None and not figure["claimed"]
    return None not in (figure["p"], figure["p_adjusted"]) and 0 <= figure["p"] <= figure["p_adjusted"] <= 1
