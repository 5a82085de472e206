"""What the store's past tests make of the belief: against brute force, known limits, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.prior import ProfitPrior, profit_prior


def past(profits: list[float], error: float = 2.0, *, tests: list[str] | None = None, **more: object) -> pd.DataFrame:
    """Past tests of customers who bring 50 when left alone."""
    names = tests or [f"test_{place}" for place in range(len(profits))]
    frame = pd.DataFrame({"test": names, "arm": "mail", "contacts": 5_000, "profit": profits})
    return frame.assign(**{"standard_error": error, "valid": True, "control_gross_profit": 50.0, **more})


def by_brute_force(shares: np.ndarray, noise: np.ndarray, mean: float, scale: float) -> tuple[float, float]:
    """Mean and standard deviation of the next one, by sums over a fine grid of middle and spread."""
    middles = np.linspace(mean - 4 * scale, mean + 4 * scale, 801)
    logs = np.linspace(-4, 4, 401)
    centre = np.sqrt(0.75 / np.exp(2 * 0.5**2))
    weights = np.zeros((len(logs), len(middles)))
    for row, log in enumerate(logs):
        spread = centre * scale * np.exp(0.5 * log)
        density = stats.multivariate_normal(np.zeros(len(shares)), noise + spread**2 * np.eye(len(shares)))
        likelihood = density.logpdf(shares - middles[:, None])
        weights[row] = likelihood - log**2 / 2 + stats.norm.logpdf(middles, mean, scale / 2)
    weights = np.exp(weights - weights.max())
    weights /= weights.sum()
    spreads = centre * scale * np.exp(0.5 * logs)
    found = (weights * middles).sum()
    return found, float(np.sqrt((weights * (spreads[:, None] ** 2 + (middles - found) ** 2)).sum()))


@pytest.mark.parametrize("rows", [None, NotEnough("past_tests", 1, 3), past([5.0, 5.0])])
def test_below_three_past_tests_the_belief_is_the_default(rows: pd.DataFrame | NotEnough | None) -> None:
    assert profit_prior(rows, mean=-0.1, scale=0.3) == ProfitPrior(mean=-0.1, sd=0.3, default_mean=-0.1, default_sd=0.3)


def test_past_tests_move_the_belief_as_brute_force_does() -> None:
    found = profit_prior(past([-4.0, -1.0, -6.0, 1.5]), mean=0.0, scale=0.2)
    shares, noise = np.array([-4.0, -1.0, -6.0, 1.5]) / 50, np.eye(4) * (2 / 50) ** 2
    mean, sd = by_brute_force(shares, noise, 0.0, 0.2)
    assert (found.mean, found.sd) == (pytest.approx(mean, abs=1e-4), pytest.approx(sd, rel=1e-3))
    assert (found.source, found.tests) == ("past_tests", 4)


def test_two_arms_of_a_test_share_half_of_their_errors() -> None:
    rows = past([-4.0, -1.0, -6.0, 1.5], tests=["one", "one", "two", "three"])
    shared = np.zeros((4, 4))
    shared[0, 1] = shared[1, 0] = 0.5
    noise = (np.eye(4) + shared) * (2 / 50) ** 2
    mean, sd = by_brute_force(rows["profit"].to_numpy() / 50, noise, 0.0, 0.2)
    found = profit_prior(rows, scale=0.2)
    assert (found.mean, found.sd) == (pytest.approx(mean, abs=1e-4), pytest.approx(sd, rel=1e-3))
    assert found.tests == 3


def test_rough_tests_leave_the_default_and_many_good_ones_replace_it() -> None:
    rough = profit_prior(past([5.0, -3.0, 8.0], error=5_000.0), mean=0.0, scale=0.2)
    assert (rough.mean, rough.sd) == (pytest.approx(0.0, abs=1e-3), pytest.approx(0.2, rel=1e-2))
    true = np.random.default_rng(1).normal(-0.1, 0.05, 400)
    many = profit_prior(past(list(50 * true), error=0.5), mean=0.0, scale=0.2)
    assert (many.mean, many.sd) == (pytest.approx(true.mean(), abs=0.005), pytest.approx(true.std(), rel=0.05))


def test_tests_that_cannot_be_believed_are_left_out() -> None:
    good = past([-4.0, -1.0, -6.0])
    bad = past([500.0, 500.0, 500.0], tests=["broken", "no_error", "no_sales"])
    bad = bad.assign(valid=[False, True, True], standard_error=[2.0, 0.0, 2.0], control_gross_profit=[50.0, 50.0, 0.0])
    assert profit_prior(pd.concat([good, bad])) == profit_prior(good)


def test_a_belief_is_told_in_money_of_the_test_at_hand() -> None:
    # 20 % of 50 is 10; Student's t with 4 degrees of freedom reaches 2.776 scales of 10 / sqrt(2).
    belief = ProfitPrior(mean=-0.1, sd=0.2).on(50.0)
    assert (belief.mean, belief.sd) == (-5.0, 10.0)
    assert belief.high == pytest.approx(-5 + 2.7764451 * 10 / np.sqrt(2))


def test_a_belief_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0, not 0"):
        profit_prior(None, scale=0)
