from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons

from retention_lib.estimates import NotEnough
from retention_lib.models.survival import time_to_purchase


def episodes(days: list[float], observed: list[bool], customers: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"days": days, "observed": observed, "customers": customers})


def test_curve_on_counted_rows_is_lifelines_on_expanded_rows() -> None:
    waltons = load_waltons()
    counted = waltons.groupby(["T", "E"]).size().reset_index(name="customers")
    counted = counted.rename(columns={"T": "days", "E": "observed"}).astype({"observed": bool})
    result = time_to_purchase(counted, horizons=(30, 60))
    oracle = KaplanMeierFitter().fit(waltons["T"], waltons["E"])
    bounds = oracle.confidence_interval_.to_numpy()
    at_risk = oracle.event_table["at_risk"].to_numpy()
    assert result.curve["survival"].to_numpy() == pytest.approx(oracle.survival_function_.iloc[:, 0].to_numpy())
    inner = (result.curve["survival"] > 0) & (result.curve["survival"] < 1)
    assert result.curve.loc[inner, "low"].to_numpy() == pytest.approx(bounds[inner, 0])
    assert result.curve.loc[inner, "high"].to_numpy() == pytest.approx(bounds[inner, 1])
    assert result.curve["at_risk"].to_numpy() == pytest.approx(at_risk)
    assert result.median_days == oracle.median_survival_time_
    assert result.returned.loc[0, "share"] == pytest.approx(1 - oracle.predict(30))
    assert (result.customers, result.events) == (len(waltons), int(waltons["E"].sum()))


def test_curve_by_hand() -> None:
    # 40 episodes: 10 end on day 5; 10 are censored on day 7; then 10 of 20 end on day 20.
    result = time_to_purchase(
        episodes([5, 7, 20, 30], [True, False, True, False], [10, 10, 10, 10]), horizons=(6, 20, 30, 31)
    )
    by_day = result.curve.set_index("days")["survival"]
    assert by_day[5] == pytest.approx(0.75)
    assert by_day[20] == pytest.approx(0.375)
    assert result.median_days == 20
    assert result.returned["days"].tolist() == [6, 20, 30]  # nobody was watched for 31 days
    assert result.returned["share"].tolist() == pytest.approx([0.25, 0.625, 0.625])


def test_curve_never_holds_nan() -> None:
    everyone = time_to_purchase(episodes([5, 9], [True, True], [20, 20]), horizons=(5, 400))
    assert not everyone.curve.isna().any().any()
    assert everyone.returned["share"].tolist() == [0.5, 1.0]
    assert ((everyone.returned["low"] <= everyone.returned["share"]) & (everyone.returned["high"] <= 1)).all()


def test_median_is_none_when_fewer_than_half_return() -> None:
    result = time_to_purchase(episodes([5, 90], [True, False], [10, 40]))
    assert result.median_days is None
    assert result.returned["share"].tolist() == pytest.approx([0.2, 0.2, 0.2])


def test_few_episodes_are_not_enough() -> None:
    assert time_to_purchase(episodes([5, 9], [True, False], [10, 19])) == NotEnough("episodes", 29, 30)
    assert time_to_purchase(episodes([], [], [])) == NotEnough("episodes", 0, 30)


def test_no_purchase_at_all_is_not_enough() -> None:
    assert time_to_purchase(episodes([5], [False], [90])) == NotEnough("episodes_that_ended", 0, 1)


def test_impossible_lengths_are_refused() -> None:
    for days in (-1.0, np.nan):
        with pytest.raises(ValueError, match="0 days or more"):
            time_to_purchase(episodes([days, 4], [True, True], [30, 30]))


def test_a_refusal_passes_through_unchanged() -> None:
    nothing = NotEnough("observations", 1, 2)
    assert time_to_purchase(nothing) is nothing
