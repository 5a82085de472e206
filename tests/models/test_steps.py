from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_rossi, load_waltons

from retention_lib.estimates import NotEnough
from retention_lib.models.steps import StepSurvival, hazard_peak, step_survival, weekly_hazard

DATES = {"data_from": date(2020, 1, 1), "new_from": date(2020, 5, 1), "end": date(2021, 1, 1)}


def episodes(*rows: tuple[int, int, bool, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["step", "days", "observed", "customers"])


def fitted(frame: pd.DataFrame) -> StepSurvival:
    result = step_survival(frame, **DATES)
    assert isinstance(result, StepSurvival), result
    return result


@pytest.mark.parametrize(
    ("data", "duration", "event"),
    [(load_waltons(), "T", "E"), (load_rossi(), "week", "arrest")],
    ids=["waltons", "rossi"],
)
def test_curve_and_band_are_those_of_lifelines_on_its_data(data: pd.DataFrame, duration: str, event: str) -> None:
    counted = data.groupby([duration, event]).size().reset_index(name="customers")
    counted = counted.rename(columns={duration: "days", event: "observed"}).assign(step=1).astype({"observed": bool})
    curve = fitted(counted).curves.set_index("days")
    oracle = KaplanMeierFitter().fit(data[duration], data[event])
    assert curve["survival"].to_numpy() == pytest.approx(oracle.survival_function_.iloc[:, 0].to_numpy(), abs=1e-9)
    bounds = oracle.confidence_interval_
    inner = ((curve["survival"] > 0) & (curve["survival"] < 1)).to_numpy()
    for place, name in enumerate(("low", "high")):
        assert curve[name].to_numpy()[inner] == pytest.approx(bounds.iloc[:, place].to_numpy()[inner], abs=1e-9)
    assert curve["at_risk"].to_numpy() == pytest.approx(oracle.event_table["at_risk"].to_numpy())


def test_a_step_by_hand() -> None:
    # Of 100, 20 return on day 10, 16 of the 80 left on day 60; 24 are seen until day 70, 40 until day 200.
    result = fitted(episodes((1, 10, True, 20), (1, 60, True, 16), (1, 70, False, 24), (1, 200, False, 40)))
    row = result.table.iloc[0]
    assert (row["customers"], row["events"], row["at_risk_90"]) == (100, 36, 40)
    assert [row["returned_30"], row["returned_90"], row["returned_180"]] == pytest.approx([0.2, 0.36, 0.36])
    assert pd.isna(row["median"])
    # log-log Greenwood by hand at day 30: log(-log .8) +- 1.96 sqrt(20 / (100 80)) / log .8
    spread = 1.959964 * math.sqrt(20 / (100 * 80)) / math.log(0.8)
    bounds = [1 - 0.8 ** math.exp(sign * spread) for sign in (1, -1)]
    assert [row["returned_30_low"], row["returned_30_high"]] == pytest.approx(sorted(bounds), abs=1e-6)


def test_a_horizon_nobody_was_seen_for_is_left_open() -> None:
    row = fitted(episodes((1, 10, True, 20), (1, 40, False, 20))).table.iloc[0]
    assert row["returned_30"] == pytest.approx(0.5)
    assert pd.isna(row["returned_90"])
    assert row["median"] == 10
    assert fitted(episodes((1, 10, True, 20), (1, 40, False, 20))).weakest is None


def test_the_weakest_step_is_the_one_with_the_lowest_share_by_day_90() -> None:
    first = [(1, 10, True, 300), (1, 200, False, 700)]
    second = [(2, 10, True, 180), (2, 200, False, 120)]
    third = [(3, 10, True, 130), (3, 200, False, 50)]
    result = fitted(episodes(*first, *second, *third))
    assert result.weakest == 1
    assert result.gap.value == pytest.approx(0.6 - 0.3)
    assert result.gap.claimed
    alike = fitted(episodes((1, 10, True, 50), (1, 200, False, 50), (2, 10, True, 26), (2, 200, False, 24)))
    assert alike.weakest == 1
    assert not alike.gap.claimed


def test_a_step_that_too_few_reached_is_left_out() -> None:
    result = fitted(episodes((1, 10, True, 29), (1, 200, False, 71), (2, 10, True, 9), (2, 200, False, 20)))
    assert result.table["step"].tolist() == [1]
    assert result.gap is None


def test_few_new_customers_say_which_history_it_takes() -> None:
    # 121 of 366 days pass before anybody counts as new; 10 came in the other 245, so 30 take 735.
    few = step_survival(episodes((1, 10, True, 10)), **DATES)
    assert few == NotEnough("history_for_new_customers", 366, 121 + 735)
    assert step_survival(episodes(), **DATES) == NotEnough("customers_known_as_new", 0, 30)
    short = step_survival(episodes(), **{**DATES, "end": date(2020, 4, 1)})
    assert short == NotEnough("history_for_new_customers", 91, 122)


def test_refusals_pass_through() -> None:
    nothing = NotEnough("observations", 1, 2)
    assert step_survival(nothing, **DATES) is nothing
    assert step_survival(episodes((1, 50, False, 40)), **DATES) == NotEnough("episodes_that_ended", 0, 1)


def test_weekly_hazard_by_hand() -> None:
    # Week 1: 10 of 100 buy, 20 are censored, so 90 count. Week 2: 7 of 70 buy, the last day of it included.
    weeks = weekly_hazard(episodes((1, 7, True, 10), (1, 3, False, 20), (1, 14, True, 7), (1, 15, False, 63)))
    assert weeks["week"].tolist() == [1, 2, 3]
    assert weeks["at_risk"].tolist() == [90, 70, 31.5]
    assert weeks["hazard"].tolist() == pytest.approx([10 / 90, 0.1, 0.0])


def waits(hazards: list[float], customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Episodes of customers who buy in week k with the k-th chance; who never does is seen for 300 days."""
    rows, left = [], customers
    for week, hazard in enumerate(hazards):
        bought = int(rng.binomial(left, hazard))
        rows.append((1, 7 * week + 4, True, bought))
        left -= bought
    return episodes(*rows, (1, 300, False, left))


def test_the_peak_is_the_week_in_which_the_chance_is_highest() -> None:
    hazards = [0.02, 0.03, 0.10, 0.10, 0.04, *[0.01] * 8]
    row = fitted(waits(hazards, 20_000, np.random.default_rng(1))).table.iloc[0]
    assert (row["peak_from"], row["peak_to"]) == (15, 28)
    assert row["peak_hazard_low"] < 0.10 < row["peak_hazard_high"]


def test_a_chance_that_may_still_rise_has_a_beginning_alone() -> None:
    rising = fitted(waits([*[0.01] * 11, 0.10, 0.20], 20_000, np.random.default_rng(1))).table.iloc[0]
    assert rising["peak_from"] == 85
    assert pd.isna(rising["peak_to"])
    assert rising["peak_hazard_low"] < 0.20 < rising["peak_hazard_high"]
    fallen = fitted(waits([*[0.01] * 11, 0.20, 0.10], 20_000, np.random.default_rng(1))).table.iloc[0]
    assert (fallen["peak_from"], fallen["peak_to"]) == (78, 84)


def test_a_flat_hazard_has_a_peak_in_about_one_of_twenty_stores() -> None:
    rng = np.random.default_rng(7)
    peaks = [hazard_peak(weekly_hazard(waits([0.05] * 13, 2_000, rng)))["peak_from"] is not None for _ in range(300)]
    # Two-sided 99.9 % binomial band of a share of .05 over 300 stores.
    assert 3 <= sum(peaks) <= 29
