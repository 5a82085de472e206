"""Holdout and tracking on the real CDNOW files, and by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retention_lib.models.backtest import NAIVE, Holdout, best_of, holdout, tracking
from retention_lib.models.btyd import BetaGeometric, fit_bg_nbd, fit_mbg_nbd
from retention_lib.models.estimates import NotEnough

KEYS = ["frequency", "recency", "T"]
FIRST, LAST = pd.Timestamp("1997-01-01"), pd.Timestamp("1997-09-30")


def purchase_days(name: str, columns: list[str]) -> pd.DataFrame:
    """Customers' purchase days of a file in lifetimes; zero amounts are purchases, as in the published studies."""
    folder = Path(importlib.util.find_spec("lifetimes").submodule_search_locations[0]) / "datasets"
    skip = 1 if name == "CDNOW_master.txt" else 0
    rows = pd.read_csv(folder / name, sep=r"\s+", skiprows=skip, names=columns, dtype=str)
    days = pd.DataFrame({"customer": rows[columns[0]], "day": pd.to_datetime(rows["day"], format="%Y%m%d")})
    return days.drop_duplicates()


def histories(days: pd.DataFrame) -> pd.DataFrame:
    """Frequency, recency and T in days at 1997-09-30, and the purchases after it, a customer."""
    past = days[days["day"] <= LAST].groupby("customer")["day"].agg(["min", "max", "count"])
    later = days[days["day"] > LAST].groupby("customer").size()
    return pd.DataFrame(
        {
            "frequency": past["count"] - 1,
            "recency": (past["max"] - past["min"]).dt.days,
            "T": (LAST - past["min"]).dt.days,
            "holdout_purchases": later.reindex(past.index, fill_value=0),
        }
    )


def counted(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.groupby(keys).size().reset_index(name="customers")


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return purchase_days("CDNOW_master.txt", ["customer", "day", "quantity", "amount"])


@pytest.fixture(scope="module")
def models(days: pd.DataFrame) -> list[BetaGeometric]:
    counts = counted(histories(days), KEYS)
    return [fit_bg_nbd(counts), fit_mbg_nbd(counts)]


def test_whole_cdnow_file_gives_the_reference_errors(days: pd.DataFrame, models: list[BetaGeometric]) -> None:
    # Computed once with lifetimes on all 23,570 customers, days, 273-day holdout
    customers = counted(histories(days), [*KEYS, "holdout_purchases"])
    found = holdout(customers, models, holdout_length=273)
    assert isinstance(found, Holdout)
    assert (found.customers, found.actual) == (23_570, 19_684)
    bg = models[0]
    assert (bg.r, bg.alpha, bg.a, bg.b) == pytest.approx((0.252, 33.52, 0.723, 2.161), rel=2e-3)
    table = found.table.set_index("model")
    assert table["total_error"].to_dict() == pytest.approx(
        {"BG/NBD": -0.143, "MBG/NBD": -0.191, NAIVE: 0.474}, abs=6e-4
    )
    assert table["mean_absolute_error"].to_dict() == pytest.approx(
        {"BG/NBD": 0.819, "MBG/NBD": 0.795, NAIVE: 1.038}, abs=6e-4
    )
    assert found.best == "BG/NBD"
    assert found.beats_naive
    assert found.total_error == pytest.approx(-0.143, abs=6e-4)


def test_sample_by_past_frequency_is_that_of_the_btyd_walkthrough() -> None:
    # BTYD walkthrough, 2,357 customers, 39 weeks and 39 weeks; expected repeats of BG/NBD
    customers = histories(purchase_days("CDNOW_sample.txt", ["customer", "sample", "day", "quantity", "amount"]))
    customers[["recency", "T"]] /= 7
    found = holdout(
        counted(customers, [*KEYS, "holdout_purchases"]), [fit_bg_nbd(counted(customers, KEYS))], holdout_length=39
    )
    table = found.by_frequency
    assert table["frequency"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert table["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    expected = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert table["actual"].tolist() == pytest.approx(actual, abs=6e-4)
    assert table["expected"].tolist() == pytest.approx(expected, abs=2e-3)


def test_tracking_follows_the_calibration_period(days: pd.DataFrame, models: list[BetaGeometric]) -> None:
    index = (days["day"] - FIRST).dt.days
    birth = index.groupby(days["customer"]).min()
    births = birth.value_counts().rename_axis("birth_day_index").reset_index(name="customers")
    repeats = index[index > days["customer"].map(birth)].value_counts()
    purchases = repeats.rename_axis("day_index").reset_index(name="repeat_purchases")
    found = tracking(births, purchases, models[1], unit_days=1, calibration_days=273, total_days=546).table
    assert found["week"].tolist() == list(range(1, 79))
    assert found["holdout"].sum() == 39
    assert found["cumulative_actual"].iloc[-1] == len(days) - days["customer"].nunique()
    end = found[~found["holdout"]].iloc[-1]
    assert end["cumulative_expected"] == pytest.approx(end["cumulative_actual"], rel=0.05)


def hand_model(name: str = "MBG/NBD") -> BetaGeometric:
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return BetaGeometric(name=name, r=0.5, alpha=20.0, a=1.5, b=2.0, log_likelihood=0.0, covariance=zeros, customers=1)


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


CUSTOMERS = pd.DataFrame(
    {
        "frequency": [0, 3, 0],
        "recency": [0.0, 20.0, 0.0],
        "T": [30.0, 30.0, 0.0],
        "holdout_purchases": [0, 2, 1],
        "customers": [60, 30, 10],
    }
)


def test_naive_rate_by_hand() -> None:
    # 30 customers at 3 in 30 days make 3 each in 30 days: 90 against 30 * 2 + 10 = 70; errors 0, 1, 1
    table = holdout(CUSTOMERS, [hand_model()], holdout_length=30).table.set_index("model")
    assert table.loc[NAIVE].tolist() == pytest.approx([90, 70, 90 / 70 - 1, 0.4])
    expected = hand_model().conditional_expected_purchases([0, 3, 0], [0, 20, 0], [30, 30, 0], 30)
    assert table.loc["MBG/NBD", "expected"] == pytest.approx(expected @ [60, 30, 10])


def test_refusals() -> None:
    refusal = NotEnough("repeat_customers", 3, 30)
    few = CUSTOMERS.assign(customers=[10, 10, 9])
    none = CUSTOMERS.assign(holdout_purchases=0)
    assert holdout(CUSTOMERS, [refusal], holdout_length=30) is refusal
    assert holdout(refusal, [hand_model()], holdout_length=30) is refusal
    assert holdout(CUSTOMERS, [], holdout_length=30) == NotEnough("purchase_models", 0, 1)
    assert holdout(few, [hand_model()], holdout_length=30) == NotEnough("holdout_customers", 29, 30)
    assert holdout(none, [hand_model()], holdout_length=30) == NotEnough("holdout_purchases", 0, 1)
    assert holdout(CUSTOMERS, [refusal, hand_model()], holdout_length=30).best == "MBG/NBD"
    empty = pd.DataFrame({"birth_day_index": [], "customers": []})
    assert tracking(empty, empty, refusal, unit_days=1, calibration_days=7, total_days=14) is refusal


def test_frame_holds_a_row_a_model() -> None:
    frame = holdout(CUSTOMERS, [hand_model()], holdout_length=30).to_frame().set_index("model")
    assert frame["actual"].tolist() == [70, 70]
    assert np.isfinite(frame["total_error"]).all()


def test_best_of_takes_the_kind_the_backtest_found_best() -> None:
    bg, mbg = hand_model("BG/NBD"), hand_model("MBG/NBD")
    refusal = NotEnough("repeat_customers", 3, 30)
    judged = holdout(CUSTOMERS, [bg, mbg], holdout_length=30)
    # By the table itself: the smaller absolute total error.
    errors = judged.table.set_index("model")["total_error"].abs().drop(NAIVE)
    later = {"BG/NBD": hand_model("BG/NBD"), "MBG/NBD": hand_model("MBG/NBD")}
    assert best_of(judged, list(later.values())) is later[errors.idxmin()]
    other = later[errors.idxmax()]
    assert best_of(judged, [refusal, other]) is other
    assert best_of(refusal, [refusal, mbg, bg]) is mbg
    assert best_of(judged, [refusal]) is refusal
    assert best_of(judged, []) == NotEnough("purchase_models", 0, 1)


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
