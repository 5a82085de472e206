from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi

from retention_lib.estimates import NotEnough
from retention_lib.models import hazards
from retention_lib.models.hazards import HazardRatios, cox_fit, hazard_ratios
from retention_lib.models.late_delivery import BALANCE, PLACEBO, SUPPORT, LateDelivery, late_delivery


def test_regression_agrees_with_published_ones_on_rossis_data() -> None:
    found = cox_fit(load_rossi(), duration="week", event="arrest", watched=True)
    # Fox and Weisberg (2011), Cox proportional-hazards regression for survival data in R, table of the first model.
    assert found.log_likelihood == pytest.approx(-658.75, abs=0.005)
    assert found.table.loc["fin", "coefficient"] == pytest.approx(-0.379, abs=5e-4)
    assert found.table.loc["fin", "error"] == pytest.approx(0.191, abs=5e-4)
    assert found.table.loc["prio", "coefficient"] == pytest.approx(0.091, abs=1e-3)
    # Their test of proportional hazards finds age (and, in lifelines' own page on it, wexp) to change with time.
    assert {name for name, course in found.courses.items() if course != "steady"} == {"age", "wexp"}
    assert not cox_fit(load_rossi(), duration="week", event="arrest").courses


def orders(count: int = 3_000, *, early: float = 0.5, later: float = 0.5, seed: int = 1) -> pd.DataFrame:
    """First orders whose late ones come back at some multiples of the pace, in the first forty days and after."""
    rng = np.random.default_rng(seed)
    late = rng.random(count) < 0.4
    clock = rng.exponential(80, count)
    first, second = np.where(late, early, 1.0), np.where(late, later, 1.0)
    wait = np.where(clock < 40 * first, clock / first, 40 + (clock - 40 * first) / second)
    return pd.DataFrame(
        {
            "day": pd.Timestamp("2020-03-01") + pd.to_timedelta(rng.integers(0, 60, count), unit="D"),
            "lines": rng.integers(1, 4, count),
            "carrier": rng.choice(["post", "standard", "standard"], count),
            "amount": rng.lognormal(3, 1, count),
            "promised_days": 3.0,
            "late_days": np.where(late, 1.0, 0.0),
            "second_days": 3 + np.ceil(wait),
            "seen_days": 150.0,
        }
    )


def found(frame: pd.DataFrame) -> HazardRatios:
    result = hazard_ratios(frame, rng=np.random.default_rng(1))
    assert isinstance(result, HazardRatios)
    return result


def test_late_ones_at_half_the_pace_have_a_ratio_of_a_half_all_along() -> None:
    result = found(orders())
    assert result.late.low < 0.5 < result.late.high
    assert result.late.value == pytest.approx(0.5, abs=0.06)
    assert result.course == "steady"
    assert result.late.value == result.table["ratio"].iloc[0]


@pytest.mark.parametrize(("early", "later", "course"), [(0.3, 1.0, "early"), (1.0, 0.3, "later")])
def test_gap_that_closes_or_grows_is_told(early: float, later: float, course: str) -> None:
    assert found(orders(early=early, later=later)).course == course


def test_table_has_each_feature_without_the_calendar() -> None:
    table = found(orders()).table
    assert list(table["feature"]) == ["late", "carrier", "lines", "amount"]
    assert (table["level"].iloc[1], table["base"].iloc[1]) == ("post", "standard")
    assert (table["low"] < table["ratio"]).all()
    assert (table["ratio"] < table["high"]).all()


def test_ratio_of_money_is_that_of_twice_as_much() -> None:
    frame = orders()
    table = found(frame).table.set_index("feature")
    tenfold = found(frame.assign(amount=(1 + frame["amount"]) ** 2 - 1)).table.set_index("feature")
    # Squaring doubles the logarithm, so that twice the money goes half as far.
    assert tenfold.loc["amount", "ratio"] == pytest.approx(table.loc["amount", "ratio"] ** 0.5)


def test_ratios_are_trusted_where_the_comparison_of_late_deliveries_is() -> None:
    frame, rng = orders(400), np.random.default_rng(1)
    late = late_delivery(frame.assign(seen_days=400.0), rng=rng)
    assert isinstance(late, LateDelivery)
    assert late.trusted
    assert hazard_ratios(frame, rng=rng, late=late).trusted
    for reason in (SUPPORT, BALANCE, PLACEBO):
        doubted = replace(late, difference=replace(late.difference, claimed=False, reason=reason))
        assert not hazard_ratios(frame, rng=rng, late=doubted).trusted
    assert not hazard_ratios(frame, rng=rng, late=NotEnough("late_first_deliveries", 1, 30)).trusted
    assert not hazard_ratios(frame, rng=rng).trusted


def test_level_in_which_nobody_buys_again_is_left_out() -> None:
    frame = orders()
    nobody = frame.index < 40
    frame = frame.assign(
        carrier=frame["carrier"].where(~nobody, "drone"), second_days=frame["second_days"].where(~nobody, np.nan)
    )
    assert list(found(frame).table["level"]) == ["", "post", "", ""]


def test_waiting_begins_after_the_promised_day_and_ends_with_180_days_or_the_data() -> None:
    frame = orders(400)
    result = found(frame)
    # Seen from day 4 to day 149.
    assert (result.customers, result.events) == (400, int((frame["second_days"] <= 149).sum()))
    long = found(frame.assign(seen_days=900.0))
    assert long.events == int((frame["second_days"] <= 183).sum())
    early = found(frame.assign(second_days=frame["second_days"].where(frame.index >= 10, 3.0)))
    assert early.customers == 390


def test_many_customers_are_drawn_and_the_number_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hazards, "MOST", 1_000)
    result = found(orders())
    assert (result.customers, result.drawn_from) == (1_000, 3_000)


def test_what_is_not_known_is_said() -> None:
    rng, frame = np.random.default_rng(1), orders(300)
    nothing = NotEnough("customers", 1, 2)
    assert hazard_ratios(nothing, rng=rng) is nothing
    assert hazard_ratios(frame.drop(columns="late_days"), rng=rng) == NotEnough("delivery_dates", 0, 1)
    on_time = frame.assign(late_days=0.0)
    assert hazard_ratios(on_time, rng=rng) == NotEnough("late_second_purchases", 0, 30)
    late = frame.assign(late_days=1.0)
    assert hazard_ratios(late, rng=rng) == NotEnough("on_time_second_purchases", 0, 30)
