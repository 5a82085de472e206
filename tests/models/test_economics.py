from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import power_proportions_2indep

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.economics import break_even, detectable_rise


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
