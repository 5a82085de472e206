from __future__ import annotations

import numpy as np
import pytest

from retention_lib.models.arm_means import ArmMeans, arm_means


def difference(found: ArmMeans) -> tuple[float, float, float]:
    contrast = found.contrast(np.array([-1.0]), np.array([1.0]))
    return contrast.value, contrast.error, contrast.p


@pytest.fixture
def shop() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    known = rng.gamma(1.0, 1.0, (400, 2))
    treated = rng.random(400) < 0.4
    outcomes = rng.poisson(known[:, 0] * np.where(treated, 1.3, 1.0)) + known[:, 1]
    return {"known": known, "treated": treated, "outcomes": outcomes[:, None].astype(float)}


def test_without_adjustment_it_is_welch(shop: dict[str, np.ndarray]) -> None:
    from scipy.stats import ttest_ind

    y, treated = shop["outcomes"][:, 0], shop["treated"]
    value, error, p = difference(arm_means(shop["outcomes"], treated, np.arange(400)))
    by_scipy = ttest_ind(y[treated], y[~treated], equal_var=False)
    assert value == pytest.approx(y[treated].mean() - y[~treated].mean())
    assert value / error == pytest.approx(by_scipy.statistic)
    assert p == pytest.approx(by_scipy.pvalue)


def test_adjusted_it_is_the_regression_with_interactions_and_hc2(shop: dict[str, np.ndarray]) -> None:
    from statsmodels.api import OLS

    centred = shop["known"] - shop["known"].mean(axis=0)
    arm = shop["treated"].astype(float)[:, None]
    design = np.hstack([np.ones((400, 1)), arm, centred, arm * centred])
    fit = OLS(shop["outcomes"][:, 0], design).fit(cov_type="HC2")
    value, error, _ = difference(arm_means(shop["outcomes"], shop["treated"], np.arange(400), known=shop["known"]))
    assert (value, error) == pytest.approx((fit.params[1], fit.bse[1]))


def test_errors_of_a_cluster_are_added_up_by_hand() -> None:
    # Treated 1, 3 in one household and 5, 7 in another: mean 4, residuals -3 -1 1 3, each over 4 and by sqrt(4 / 3):
    # households -1 and +1 times that, so a variance of 2 * 4 / 3. Those left out are all alike.
    outcomes = np.array([1.0, 3, 5, 7, 2, 2, 2, 2])[:, None]
    clusters = np.array([0, 0, 1, 1, 2, 3, 4, 5])
    value, error, _ = difference(arm_means(outcomes, np.arange(8) < 4, clusters))
    assert value == 2
    assert error**2 == pytest.approx(8 / 3)


def test_a_household_in_both_arms_shares_its_errors() -> None:
    # Pairs that move together in both arms: the difference is always 1, whatever the pair.
    level = np.repeat([0.0, 10, 20, 30], 2)
    treated = np.tile([True, False], 4)
    value, error, _ = difference(arm_means((level + treated)[:, None], treated, np.repeat(np.arange(4), 2)))
    assert value == pytest.approx(1)
    assert error == pytest.approx(0, abs=1e-9)


def test_columns_that_cannot_be_carried_are_left_out(shop: dict[str, np.ndarray]) -> None:
    treated = shop["treated"]
    useless = np.column_stack([np.ones(400), treated, shop["known"]])  # nothing varies, or nothing within an arm
    found = arm_means(shop["outcomes"], treated, np.arange(400), known=useless)
    wanted = arm_means(shop["outcomes"], treated, np.arange(400), known=shop["known"])
    assert found.columns == 2
    assert difference(found) == pytest.approx(difference(wanted))
    few = np.r_[np.flatnonzero(treated)[:30], np.flatnonzero(~treated)[:30]]  # 30 an arm carry one column
    assert arm_means(shop["outcomes"][few], treated[few], np.arange(60), known=shop["known"][few]).columns == 1


def test_columns_that_say_the_same_change_nothing(shop: dict[str, np.ndarray]) -> None:
    twice = np.hstack([shop["known"], shop["known"]])
    once = arm_means(shop["outcomes"], shop["treated"], np.arange(400), known=shop["known"])
    again = arm_means(shop["outcomes"], shop["treated"], np.arange(400), known=twice)
    assert difference(again)[:2] == pytest.approx(difference(once)[:2])


def test_what_does_not_vary_has_no_error_and_shows_nothing() -> None:
    found = arm_means(np.ones((10, 1)), np.arange(10) < 5, np.arange(10))
    assert difference(found) == (pytest.approx(0), 0, 1)
