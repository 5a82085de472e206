from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.estimates import NotEnough
from retention_lib.models.lapse import counted_quantile, lapse_window, past_cutoff, return_chance, window_days

NOTHING = NotEnough("observations", 1, 2)
CUTOFF = date(2017, 10, 1)

# Complete Journey at the end of 2017-09-30, next 90 days (counted outside the library): silent 29-42 days
# 129 households, 116 returned; more than 28 days 444, 336 returned.
RETURNS = pd.DataFrame(
    {
        "silence_days": [1, 14, 28, 29, 42, 43, 56, 84, 85, 200],
        "customers": [900, 500, 100, 100, 29, 60, 10, 94, 100, 51],
        "returned": [890, 490, 95, 90, 26, 48, 7, 78, 60, 27],
    }
)


def gaps(values: list[float], counts: list[int] | None = None, reached: list[bool] | None = None) -> pd.DataFrame:
    known = reached or [True] * len(values)
    return pd.DataFrame({"gap_p80": values, "reached": known, "customers": counts or [1] * len(values)})


@given(
    st.lists(st.tuples(st.floats(0.1, 1e4), st.integers(1, 20)), min_size=1, max_size=30),
    st.floats(0, 1),
)
def test_counted_quantile_is_numpys_on_the_expanded_vector(pairs: list[tuple[float, int]], share: float) -> None:
    values, counts = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    expected = np.quantile(np.repeat(values, counts), share)
    assert counted_quantile(values, counts, share=share) == pytest.approx(expected)


def test_window_takes_the_median_and_the_80th_percentile_of_customers() -> None:
    # 1..101 once each: median 51, 80th percentile 81, quartiles 26 and 76.
    window = lapse_window(gaps([float(day) for day in range(1, 102)]), customers_known=200)
    assert (window.at_risk_days, window.lapse_days) == (51, 81)
    assert (window.quartile_low, window.quartile_high) == (26.0, 76.0)
    assert (window.customers_judged, window.customers_outside) == (101, 99)
    assert window.share_outside.value == pytest.approx(0.495)
    assert window.at_risk.low < 51 < window.at_risk.high
    assert window.customers_unreached == 0


def test_window_is_a_gap_that_customers_have() -> None:
    # Half have 112 days and half 113: half of them pass no more than 112, and nobody has 112.5.
    window = lapse_window(gaps([112.0, 113.0], [20, 20]), customers_known=40)
    assert (window.at_risk_days, window.lapse_days) == (112, 113)


def test_window_counts_those_whose_rhythm_is_only_known_to_be_slower() -> None:
    # 40 customers of 10 days, 20 known to be slower than 15, 40 of 20, 10 of 30: after 15 days 50 are at risk, of whom
    # 40 have 20 days, so that 70/110 * 10/50 = .127 are slower than 20. The 80th percentile is 20.
    window = lapse_window(gaps([10, 15, 20, 30], [40, 20, 40, 10], [True, False, True, True]), customers_known=110)
    assert (window.at_risk_days, window.lapse_days) == (20, 20)
    assert (window.customers_judged, window.customers_unreached) == (110, 20)
    # Counting the 20 as if 15 were theirs, half of the customers would be at risk after 15 days.
    assert lapse_window(gaps([10, 15, 20, 30], [40, 20, 40, 10]), customers_known=110).at_risk_days == 15


def test_window_needs_the_rhythm_of_four_in_five() -> None:
    some = gaps([10.0, 200.0], [75, 25], [True, False])
    assert lapse_window(some, customers_known=100) == NotEnough("customers_with_known_rhythm", 75, 80)


def test_window_interval_covers_the_true_quantile() -> None:
    rng = np.random.default_rng(4)
    truth = np.exp(0.8416212)  # 80th percentile of a standard log-normal
    hits = []
    for sample in rng.lognormal(size=(800, 100)):
        lapse = lapse_window(gaps(sample.tolist()), customers_known=100).lapse
        hits.append(lapse.low <= truth <= lapse.high)
    assert 0.93 <= np.mean(hits) <= 0.985


def test_window_needs_thirty_customers() -> None:
    refusal = NotEnough("customers_with_three_gaps", 29, 30)
    assert lapse_window(gaps([7.0], [29]), customers_known=100) == refusal
    assert lapse_window(gaps([]), customers_known=0) == NotEnough("customers_with_three_gaps", 0, 30)


@pytest.mark.parametrize("gap", [float("nan"), 0.0, -3.0, float("inf")])
def test_window_refuses_impossible_gaps(gap: float) -> None:
    with pytest.raises(ValueError, match="gap_p80"):
        lapse_window(gaps([7.0, gap], [30, 1]), customers_known=40)


def test_window_refuses_more_judged_than_known() -> None:
    with pytest.raises(ValueError, match="0 <= successes <= base"):
        lapse_window(gaps([7.0], [40]), customers_known=30)


def test_return_chance_of_the_complete_journey() -> None:
    chance = return_chance(RETURNS, lapse_days=28, cutoff=CUTOFF)
    assert (chance.beyond.n, round(chance.beyond.value, 2)) == (444, 0.76)
    assert (chance.just_reached.n, round(chance.just_reached.value, 2)) == (129, 0.90)
    assert chance.word == "quiet"


def test_return_chance_bands_follow_each_other_and_hold_everybody() -> None:
    bands = return_chance(RETURNS, lapse_days=28, cutoff=CUTOFF).bands
    assert bands["silence_above"].tolist() == [0, 14, 28, 42, 56, 84]
    assert bands["silence_to"].tolist()[:-1] == [14, 28, 42, 56, 84]
    assert bands["silence_to"].isna().tolist() == [False] * 5 + [True]
    assert bands["customers"].sum() == RETURNS["customers"].sum()


def test_return_chance_says_lapsed_when_most_stay_away() -> None:
    returns = RETURNS.assign(returned=RETURNS["customers"] // 5)
    assert return_chance(returns, lapse_days=28, cutoff=CUTOFF).word == "lapsed"


@pytest.mark.parametrize(
    ("returned", "word"),
    [
        # Of 40 who lapsed in the month and 60 silent for longer. Wilson's interval of 40 in 100 is 30.9 to 49.8.
        ([19, 21], "lapsed"),
        ([19, 22], "quiet"),  # 41 in 100: 31.9 to 50.8
        ([20, 20], "quiet"),  # half of the latest come back
        ([40, 0], "quiet"),
        ([0, 60], "quiet"),
    ],
)
def test_lapsed_are_those_of_whom_neither_all_nor_the_latest_return(returned: list[int], word: str) -> None:
    frame = pd.DataFrame({"silence_days": [30, 400], "customers": [40, 60], "returned": returned})
    assert return_chance(frame, lapse_days=28, cutoff=CUTOFF).word == word


def test_fewer_than_thirty_just_lapsed_neither_have_a_share_nor_decide_the_word() -> None:
    frame = pd.DataFrame({"silence_days": [30, 400], "customers": [29, 71], "returned": [29, 0]})
    chance = return_chance(frame, lapse_days=28, cutoff=CUTOFF)
    assert chance.lapsed_in_month == NotEnough("customers_in_base", 29, 30)
    assert chance.just_reached == NotEnough("customers_in_base", 29, 30)
    assert chance.word == "lapsed"
    enough = return_chance(frame.assign(customers=[30, 71]), lapse_days=28, cutoff=CUTOFF)
    assert (enough.lapsed_in_month.n, enough.just_reached.n, enough.word) == (30, 30, "quiet")


def test_return_chance_without_anyone_just_past_the_window_refuses_that_figure_only() -> None:
    returns = RETURNS.loc[~RETURNS["silence_days"].between(29, 42)]
    chance = return_chance(returns, lapse_days=28, cutoff=CUTOFF)
    assert chance.just_reached == NotEnough("customers_in_base", 0, 30)
    assert chance.beyond.n == 315


def test_return_chance_needs_thirty_customers_beyond_the_window() -> None:
    refusal = NotEnough("customers_silent_beyond_window", 0, 30)
    assert return_chance(RETURNS, lapse_days=300, cutoff=CUTOFF) == refusal


def test_earlier_cutoffs_stand_beside_the_headline_and_few_customers_do_not() -> None:
    days = [date(2017, 7, 1), date(2017, 8, 1), date(2017, 9, 1)]
    earlier = pd.DataFrame({"cutoff": pd.to_datetime(days), "customers": [100, 29, 200], "returned": [80, 29, 150]})
    chance = return_chance(RETURNS, lapse_days=28, cutoff=CUTOFF, earlier=earlier)
    assert chance.earlier[["cutoff", "share"]].to_numpy().tolist() == [[days[0], 0.8], [days[2], 0.75]]
    table = chance.to_frame()
    assert table["cutoff"].tolist() == [CUTOFF] * 6 + [days[0], days[2]]
    assert table["silence_above"].tolist()[-2:] == [28, 28]
    assert table["silence_to"].isna().tolist()[-2:] == [True, True]
    assert chance.beyond == return_chance(RETURNS, lapse_days=28, cutoff=CUTOFF).beyond


def test_a_refusal_passes_through_unchanged() -> None:
    assert lapse_window(NOTHING, customers_known=3) is NOTHING
    assert return_chance(NOTHING, lapse_days=28, cutoff=CUTOFF) is NOTHING


def test_window_days_are_those_given_then_the_stores_own_then_thirty() -> None:
    window = lapse_window(gaps([20.0], [40]), customers_known=40)
    assert window_days(window, wanted="auto") == 20
    assert window_days(window, wanted=45) == 45
    assert window_days(NOTHING, wanted=45) == 45
    assert window_days(NOTHING, wanted="auto") == 30


@pytest.mark.parametrize(
    ("period_end", "horizon_days", "cutoff"),
    [
        (date(2018, 1, 1), 90, date(2017, 10, 1)),  # 3 October is the last day with 90 days after it
        (date(2018, 1, 1), 92, date(2017, 10, 1)),  # exactly October, November and December
        (date(2018, 1, 1), 93, date(2017, 9, 1)),
        (date(2020, 3, 1), 29, date(2020, 2, 1)),  # a leap year's February
        (date(2020, 3, 1), 7, date(2020, 2, 1)),
    ],
)
def test_past_cutoff_leaves_a_whole_horizon(period_end: date, horizon_days: int, cutoff: date) -> None:
    assert past_cutoff(period_end, horizon_days=horizon_days) == cutoff


# By hand: silent 29 to 59 days at the cut-off (28 days, then at most 31 more): 20 + 30 customers, 10 + 15 back
# for 300 + 200 of money; 60 days and 28 days belong to neither group.
MONEY = pd.DataFrame(
    {
        "silence_days": [28, 29, 59, 60],
        "customers": [500, 20, 30, 40],
        "returned": [400, 10, 15, 20],
        "spend": [9999.0, 300.0, 200.0, 7777.0],
    }
)


def test_return_chance_of_those_who_lapsed_in_the_month_before() -> None:
    chance = return_chance(MONEY, lapse_days=28, cutoff=CUTOFF)
    assert (chance.lapsed_in_month.n, chance.lapsed_in_month.value) == (50, 0.5)
    assert chance.beyond.n == 90
    assert chance.spend_a_returner == pytest.approx(500 / 25)


def test_spend_a_returner_is_missing_without_spend_or_without_returners() -> None:
    assert return_chance(MONEY.drop(columns="spend"), lapse_days=28, cutoff=CUTOFF).spend_a_returner is None
    nobody = MONEY.assign(returned=[400, 0, 0, 20])
    assert return_chance(nobody, lapse_days=28, cutoff=CUTOFF).spend_a_returner is None


def test_lapsed_in_month_without_anyone_refuses_that_figure_only() -> None:
    chance = return_chance(MONEY[MONEY["silence_days"] == 60], lapse_days=28, cutoff=CUTOFF)
    assert chance.lapsed_in_month == NotEnough("customers_in_base", 0, 30)
    assert chance.beyond.value == 0.5
