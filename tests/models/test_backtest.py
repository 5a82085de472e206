"""The choice among forecasts on past days: by hand, on the real CDNOW files, and blind to the last holdout."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from models.past import cdnow_days, shop, window, windows

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest import Backtest, backtest, forecast_ahead, rule, tracking
from retention_lib.models.backtest_plan import Plan, plan
from retention_lib.models.btyd import BetaGeometric, ParetoNBD
from retention_lib.models.forecasts import AVERAGE, CANDIDATES, NAIVE, known
from retention_lib.models.season import Clock, day_number, seasonal_index
from retention_lib.models.spend import expected_spend_model

WEEKS = Clock(unit_days=7)
START, END = date(2024, 1, 1), date(2025, 2, 4)
FIRST = (date(1997, 1, 1) - date(1970, 1, 1)).days


def judged(days: pd.DataFrame, made: Plan, *, clock: Clock = WEEKS) -> Backtest:
    found = backtest(windows(days, made), plan=made, clock=clock)
    assert isinstance(found, Backtest)
    return found


@cache
def of_cdnow() -> Backtest:
    """The whole file with zero amounts as purchases, calibrated to 1997-09-30."""
    return judged(cdnow_days(), plan(date(1997, 1, 1), date(1998, 7, 1), 273))


@cache
def of_shop() -> Backtest:
    return judged(shop(1), plan(START, END, 91))


def test_plan_by_hand() -> None:
    made = plan(date(1997, 1, 1), date(1998, 7, 1), 273)
    # 273 days before 1997-10-01: windows of 68, 17 days apart, the last one ending there; 68 + 34 days before each
    assert made.last_cutoff == date(1997, 10, 1)
    assert (made.horizon_days, made.last_horizon_days, made.learned_days) == (68, 273, 136)
    assert made.cutoffs[-1] == date(1997, 10, 1) - timedelta(days=68)
    assert made.cutoffs[0] == date(1997, 1, 1) + timedelta(days=103)
    assert {(later - earlier).days for earlier, later in zip(made.cutoffs, made.cutoffs[1:], strict=False)} == {17}
    assert len(made.cutoffs) == 7
    table = made.windows
    assert table["cutoff"].iloc[-1] == made.last_cutoff
    assert not table.duplicated().any()
    assert (date(1997, 5, 18), 136) in list(table.itertuples(index=False, name=None))
    assert (date(1998, 6, 1), 30) in list(table.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("history", "holdout", "horizon", "step", "cutoffs"),
    [
        (2000, 90, 90, 90, 8),  # room for windows that do not overlap
        (1000, 273, 181, 45, 7),
        (203, 91, 28, 7, 7),  # 112 days before: windows of 28, the shortest
        (202, 91, 0, 0, 0),
    ],
)
def test_plan_follows_the_history(history: int, holdout: int, horizon: int, step: int, cutoffs: int) -> None:
    made = plan(START, START + timedelta(days=history), holdout)
    assert len(made.cutoffs) == cutoffs
    for day in made.cutoffs:
        assert day + timedelta(days=horizon) <= made.last_cutoff
        assert (day - START).days >= horizon + horizon // 2
    if cutoffs:
        assert made.horizon_days == horizon
        assert (made.cutoffs[1] - made.cutoffs[0]).days == step


def test_the_choice_sees_no_day_of_a_last_month_that_is_longer_than_the_holdout() -> None:
    made = plan(START, date(2026, 2, 1), 28)
    assert (made.last_cutoff, made.month) == (date(2026, 1, 4), date(2026, 1, 1))
    assert made.cutoffs[-1] + timedelta(days=made.horizon_days) == made.month


TRIED = pd.DataFrame(
    [
        ("2024-01-01", "BG/NBD", 1.0, 0.5),
        ("2024-02-01", "BG/NBD", 2.0, -0.5),
        ("2024-01-01", "MBG/NBD", 1.21, 0.1),
        ("2024-02-01", "MBG/NBD", 1.0, -0.3),
        ("2024-01-01", "boosting", 1.21, 0.1),
        ("2024-02-01", "boosting", 1.001, -0.1),
        ("2024-01-01", NAIVE, 0.5, 0.0),
        ("2024-02-01", NAIVE, 0.5, 0.0),
    ],
    columns=["cutoff", "candidate", "mean_absolute_error", "total_error"],
)


def test_rule_by_hand() -> None:
    found = rule(TRIED).set_index("candidate")
    # Against the lowest, 1 at either cut-off, the second weighing twice: MBG 1.21^(1/3), boosting a trifle more
    assert found["mae_ratio"].to_dict() == pytest.approx(
        {
            "BG/NBD": 2 ** (2 / 3),
            "MBG/NBD": 1.21 ** (1 / 3),
            "boosting": 1.21 ** (1 / 3) * 1.001 ** (2 / 3),
            NAIVE: 0.5,
        }
    )
    assert found["total_error_median"].tolist() == pytest.approx([0.5, 0.2, 0.1, 0.0])
    # Boosting is within 0.25 % of MBG and errs less in total; the naive rate does not compete.
    assert found.index[found["chosen"]].tolist() == ["boosting"]


def test_rule_leaves_out_what_could_not_be_made_everywhere_and_takes_the_earlier_of_equals() -> None:
    missing = TRIED[~((TRIED["candidate"] == "boosting") & (TRIED["cutoff"] == "2024-01-01"))]
    found = rule(missing).set_index("candidate")
    assert np.isnan(found.loc["boosting", "mae_ratio"])
    assert found.index[found["chosen"]].tolist() == ["MBG/NBD"]
    equal = TRIED.assign(mean_absolute_error=1.0, total_error=0.1)
    assert rule(equal).loc[lambda rows: rows["chosen"], "candidate"].tolist() == ["BG/NBD"]


def test_whole_cdnow_file_gives_the_reference_errors() -> None:
    # Computed once with lifetimes on all 23,570 customers, days, 273-day holdout
    found = of_cdnow()
    assert (found.customers, found.actual) == (23_570, 19_684)
    table = found.table.set_index("candidate")
    models = ["BG/NBD", "MBG/NBD", "Pareto/NBD", NAIVE]
    assert table.loc[models, "total_error"].tolist() == pytest.approx([-0.143, -0.191, -0.129, 0.474], abs=6e-4)
    assert table.loc[models, "mean_absolute_error"].tolist() == pytest.approx([0.819, 0.795, 0.794, 1.038], abs=6e-4)
    assert found.beats_naive


def test_cdnow_is_forecast_as_well_as_by_the_best_candidate() -> None:
    found = of_cdnow()
    assert tuple(found.table["candidate"]) == CANDIDATES
    single = found.table[found.table["candidate"].isin(["BG/NBD", "MBG/NBD", "Pareto/NBD", "boosting"])]
    assert found.mean_absolute_error <= 1.01 * single["mean_absolute_error"].min()
    assert abs(found.total_error) <= 0.15
    assert found.total_error_median <= 0.10
    assert len(found.cutoffs) >= 5


def test_sample_by_past_frequency_is_that_of_the_btyd_walkthrough() -> None:
    # BTYD walkthrough, 2,357 customers, 39 weeks and 39 weeks; expected repeats of Pareto/NBD
    made = plan(date(1997, 1, 1), date(1998, 7, 1), 273)
    found = judged(cdnow_days("CDNOW_sample.txt"), made)
    assert found.chosen == "Pareto/NBD"
    table = found.by_frequency
    assert table["frequency"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert table["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    expected = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    assert table["actual"].tolist() == pytest.approx(actual, abs=6e-4)
    assert table["expected"].tolist() == pytest.approx(expected, abs=2e-3)


def test_result_is_of_one_piece() -> None:
    found = of_shop()
    errors, table = found.errors, found.table.set_index("candidate")
    assert table["chosen"].sum() == 1
    assert found.chosen == table.index[table["chosen"]].item()
    assert errors["last"].tolist() == [False] * len(found.cutoffs) + [True]
    assert errors["cutoff"].tolist() == [*found.cutoffs, found.last_cutoff]
    assert found.expected == errors["expected"].iloc[-1] == table.loc[found.chosen, "expected"]
    assert found.total_error == pytest.approx(found.expected / found.actual - 1)
    assert found.total_error_median == pytest.approx((errors["expected"] / errors["actual"] - 1).abs().median())
    assert errors["expected_revenue"].isna().all()
    assert errors["actual_revenue"].tolist() == pytest.approx((10 * errors["actual"]).tolist())
    assert [each.cutoff for each in found.judged] == errors["cutoff"].tolist()
    for each, error in zip(found.judged, errors.to_dict("records"), strict=True):
        assert each.forecast.expected_by(each.rows, [each.horizon]).sum() == pytest.approx(error["expected"])
    mean = found.by_frequency
    assert (mean["customers"] * mean["expected"]).sum() == pytest.approx(found.expected)
    assert found.to_frame() is found.table


def test_naive_rate_by_hand() -> None:
    rows = of_shop().judged[-1].rows
    pace = (rows["frequency"] / rows["T"]).where(rows["T"] > 0, 0.0)
    naive = of_shop().candidates.query("last and candidate == @NAIVE").iloc[0]
    assert naive["expected"] == pytest.approx((pace * 13).sum())  # 91 days are 13 weeks
    assert naive["mean_absolute_error"] == pytest.approx((pace * 13 - rows["holdout_purchases"]).abs().mean())
    miss = pace * 13 - rows["holdout_purchases"]
    assert naive["root_mean_squared_error"] == pytest.approx(float(np.sqrt((miss**2).mean())))
    assert naive["rank_correlation"] == pytest.approx(pace.corr(rows["holdout_purchases"], method="spearman"))


def test_nothing_after_the_last_cut_off_has_a_part_in_the_choice() -> None:
    made = plan(START, END, 91)
    cut = (made.last_cutoff - date(1970, 1, 1)).days
    rng = np.random.default_rng(5)
    seen = shop(1)[lambda days: days["day"] < cut]
    customers = seen["customer"].unique()
    # Everybody comes back on thirty days of the holdout.
    more = pd.DataFrame(
        {"customer": np.repeat(customers, 30), "day": cut + rng.integers(0, 91, 30 * customers.size)}
    ).drop_duplicates()
    other = judged(pd.concat([seen, more], ignore_index=True), made)
    found = of_shop()
    assert other.chosen == found.chosen
    columns = ["candidate", "mae_ratio", "total_error_median", "chosen"]
    pd.testing.assert_frame_equal(other.table[columns], found.table[columns])
    assert other.expected == pytest.approx(found.expected)
    assert other.actual > 10 * found.actual


def test_a_season_makes_the_forecasts_of_a_seasonal_store_better() -> None:
    start, end = date(2024, 1, 1), date(2027, 1, 1)
    made = plan(start, end, 91)
    days = shop(7, customers=900, days=(end - start).days, leaving=0.001)
    born = days.groupby("customer")["day"].transform("min")
    month = pd.to_datetime(days["day"], unit="D").dt.month
    # Of the purchases from January to June after the first one every other is not made.
    kept = (days["day"] == born) | (month > 6) | (np.random.default_rng(1).random(len(days)) < 0.5)
    days, born = days[kept], born[kept]
    repeats = (days["day"][days["day"] > born] - day_number(start)).value_counts()
    counted = repeats.rename_axis("day_index").reset_index(name="repeat_purchases")
    index = seasonal_index(window(days, end, 1), counted, start=start, until=end)
    plain, seasonal = (
        judged(days, made, clock=Clock.of(each, unit_days=7)) for each in (NotEnough("none", 0, 1), index)
    )
    assert seasonal.total_error_median < 0.6 * plain.total_error_median
    assert seasonal.judged[0].horizon != seasonal.judged[2].horizon


def test_revenue_is_forecast_where_a_spend_model_is_given() -> None:
    days, made = shop(1), plan(START, END, 91)
    histories = windows(days, made)
    amount = np.random.default_rng(3).gamma(20, 0.5, len(histories))
    histories["monetary_value"] = np.where(histories["frequency"] > 0, amount, 0.0)
    histories["net"] = 0.9 * histories["paid"]
    found = backtest(histories, plan=made, clock=WEEKS, spend_model=expected_spend_model)
    assert isinstance(found, Backtest)
    ratio = found.errors["expected_revenue"] / found.errors["expected"]
    # Purchases of 10 in the mean, of which refunds leave nine tenths
    assert ratio.tolist() == pytest.approx([9.0] * len(ratio), rel=0.05)
    assert found.judged[0].money.kept_share == pytest.approx(0.9)


def test_weights_count_as_customers() -> None:
    days, made = shop(2, customers=300), plan(START, END, 91)
    histories = windows(days, made)
    found, doubled = (
        backtest(histories.assign(weight=weight), plan=made, clock=WEEKS).candidates for weight in (1.0, 2.0)
    )
    for name in ("expected", "actual", "customers"):
        assert doubled[name].tolist() == pytest.approx((2 * found[name]).tolist(), rel=1e-4)
    same = doubled["mean_absolute_error"] - found["mean_absolute_error"]
    assert same.abs().max() < 1e-3


def test_refusals() -> None:
    short = plan(START, START + timedelta(days=150), 91)
    days, made = shop(1), plan(START, END, 91)
    histories = windows(days, made)
    assert backtest(windows(days, short), plan=short, clock=WEEKS) == NotEnough("backtest_days", 59, 112)
    few = histories.groupby(["cutoff", "horizon_days"]).head(29)
    assert backtest(few, plan=made, clock=WEEKS) == NotEnough("holdout_customers", 29, 30)
    none = histories.assign(holdout_purchases=0.0)
    assert backtest(none, plan=made, clock=WEEKS) == NotEnough("holdout_purchases", 0, 1)
    once = histories.assign(frequency=0, last_day=histories["first_day"])
    assert backtest(once, plan=made, clock=WEEKS) == NotEnough("repeat_customers", 0, 30)


def test_today_the_chosen_is_learned_again() -> None:
    days, made, found = shop(1), plan(START, END, 91), of_shop()
    histories = windows(days, made)
    today = known(window(days, END, 1), END, WEEKS)
    forecast = forecast_ahead(found, today, histories, plan=made)
    assert forecast.name == found.chosen
    expected = forecast.expected_by(today.rows, [13.0, 26.0])
    assert np.isfinite(expected).all()
    assert (np.diff(expected, axis=1) >= 0).all()
    refused = NotEnough("backtest_days", 59, 112)
    assert forecast_ahead(refused, today, histories, plan=made).name == AVERAGE
    nobody = known(window(days, END, 1).assign(frequency=0), END, WEEKS)
    assert forecast_ahead(found, nobody, histories, plan=made) == NotEnough("repeat_customers", 0, 30)
    assert forecast_ahead(found, known(refused, END, WEEKS), histories, plan=made) is refused
    assert forecast_ahead(found, today, refused, plan=made) is refused
    assert backtest(refused, plan=made, clock=WEEKS) is refused


def hand_model(name: str = "MBG/NBD") -> BetaGeometric:
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return BetaGeometric(name=name, r=0.5, alpha=20.0, a=1.5, b=2.0, log_likelihood=0.0, covariance=zeros, customers=1)


def test_tracking_follows_the_calibration_period() -> None:
    days = cdnow_days()
    index = days["day"] - FIRST
    birth = index.groupby(days["customer"]).min()
    births = birth.value_counts().rename_axis("birth_day_index").reset_index(name="customers")
    repeats = index[index > days["customer"].map(birth)].value_counts()
    purchases = repeats.rename_axis("day_index").reset_index(name="repeat_purchases")
    forecast = of_cdnow().last_forecast
    assert isinstance(forecast.models[0], ParetoNBD)
    found = tracking(births, purchases, forecast, unit_days=7, calibration_days=273, total_days=546).table
    assert found["week"].tolist() == list(range(1, 79))
    assert found["holdout"].sum() == 39
    assert found["cumulative_actual"].iloc[-1] == len(days) - days["customer"].nunique()
    end = found[~found["holdout"]].iloc[-1]
    assert end["cumulative_expected"] == pytest.approx(end["cumulative_actual"], rel=0.05)


def test_tracking_adds_new_customers_expectations_by_hand() -> None:
    births = pd.DataFrame({"birth_day_index": [0, 9], "customers": [10, 4]})
    purchases = pd.DataFrame({"day_index": [3, 7, 13, 14], "repeat_purchases": [2, 1, 1, 9]})
    model = hand_model()
    found = tracking(births, purchases, model, unit_days=7, calibration_days=7, total_days=16).table
    # Ages on the last days 6 and 13: 6 and 13 days of the ten, 4 days of the four; the third week is cut.
    after = [10 * model.expected_purchases(6 / 7), 10 * model.expected_purchases(13 / 7)]
    after[1] = after[1] + 4 * model.expected_purchases(4 / 7)
    assert found["actual"].tolist() == [2, 2]
    assert found["cumulative_actual"].tolist() == [2, 4]
    assert found["cumulative_expected"].tolist() == pytest.approx([float(at) for at in after])
    assert found["expected"].sum() == pytest.approx(float(after[1]))
    assert found["holdout"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("calibration_days", "total_days", "weeks"),
    [
        (7, 14, [False, True]),
        (14, 21, [False, False, True]),
        (10, 21, [False, False, True]),  # the second week begins in the calibration
        (6, 28, None),  # no whole week before
        (14, 20, None),  # no whole week after
        (10, 17, None),  # seven days after, but no week that begins after the calibration
        (10, 20, None),
    ],
)
def test_tracking_needs_a_whole_week_on_each_side(
    calibration_days: int, total_days: int, weeks: list[bool] | None
) -> None:
    births = pd.DataFrame({"birth_day_index": [0], "customers": [10]})
    purchases = pd.DataFrame({"day_index": [3], "repeat_purchases": [2]})
    found = tracking(
        births, purchases, hand_model(), unit_days=7, calibration_days=calibration_days, total_days=total_days
    )
    if weeks is None:
        assert found == NotEnough("holdout_weeks", 0, 1)
    else:
        assert found.table["holdout"].tolist() == weeks
    refusal = NotEnough("repeat_customers", 3, 30)
    assert tracking(births, purchases, refusal, unit_days=1, calibration_days=7, total_days=14) is refusal
