"""Stacked effects from sums against regressions with fixed effects by pyfixest, by hand, and in simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyfixest.estimation import feols, fepois

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.stacked import (
    Contrasts,
    Stacks,
    additive_change,
    relative_contrasts,
    stacks_of,
)

WEEKS = list(range(-6, 4))


def drawn(rng: np.random.Generator, *, households: int = 240, effect: float = 0.0, stacks: int = 2) -> pd.DataFrame:
    """Households bought from by chance, some heavily; those left alone are controls in every stack."""
    level = rng.gamma(1.2, 12, households)
    rows = []
    for stack in range(stacks):
        treated = np.arange(households) % 6 == stack
        alone = np.arange(households) % 6 >= stacks
        season = np.exp(rng.normal(0, 0.3, len(WEEKS)))
        for household in np.flatnonzero(treated | alone):
            mean = level[household] * season * (1 + 0.8 * treated[household])
            mean = mean * np.where(np.array(WEEKS) >= 0, 1 + effect * treated[household], 1)
            bought = rng.poisson(mean / 15) * rng.gamma(2, 7.5, len(WEEKS))
            rows.append([stack, bool(treated[household]), household, 1, *bought])
    names = [f"before_{-week}" if week < 0 else f"after_{week}" for week in WEEKS]
    return pd.DataFrame(rows, columns=["stack", "treated", "cluster", "units", *names])


def long(stacks: Stacks) -> pd.DataFrame:
    """Household-weeks for pyfixest."""
    parts = [
        pd.DataFrame(
            {
                "unit": stacks.stack * 10_000 + stacks.cluster,
                "household": stacks.cluster,
                "week": stacks.stack * 100 + week + 50,
                "did": (stacks.treated & (week >= 0)).astype(float),
                "lead": (stacks.treated & (week < -3)).astype(float),
                "sales": stacks.sales[:, place],
            }
        )
        for place, week in enumerate(stacks.week)
    ]
    return pd.concat(parts).dropna()


@pytest.fixture(scope="module")
def two() -> Stacks:
    sums = drawn(np.random.default_rng(1), effect=0.3)
    sums.loc[sums["stack"] == 1, ["before_6", "after_3"]] = np.nan  # the second campaign is seen for less long
    return stacks_of(sums, {0: "A", 1: "B"})


def found(contrasts: Contrasts | NotEnough) -> Contrasts:
    assert isinstance(contrasts, Contrasts)
    return contrasts


@pytest.mark.filterwarnings("ignore:.*removed because of separation")
def test_the_relative_effect_is_that_of_poisson_regression_with_fixed_effects(two: Stacks) -> None:
    design = np.column_stack([two.week >= 0, two.week < -3]).astype(float)
    ours = found(relative_contrasts(two, design))
    oracle = fepois("sales ~ did + lead | unit + week", data=long(two), vcov={"CRV1": "household"})
    assert ours.values == pytest.approx(oracle.coef()[["did", "lead"]].to_numpy(), abs=1e-7)
    # pyfixest scales the errors by (N - 1) / (N - k) as well, and leaves out who never bought before counting.
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(oracle.se()[["did", "lead"]].to_numpy(), rel=0.005)


def test_the_additive_effect_is_that_of_least_squares_with_fixed_effects(two: Stacks) -> None:
    ours = found(additive_change(two))
    oracle = feols("sales ~ did | unit + week", data=long(two), vcov={"CRV1": "household"})
    assert ours.values[0] == pytest.approx(oracle.coef()["did"], abs=1e-9)
    assert np.sqrt(ours.covariance[0, 0]) == pytest.approx(oracle.se()["did"], rel=0.01)


def test_one_campaign_is_a_ratio_of_ratios_and_a_difference_of_differences() -> None:
    # Treated 10 a week before and 18 after, controls 20 and 24: 1.8 / 1.2 = 1.5; 8 - 4 = 4.
    rows = [(0, True, 1, 1, 8, 14), (0, True, 2, 1, 12, 22), (0, False, 3, 1, 30, 30), (0, False, 4, 1, 10, 18)]
    sums = pd.DataFrame(rows, columns=["stack", "treated", "cluster", "units", "before_1", "after_0"])
    stacks = stacks_of(sums, {0: "A"})
    ratio = found(relative_contrasts(stacks, np.array([[0.0], [1.0]])))
    assert np.exp(ratio.values[0]) == pytest.approx(1.5)
    assert found(additive_change(stacks)).values[0] == pytest.approx(4.0)
    # Each adds (after / 36 - before / 20) or (after / 48 - before / 40) to the logarithm; four clusters, 4 / 3.
    scores = [14 / 36 - 8 / 20, 22 / 36 - 12 / 20, 30 / 48 - 30 / 40, 18 / 48 - 10 / 40]
    assert ratio.covariance[0, 0] == pytest.approx(4 / 3 * sum(score**2 for score in scores))


def test_households_put_together_give_the_same_effects() -> None:
    sums = drawn(np.random.default_rng(3), households=1_200)
    weeks = [name for name in sums if name.startswith(("before_", "after_"))]
    grouped = sums.assign(cluster=sums["cluster"] // 6 % 100).groupby(["stack", "treated", "cluster"], as_index=False)
    together = grouped[["units", *weeks]].sum()
    one, many = (stacks_of(frame, {0: "A", 1: "B"}) for frame in (sums, together))
    design = (one.week >= 0).astype(float)[:, None]
    for fit in (additive_change, lambda stacks: relative_contrasts(stacks, design)):
        alone, clustered = found(fit(one)), found(fit(many))
        assert clustered.values[0] == pytest.approx(alone.values[0])
        assert np.sqrt(clustered.covariance[0, 0]) == pytest.approx(np.sqrt(alone.covariance[0, 0]), rel=0.25)
    assert found(additive_change(many)).clusters == 100


def test_refunds_may_outweigh_the_sales_of_a_week() -> None:
    sums = drawn(np.random.default_rng(4))
    sums.loc[sums["treated"], "before_2"] = -1.0
    stacks = stacks_of(sums, {0: "A", 1: "B"})
    assert np.isfinite(found(relative_contrasts(stacks, (stacks.week >= 0).astype(float)[:, None])).values).all()


def test_sales_that_nobody_makes_are_refused() -> None:
    sums = drawn(np.random.default_rng(5))
    weeks = [name for name in sums if name.startswith(("before_", "after_"))]
    design = np.array([[float(week >= 0)] for week in WEEKS])
    sums.loc[sums["treated"], weeks] = 0.0
    assert relative_contrasts(stacks_of(sums, {0: "A"}), design) == NotEnough("sales_variation", 0, 1)
    same = stacks_of(sums.assign(**dict.fromkeys(weeks, 1.0)), {0: "A"})
    assert relative_contrasts(same, design) == NotEnough("sales_variation", 0, 1)
    assert additive_change(same) == NotEnough("sales_variation", 0, 1)


def test_true_effects_are_covered_and_nothing_is_found_where_there_is_none() -> None:
    # 60 panels of 40 treated and 160 controls in each of two stacks: at 95 % fewer than 52 of 60 once in 300 times.
    covered, joint = 0, 0
    for seed in range(60):
        stacks = stacks_of(drawn(np.random.default_rng(100 + seed), effect=0.2), {0: "A", 1: "B"})
        effect = found(relative_contrasts(stacks, (stacks.week >= 0).astype(float)[:, None])).estimate()
        covered += effect.low < np.log(1.2) < effect.high
        before = stacks.between(-6, 0)
        design = np.column_stack([(-1 - before.week) // 2 == block for block in (1, 2)]).astype(float)
        p = found(relative_contrasts(before, design)).joint_p()
        joint += p is not None and p < 0.05
    assert covered >= 52
    assert joint <= 8
