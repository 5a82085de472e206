from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import power_proportions_2indep

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.economics import break_even, contact_profits, detectable_rise
from retention_lib.models.experiments.arm_effects import ArmEffects, arm_effects


def test_break_even_by_hand() -> None:
    # 444 letters at .40 cost 177.60; a customer won brings 20: one in 50 must be won.
    result = break_even(444, contact_cost=0.4, profit_if_won=20.0, base_share=0.76)
    assert result.contact_cost_total == pytest.approx(177.6)
    assert result.break_even_share == pytest.approx(0.02)
    assert result.one_in == pytest.approx(50)
    assert result.reachable


@pytest.mark.parametrize(("base_share", "customers"), [(0.1, 2000), (0.5, 444), (0.76, 444), (0.0, 100)])
def test_detectable_share_has_80_percent_power(base_share: float, customers: int) -> None:
    rise = break_even(customers, contact_cost=1, profit_if_won=9, base_share=base_share).detectable_share
    power = power_proportions_2indep(rise, base_share, customers / 2, alpha=0.05).power
    assert power == pytest.approx(0.8, abs=0.01)


def test_a_list_too_small_to_show_anything_has_no_detectable_share() -> None:
    assert break_even(4, contact_cost=1, profit_if_won=9).detectable_share is None
    assert break_even(1, contact_cost=1, profit_if_won=9).detectable_share is None


def test_contacts_that_cannot_pay_are_marked() -> None:
    result = break_even(100, contact_cost=10, profit_if_won=8, base_share=0.2)
    assert result.break_even_share == pytest.approx(1.25)
    assert not result.reachable


def test_free_contacts_break_even_at_nothing() -> None:
    result = break_even(100, contact_cost=0, profit_if_won=8)
    assert (result.break_even_share, result.one_in) == (0.0, None)


def test_an_estimated_profit_counts_by_its_value() -> None:
    result = break_even(100, contact_cost=1, profit_if_won=Estimate(8.0), base_share=Estimate(0.3))
    assert (result.profit_if_won, result.base_share) == (8.0, 0.3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contact_cost": None}, "contact_cost_known"),
        ({"profit_if_won": None}, "profit_if_won_known"),
        ({"profit_if_won": 0.0}, "profit_if_won_positive"),
        ({"profit_if_won": float("nan")}, "profit_if_won_positive"),
        ({"customers": 0}, "customers_on_list"),
        ({"profit_if_won": NotEnough("observations", 1, 2)}, "observations"),
        ({"base_share": NotEnough("episodes", 1, 30)}, "episodes"),
        ({"customers": NotEnough("customers_in_base", 0, 1)}, "customers_in_base"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], reason: str) -> None:
    given_values = {"customers": 100, "contact_cost": 1.0, "profit_if_won": 8.0, **changes}
    result = break_even(given_values.pop("customers"), **given_values)
    assert isinstance(result, NotEnough)
    assert result.reason == reason


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="contact_cost must be 0 or more"):
        break_even(10, contact_cost=-1, profit_if_won=8)
    with pytest.raises(ValueError, match="base_share"):
        break_even(10, contact_cost=1, profit_if_won=8, base_share=1.0)


@given(st.floats(0, 0.95), st.integers(1, 10**6))
def test_detectable_rise_fits_and_falls_with_the_group(base_share: float, group: int) -> None:
    rise, finer = detectable_rise(base_share, group), detectable_rise(base_share, 4 * group)
    if rise is not None:
        assert 0 < finer <= rise <= 1 - base_share


RETURNS = pd.DataFrame({"silence_days": [29, 40], "customers": [60, 40], "returned": [20, 10], "spend": [900.0, 600.0]})


def spends(*arms: tuple[str, float], customers: int = 1000) -> ArmEffects:
    """Arms whose customers spend one below and one above the mean in equal numbers, so with a variance near 1."""
    rows = [(arm, "spend", customers, customers * mean, customers * (mean**2 + 1), False) for arm, mean in arms]
    columns = ["arm", "metric", "n", "total", "total_squares", "binary"]
    effects = arm_effects(pd.DataFrame(rows, columns=columns), control="none")
    assert isinstance(effects, ArmEffects)
    return effects


def test_contact_profits_are_the_effect_times_margin_less_cost_best_first() -> None:
    effects = spends(("none", 5.0), ("mail", 6.0), ("call", 7.0), ("push", 5.01))
    profits = contact_profits(effects, metric="spend", gross_margin=0.4, contact_cost=0.5)
    # call: 2 x 0.4 - 0.5; mail: 1 x 0.4 - 0.5; push is not told from zero and so earns nothing to speak of.
    assert [profit.arm for profit in profits] == ["call", "mail"]
    assert [profit.per_contact.value for profit in profits] == pytest.approx([0.3, -0.1])
    call = effects.effect("spend", "call")
    assert profits[0].per_contact.low == pytest.approx(0.4 * call.low - 0.5)
    assert profits[0].per_contact.high == pytest.approx(0.4 * call.high - 0.5)
    assert profits[0].per_contact.n == 2000


def test_contact_profits_of_a_measured_profit_need_no_margin() -> None:
    effects = spends(("none", 5.0), ("mail", 6.0), ("call", 7.0))
    profits = contact_profits(effects, metric="spend", gross_margin=None, contact_cost=0.5, metric_is_profit=True)
    # What the arms brought is profit as it stands: 2 - 0.5 and 1 - 0.5.
    assert [(profit.arm, profit.gross_margin) for profit in profits] == [("call", None), ("mail", None)]
    assert [profit.per_contact.value for profit in profits] == pytest.approx([1.5, 0.5])


def test_a_households_effect_is_shared_by_the_members_contacted() -> None:
    effects = spends(("none", 5.0), ("mail", 6.0), ("call", 7.0))
    # Four members a household called, one mailed: a call earns 2 / 4 x 0.4 and a letter 1 x 0.4, less 0.1.
    table = effects.table.assign(members=[1.0 if arm == "mail" else 4.0 for arm in effects.table["arm"]])
    by_home = replace(effects, table=table, unit="household")
    profits = contact_profits(by_home, metric="spend", gross_margin=0.4, contact_cost=0.1)
    assert [(profit.arm, profit.best, profit.unit) for profit in profits] == [
        ("mail", "mail", "household"),
        ("call", "mail", "household"),
    ]
    assert [profit.per_contact.value for profit in profits] == pytest.approx([0.3, 0.1])


def test_contact_profits_name_what_is_missing() -> None:
    effects = spends(("none", 5.0), ("push", 5.01))
    known = {"metric": "spend", "gross_margin": 0.4, "contact_cost": 0.5}
    assert contact_profits(effects, **known) == [NotEnough("effects_claimed", 0, 1)]
    for missing in ("gross_margin", "contact_cost"):
        assert contact_profits(effects, **{**known, missing: None}) == [NotEnough("margin_and_cost_known", 0, 1)]
    refusal = NotEnough("arms", 1, 2)
    assert contact_profits(refusal, **known) == [refusal]
