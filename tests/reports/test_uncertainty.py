"""Sentences about how sure a forecast is."""

from __future__ import annotations

import pytest

from retention_lib.models.uncertainty import Spread
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def spread(*, model: float = 0.08, process: float = 0.03, cutoffs: int = 8) -> Spread:
    return Spread(parameter=0.02, process=process, model=model, cutoffs=cutoffs)


def test_bounds_are_told_as_shares_of_the_forecast() -> None:
    # sd = sqrt(.02^2 + .03^2 + .08^2) = .0877; exp(1.645 x .0877) = 1.155.
    sentence = finding(spread(), WORDS).sentence
    assert "In 90 of 100 such cases, what comes lies between" in sentence
    assert "87% and 116%" in sentence
    assert "What makes it unsure most is how far forecasts of past days were off." in sentence
    assert "hold how far forecasts of 8 past days were off" in sentence


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"process": 0.2}, "the luck of what single customers do"),
        ({"process": 0.0, "model": 0.0}, "the limited number of customers it was learned from"),
    ],
)
def test_the_largest_part_is_named(parts: dict[str, float], said: str) -> None:
    assert said in finding(spread(**parts), WORDS).sentence


def test_without_past_forecasts_shocks_are_said_to_be_missing() -> None:
    untried = spread(model=0.0, cutoffs=0)
    told = alert(untried, WORDS)
    assert told.level == "warn"
    assert "With fewer than 5 forecasts of past days" in told.sentence
    assert "take them as too narrow" in told.sentence
    assert told.sentence in finding(untried, WORDS).sentence
    assert alert(spread(), WORDS).level == "ok"
