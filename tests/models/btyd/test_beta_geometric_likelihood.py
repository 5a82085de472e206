"""The likelihood of BG/NBD and MBG/NBD: against lifetimes and against differences of itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.btyd.histories import KEYS, cdnow_summary

from retention_lib.models.btyd.beta_geometric_likelihood import BetaGeometricLikelihood

FITTERS = {0: "BetaGeoFitter", 1: "ModifiedBetaGeoFitter"}


def likelihood(customers: pd.DataFrame, first: int) -> BetaGeometricLikelihood:
    x, t_x, age = (customers[key].to_numpy(dtype=float) for key in KEYS)
    return BetaGeometricLikelihood.of(x, t_x, age, np.ones(x.size), first=first)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return cdnow_summary()


LOGS = st.tuples(st.floats(-3, 2), st.floats(-1, 5), st.floats(-4, 3), st.floats(-3, 4))


@pytest.mark.parametrize("first", [0, 1])
@settings(max_examples=25, deadline=None)
@given(logs=LOGS)
def test_value_is_that_of_lifetimes(cdnow: pd.DataFrame, first: int, logs: tuple[float, ...]) -> None:
    import lifetimes

    columns = [cdnow[key].to_numpy(dtype=float) for key in KEYS]
    loss = getattr(lifetimes, FITTERS[first])._negative_log_likelihood(np.array(logs), *columns, np.ones(2357), 0.0)
    assert likelihood(cdnow, first)(np.array(logs)).value == pytest.approx(-loss, rel=1e-10)


@pytest.mark.parametrize("first", [0, 1])
@settings(max_examples=25, deadline=None)
@given(logs=LOGS)
def test_derivatives_are_those_of_differences(cdnow: pd.DataFrame, first: int, logs: tuple[float, ...]) -> None:
    surface, centre, step = likelihood(cdnow.iloc[:400], first), np.array(logs), 1e-5
    here = surface(centre)
    assert here.hessian is not None
    for i, axis in enumerate(step * np.eye(4)):
        ahead, behind = surface(centre + axis), surface(centre - axis)
        scale = max(1.0, abs(here.value))
        assert here.gradient[i] == pytest.approx((ahead.value - behind.value) / (2 * step), rel=1e-5, abs=1e-7 * scale)
        by_gradient = (ahead.gradient - behind.gradient) / (2 * step)
        assert here.hessian[i] == pytest.approx(by_gradient, rel=1e-5, abs=1e-7 * scale)


@pytest.mark.parametrize("first", [0, 1])
@settings(max_examples=60, deadline=None)
@given(
    x=st.integers(0, 5_000),
    share=st.floats(0, 1),
    age=st.floats(0, 10_000),
    logs=st.tuples(st.floats(-14, 14), st.floats(-14, 14), st.floats(-14, 14), st.floats(-14, 14)),
)
def test_derivatives_are_finite_for_every_customer(
    first: int, x: int, share: float, age: float, logs: tuple[float, ...]
) -> None:
    history = pd.DataFrame({"frequency": [x], "recency": [share * age if x else 0.0], "T": [age]})
    found = likelihood(history, first)(np.array(logs))
    assert np.isfinite(found.value)
    assert np.isfinite(found.gradient).all()
    assert found.hessian is not None
    assert np.isfinite(found.hessian).all()
