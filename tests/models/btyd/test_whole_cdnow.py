"""All customers of CDNOW, in days, against what lifetimes gives for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from models.btyd.histories import KEYS, distinct, lifetimes_dataset

from retention_lib.models.btyd import BetaGeometric, fit_bg_nbd, fit_mbg_nbd

CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLDOUT_DAYS = 273


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Purchase days, rows of amount 0 included, to 1997-09-30, and those of the 273 days after it."""
    names = ["customer", "day", "discs", "amount"]
    rows = pd.read_csv(lifetimes_dataset("CDNOW_master.txt"), sep=r"\s+", names=names, skiprows=1, dtype={"day": str})
    days = rows.assign(day=pd.to_datetime(rows["day"])).drop_duplicates(["customer", "day"])
    before = days[days["day"] <= CALIBRATION_END].groupby("customer")["day"].agg(["min", "max", "size"])
    later = days[days["day"] > CALIBRATION_END].groupby("customer").size()
    return pd.DataFrame(
        {
            "frequency": before["size"] - 1,
            "recency": (before["max"] - before["min"]).dt.days,
            "T": (CALIBRATION_END - before["min"]).dt.days,
            "later": later.reindex(before.index, fill_value=0),
        }
    ).astype(float)


def test_histories_are_those_that_were_counted(customers: pd.DataFrame) -> None:
    assert len(customers) == 23_570
    assert customers["later"].sum() == 19_684


@pytest.mark.parametrize(
    ("fit", "total_error", "mean_error"), [(fit_bg_nbd, -0.143, 0.819), (fit_mbg_nbd, -0.191, 0.795)]
)
def test_holdout_errors_are_those_of_lifetimes(
    customers: pd.DataFrame, fit: Callable[[pd.DataFrame], BetaGeometric], total_error: float, mean_error: float
) -> None:
    model = fit(distinct(customers))
    expected = model.conditional_expected_purchases(*(customers[key] for key in KEYS), HOLDOUT_DAYS)
    assert expected.sum() / customers["later"].sum() - 1 == pytest.approx(total_error, abs=5e-4)
    assert np.abs(expected - customers["later"]).mean() == pytest.approx(mean_error, abs=5e-4)


def test_bg_nbd_parameters_are_those_of_lifetimes(customers: pd.DataFrame) -> None:
    model = fit_bg_nbd(distinct(customers))
    assert [model.r, model.alpha, model.a, model.b] == pytest.approx([0.252, 33.52, 0.723, 2.161], rel=5e-3)
