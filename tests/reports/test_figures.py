from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports.figures import FIGURES, figure_record, figure_spec
from retention_lib.reports.words import Words

WORDS = Words("en", "USD")
KEYS = ["id", "value", "low", "high", "level", "unit", "n", "formula", "p", "p_adjusted", "claimed", "reason"]

REQUIRED = (
    "crr churn_rate retention_gross lapse_rate customers_active_start customers_active_end customers_new "
    "customers_retained customers_lapsed customers_reactivated customers_passed_through at_risk_days lapse_days "
    "return_chance_beyond return_chance_just_reached revenue_total revenue_month bgnbd_r bgnbd_alpha bgnbd_a "
    "bgnbd_b mbgnbd_r mbgnbd_alpha mbgnbd_a mbgnbd_b gamma_gamma_p gamma_gamma_q gamma_gamma_v "
    "expected_value_12m_per_customer expected_value_12m_total holdout_purchases_actual "
    "holdout_purchases_expected holdout_total_error repeat_rate customers naive_difference did_effect pretrend_p "
    "households_treated households_control srm_p visit_effect_mens conversion_effect_womens spend_effect_mens "
    "customers_in_test customer_equity_12m expected_purchases_12m clv_new_customer_12m ltv_cac payback_months "
    "top_decile_share gini value_at_stake_12m forecast_last_month actual_last_month backtest_winner backtest_mae "
    "backtest_total_error_median decision orders_effect_letter revenue_effect_letter gross_profit_effect_letter "
    "average_order_effect_letter refund_share_effect_letter discount_share_effect_letter unsubscribed_effect_letter "
    "clicks_effect_letter cuped_variance_reduction profit_per_contact_letter probability_profit_letter "
    "cost_per_incremental_order_letter profit_on_base_letter subsidy_share_letter policy_value policy_gain "
    "past_profit_per_contact holdout_profit_per_customer holdout_profit_total next_test_n_per_arm planned_verdict_on "
    "planned_detectable_effect customers_eligible holdout_customers"
)


@pytest.mark.parametrize("id", REQUIRED.split())
def test_every_agreed_figure_is_known_and_named(id: str) -> None:
    spec = figure_spec(id)
    assert spec.id == id
    assert spec.label_in(WORDS)
    assert "{" not in spec.label_in(WORDS) + spec.formula_in(WORDS)


def test_a_pattern_names_what_its_star_matched() -> None:
    assert figure_spec("visit_effect_big_box").label_in(WORDS) == "Extra visits, big box"
    assert "visit_effect_*" in FIGURES


def test_an_effect_on_a_metric_of_the_data_is_named_by_metric_and_arm() -> None:
    spec = figure_spec("page_views_effect_big_box")
    assert (spec.label_in(WORDS), spec.unit) == ("page views, big box", "number")
    assert spec.formula_in(WORDS) == "mean of all assigned, arm - control: page views, big box"


def test_a_metric_that_is_known_keeps_its_own_words() -> None:
    assert figure_spec("gross_profit_effect_letter").label_in(WORDS) == "Extra gross profit, letter"
    assert figure_spec("profit_on_base_letter").label_in(WORDS) == "Sent to all, letter"


def test_an_unknown_figure_names_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean churn_rate"):
        figure_spec("churn_rat")


def test_record_of_an_estimate_has_every_key_and_twelve_digits() -> None:
    value = Estimate(1 / 3, low=0.3, high=0.4, level=0.95, n=2037, p=0.5, claimed=True)
    record = figure_record("crr", value, WORDS)
    assert list(record) == KEYS
    assert record["value"] == 0.333333333333
    assert (record["n"], record["claimed"], record["unit"]) == (2037, True, "share")
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "shown", "reason"),
    [
        (NotEnough("too_few", 3, 30), None, "too_few"),
        (np.float64("nan"), None, "no_value"),
        (np.int64(5), 5, None),
        (float("inf"), None, "no_value"),
        (None, None, "no_value"),
        ("lapsed", "lapsed", None),
    ],
)
def test_record_of_other_values(value: object, shown: object, reason: str | None) -> None:
    record = figure_record("customers", value, WORDS)
    assert (record["value"], record["reason"]) == (shown, reason)
    json.dumps(record, allow_nan=False)


def test_a_refused_effect_is_not_claimed() -> None:
    assert figure_record("visit_effect_mens", NotEnough("too_few", 3, 30), WORDS)["claimed"] is False


@dataclass(frozen=True, kw_only=True)
class PastTest:
    """What a formula names of a test."""

    cutoffs: tuple[date, ...] = (date(2017, 1, 31), date(2017, 3, 2))
    horizon_days: int = 90
    last_cutoff: date = date(2017, 9, 30)
    last_horizon_days: int = 92


def test_a_formula_names_facts_of_the_result_it_is_about() -> None:
    record = figure_record("backtest_winner", "BG/NBD", WORDS, about=PastTest())
    assert (record["value"], record["unit"]) == ("BG/NBD", "text")
    for fact in ("31 January 2017 and 2 March 2017", "90 days", "30 September 2017"):
        assert fact in record["formula"].replace("\u00a0", " ")


def test_a_formula_about_a_refusal_has_dashes() -> None:
    refused = NotEnough("too_few", 3, 30)
    assert "in the \u2013 days from \u2013" in figure_record("backtest_mae", refused, WORDS, about=refused)["formula"]
