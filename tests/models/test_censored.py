from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.censored import censored_quantile, survival_steps

ROWS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9), st.booleans()), min_size=1, max_size=25)


def arrays(rows: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, counts, observed = zip(*rows, strict=True)
    return np.array(values, dtype=float), np.array(counts), np.array(observed)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_the_curve_and_its_band_are_those_of_lifelines(rows: list[tuple[int, int, bool]]) -> None:
    values, counts, observed = arrays(rows)
    fitter = KaplanMeierFitter().fit(values, observed, weights=counts)
    steps = survival_steps(values, counts, observed)
    at = steps["value"].to_numpy()
    assert steps["survival"].to_numpy() == pytest.approx(fitter.survival_function_.iloc[:, 0].loc[at].to_numpy())
    band = fitter.confidence_interval_.loc[at].to_numpy()
    inside = (steps["survival"] > 0) & (steps["survival"] < 1)
    assert steps.loc[inside, ["low", "high"]].to_numpy() == pytest.approx(band[inside.to_numpy()])


def test_the_median_and_its_interval_are_those_of_lifelines() -> None:
    rng = np.random.default_rng(3)
    true, ends = rng.exponential(30, 200).round() + 1, rng.uniform(10, 90, 200).round()
    values, observed = np.minimum(true, ends), true <= ends
    fitter = KaplanMeierFitter().fit(values, observed)
    bounds = median_survival_times(fitter.confidence_interval_).iloc[0]
    found = censored_quantile(values, np.ones(200, dtype=int), observed, share=0.5)
    assert isinstance(found, Estimate)
    assert found.value == fitter.median_survival_time_
    assert (found.low, found.high) == tuple(bounds)


def test_a_quantile_by_hand() -> None:
    # 1, 2, 3+, 4, 5: survival .8, .6, .6, .3, 0.
    values, counts, observed = arrays([(1, 1, True), (2, 1, True), (3, 1, False), (4, 1, True), (5, 1, True)])
    assert survival_steps(values, counts, observed)["survival"].tolist() == pytest.approx([0.8, 0.6, 0.6, 0.3, 0.0])
    assert [censored_quantile(values, counts, observed, share=share).value for share in (0.2, 0.5, 0.8)] == [1, 4, 5]


@given(ROWS, st.sampled_from([0.25, 0.5, 0.8]))
@settings(max_examples=60, deadline=None)
def test_without_censoring_it_is_the_inverse_of_the_counted_shares(
    rows: list[tuple[int, int, bool]], share: float
) -> None:
    values, counts, _ = arrays(rows)
    found = censored_quantile(values, counts, np.ones(len(values), dtype=bool), share=share)
    expected = np.quantile(np.repeat(values, counts), share, method="inverted_cdf")
    assert found.value == expected
    assert found.low <= found.value <= found.high


def test_a_quantile_that_nobody_reaches_is_refused() -> None:
    values, counts, observed = arrays([(5, 75, True), (9, 25, False)])
    assert censored_quantile(values, counts, observed, share=0.8) == NotEnough("values_seen_to_quantile", 75, 100)


def test_an_interval_without_an_upper_end_has_none() -> None:
    values, counts, observed = arrays([(5, 78, True), (8, 4, True), (9, 18, False)])
    found = censored_quantile(values, counts, observed, share=0.8)
    assert (found.value, found.low, found.high) == (8.0, 5.0, None)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_interval_covers_the_true_quantile(share: float) -> None:
    """Exponential values of mean 1, a third of them censored, 100 customers, 1,000 times."""
    rng = np.random.default_rng(11)
    truth, hits = -np.log(1 - share), []
    for _ in range(1000):
        true, ends = rng.exponential(1, 100), rng.exponential(2, 100)
        values, observed = np.minimum(true, ends), true <= ends
        found = censored_quantile(values, np.ones(100, dtype=int), observed, share=share)
        if isinstance(found, Estimate):
            hits.append(found.low <= truth and (found.high is None or truth <= found.high))
    assert len(hits) > 950
    assert 0.93 <= np.mean(hits) <= 0.985
