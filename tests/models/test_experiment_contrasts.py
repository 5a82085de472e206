"""Differences of weighted sums: against tea-tasting, least squares and the units themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lib.models.experiments.contrasts import ArmPair
from retention_lib.models.experiments.moments import moments_of


def users(seed: int = 42) -> pd.DataFrame:
    """tea-tasting's simulated users with what they did before."""
    frame = tt.make_users_data(rng=seed, n_users=2_000, covariates=True, return_type="pandas")
    return frame.assign(arm=frame["variant"].map({0: "none", 1: "mail"})).drop(columns=["variant", "user"])


def pair(frame: pd.DataFrame, covariate: str | None = None) -> ArmPair:
    return ArmPair(moments=moments_of(frame), arm="mail", control="none", covariate=covariate)


def of_tea_tasting(frame: pd.DataFrame, value: str, covariate: str | None = None) -> tt.metrics.MeanResult:
    named = frame.assign(variant=(frame["arm"] == "mail").astype(int)).drop(columns="arm")
    return tt.Experiment(metric=tt.Mean(value, covariate)).analyze(named)["metric"]


def test_a_plain_difference_is_tea_tastings() -> None:
    frame = users()
    found, oracle = pair(frame).difference({"revenue": 1.0}), of_tea_tasting(frame, "revenue")
    assert found.value == pytest.approx(oracle.effect_size, rel=1e-9)
    assert found.value - found.half(0.95) == pytest.approx(oracle.effect_size_ci_lower, rel=1e-9)
    assert found.p == pytest.approx(oracle.pvalue, rel=1e-9)


def test_an_adjusted_difference_is_tea_tastings_but_for_the_slope_between_the_arms() -> None:
    frame = users()
    found = pair(frame, "revenue_covariate").difference({"revenue": 1.0})
    oracle = of_tea_tasting(frame, "revenue", "revenue_covariate")
    assert found.value == pytest.approx(oracle.effect_size, rel=1e-3)
    width = (oracle.effect_size_ci_upper - oracle.effect_size_ci_lower) / 2
    assert found.half(0.95) == pytest.approx(width, rel=1e-4)
    assert found.error < pair(frame).difference({"revenue": 1.0}).error


def test_an_adjusted_difference_is_that_of_an_analysis_of_covariance() -> None:
    frame = users(7)
    columns = np.column_stack([np.ones(len(frame)), frame["arm"] == "mail", frame["revenue_covariate"]])
    fitted = np.linalg.lstsq(columns, frame["revenue"].to_numpy(), rcond=None)[0]
    sharp = pair(frame, "revenue_covariate")
    assert sharp.difference({"revenue": 1.0}).value == pytest.approx(fitted[1], rel=1e-9)
    assert sharp.slope({"revenue": 1.0}) == pytest.approx(fitted[2], rel=1e-9)


def test_a_weighted_sum_is_compared_as_if_it_were_a_column() -> None:
    frame = users(3)
    frame["net"] = 0.4 * frame["revenue"] - 2.0 * frame["orders"]
    sharp = pair(frame, "revenue_covariate")
    both = [sharp.difference(weights) for weights in ({"net": 1.0}, {"revenue": 0.4, "orders": -2.0})]
    assert both[1].value == pytest.approx(both[0].value, rel=1e-9)
    assert both[1].error == pytest.approx(both[0].error, rel=1e-9)
    assert both[1].freedom == pytest.approx(both[0].freedom, rel=1e-9)


def test_the_covariance_of_two_differences_is_that_of_the_units() -> None:
    frame = users(5)
    arms = [frame[frame["arm"] == name] for name in ("mail", "none")]
    by_hand = sum(np.cov(one["revenue"], one["orders"])[0, 1] / len(one) for one in arms)
    assert pair(frame).covariance({"revenue": 1.0}, {"orders": 1.0}) == pytest.approx(by_hand, rel=1e-9)


def test_a_column_that_never_varied_before_changes_nothing() -> None:
    frame = users().assign(before=3.0)
    plain, sharp = pair(frame).difference({"revenue": 1.0}), pair(frame, "before").difference({"revenue": 1.0})
    assert (sharp.value, sharp.error) == pytest.approx((plain.value, plain.error))


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(st.floats(-5, 5, allow_nan=False), min_size=3, max_size=3), seed=st.integers(0, 1_000))
def test_the_parts_of_a_sum_add_up_to_it(weights: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(60, 4)), columns=["a", "b", "c", "before"]).assign(arm=["mail", "none"] * 30)
    sharp, given_weights = pair(frame, "before"), dict(zip("abc", weights, strict=True))
    parts = [sharp.difference({name: weight}).value for name, weight in given_weights.items()]
    assert sum(parts) == pytest.approx(sharp.difference(given_weights).value, abs=1e-9)
