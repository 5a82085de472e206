"""The study of a campaign's profit: its campaigns, a case of each kind, and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from studies.campaign_profit import (
    CASES,
    CHANCES,
    FIGURES,
    INTERVALS,
    Campaign,
    campaign,
    failures,
    figures,
    profits_of,
    told,
)


def truths(first: int, last: int) -> list[Campaign]:
    return [campaign(number, np.random.default_rng(number)) for number in range(first, last)]


def test_the_chances_are_looked_at_in_two_worlds() -> None:
    alone = 0.12 * 40 * 0.95 * 0.4  # gross profit of a customer left alone
    matched, below = (
        np.array([one.profit for one in truths(first, first + 1_000)]) / alone
        for first in (INTERVALS, INTERVALS + CHANCES)
    )
    assert np.median(matched) == pytest.approx(0.0, abs=0.02)
    assert np.median(below) == pytest.approx(-0.1, abs=0.02)
    # The quartiles of Student's t with 4 degrees of freedom lie .741 scales of .2 / sqrt(2) from the middle.
    assert np.quantile(matched, 0.75) == pytest.approx(0.741 * 0.2 / np.sqrt(2), abs=0.02)
    assert {one.world for one in (campaign(0, np.random.default_rng(0)), *truths(CASES - 1, CASES))} == {
        "intervals",
        "below_zero",
    }


def test_every_second_interval_rests_on_a_stated_margin() -> None:
    measured, stated = truths(0, 2)
    assert (measured.stated, measured.margin, stated.stated) == (False, 0.4, True)
    found = [profits_of(one, np.random.default_rng(1)).terms.columns for one in (measured, stated)]
    assert [columns.margin for columns in found] == [None, 0.4]
    assert [columns.margin_sd for columns in found] == [0.0, 0.03]


def test_what_is_true_is_what_many_customers_bring() -> None:
    # .12 x 40 x .95 x .4 x .25 of extra gross profit, coupons of 5 on .3 of .15 orders, and .1 for sending.
    true = Campaign(world="intervals", customers=600_000, lift=0.25)
    assert true.profit == pytest.approx(0.456 - 0.225 - 0.1)
    found = profits_of(true, np.random.default_rng(2)).arms[0]
    assert abs(found.per_contact.value - true.profit) < 3 * found.standard_error < 0.1


@pytest.mark.parametrize("number", [0, 1, INTERVALS, CASES - 1])
def test_a_case_tells_its_profit_and_its_chance(number: int) -> None:
    found = told(number)
    assert 5_000 <= found["customers"] <= 20_000
    assert 0 <= found["chance"] <= 1
    assert found["saved"] > 0
    assert isinstance(found["held"], bool)
    assert abs(found["profit"] - found["true"]) < 1.5


def case(world: str, *, chance: float = 0.85, true: float = 1.0, held: bool = True) -> dict[str, Any]:
    return {"world": world, "chance": chance, "true": true, "held": held}


def test_figures_count_intervals_that_hold_and_campaigns_that_pay() -> None:
    results = [
        *(case("intervals") for _ in range(3)),
        case("intervals", held=False),
        *(case("matched", true=true) for true in (1.0, 2.0, -1.0, 3.0)),
        *(case("below_zero", true=true) for true in (1.0, -2.0)),
        *(case(world, chance=0.95, true=-1.0, held=False) for world in ("matched", "below_zero")),
        {"case": 9, "died": -9},
    ]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == FIGURES
    assert [found[name].value for name in FIGURES] == [0.75, 0.5, 0.75, 0.5]
    assert found["probability_profit_calibration"].n == 2
    assert [one.get("died", one.get("held")) for one in failures(results)] == [False, -9]
