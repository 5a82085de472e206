"""The study of planned power: its world, a small case, and its figure."""

from __future__ import annotations

import numpy as np
import pytest
from studies import campaign_power
from studies.__main__ import FIGURES as NAMES
from studies.__main__ import STUDIES as REGISTERED
from studies.campaign_power import RISE, Sold, conversion_factor


def test_the_study_is_registered_by_its_figure() -> None:
    assert NAMES["power_gap"] == "campaign_power"
    assert REGISTERED["campaign_power"] is campaign_power.STUDY
    assert campaign_power.STUDY.cases == 4_000


def test_both_effects_are_those_planned_for() -> None:
    rng = np.random.default_rng(1)
    usual, more = Sold.drawn(rng, 400_000), Sold.drawn(rng, 400_000, factor=1 + RISE)
    assert more.revenue.mean() / usual.revenue.mean() - 1 == pytest.approx(RISE, abs=0.03)
    bought = Sold.drawn(rng, 400_000, factor=conversion_factor(RISE))
    assert bought.conversion.mean() / usual.conversion.mean() - 1 == pytest.approx(RISE, abs=0.02)
    # More than four of five buy nothing, and money is as skewed as a shop's.
    assert usual.conversion.mean() == pytest.approx(1 - 1.5**-0.5, abs=0.005)
    assert usual.revenue.std() / usual.revenue.mean() > 2.5


def test_a_case_says_whether_each_test_found_its_effect() -> None:
    found = campaign_power.case(3, base_customers=5_000)
    assert set(found) == {"n_conversion", "n_revenue", "found_conversion", "found_revenue"}
    assert 1_000 < found["n_conversion"] < 3_000
    assert 3_000 < found["n_revenue"] < 8_000
    assert found == campaign_power.case(3, base_customers=5_000)


def test_the_figure_is_the_larger_gap() -> None:
    held = [{"n_revenue": 9, "found_conversion": place < 82, "found_revenue": place < 77} for place in range(100)]
    (gap,) = campaign_power.figures(held)
    assert (gap.name, gap.n) == ("power_gap", 100)
    assert gap.value == pytest.approx(0.03)
    assert gap.low <= gap.value <= gap.high
    # A case that died found nothing, and is shown.
    dead = [*held, {"died": 137}]
    assert campaign_power.figures(dead)[0].value > gap.value
    assert campaign_power.unplanned(dead) == [{"died": 137}]
