from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.proportion import proportion_confint

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.hits import HitCounts, RebuyCounts
from retention_lib.models.actions.hits import HitRates, Ranking, hit_rates, ranking

COUNTS = HitCounts(
    both=500,
    ranked_only=300,
    popular_only=100,
    neither=100,
    ranked_bought=3_000,
    popular_bought=1_500,
    nameable=1_140,
    active=1_200,
    named=60,
    products=240,
    cut=date(2026, 6, 1),
    until=date(2026, 7, 1),
    learned_on=date(2026, 5, 2),
)


def rebuys(seed: int = 0, rows: int = 30, *, share: float = 0.2) -> RebuyCounts:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"times": rng.integers(0, 3, rows), "quiet": rng.integers(0, 4, rows)})
    table = table.drop_duplicates().sort_values(["times", "quiet"], ignore_index=True)
    table["pairs"] = rng.integers(200, 400, len(table))
    chance = share * (1 + table["times"]) / 3
    table["bought"] = rng.binomial(table["pairs"], chance)
    return RebuyCounts(table=table, cut=date(2026, 5, 2), customers=500)


def chances(result: Ranking, table: pd.DataFrame) -> pd.Series:
    points = result.table.set_index(["trait", "class"])["points"]
    odds = points["all", 0]
    for name in ("times", "quiet"):
        odds = odds + table[name].map(points[name])
    return 1 / (1 + np.exp(-odds))


def test_the_ranking_is_the_ridge_regression_of_sklearn() -> None:
    counts = rebuys()
    result = ranking(counts)
    assert isinstance(result, Ranking)
    table = counts.table
    dummies = pd.get_dummies(table[["times", "quiet"]].astype(str)).to_numpy(dtype=float)
    x = np.vstack([dummies, dummies])
    y = np.repeat([1, 0], len(table))
    weights = np.concatenate([table["bought"], table["pairs"] - table["bought"]])
    oracle = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(x, y, sample_weight=weights)
    np.testing.assert_allclose(chances(result, table), oracle.predict_proba(dummies)[:, 1], atol=2e-5)
    assert (result.pairs, result.bought) == (table["pairs"].sum(), table["bought"].sum())


def test_the_chances_add_up_to_what_was_bought() -> None:
    counts = rebuys(3)
    result = ranking(counts)
    assert isinstance(result, Ranking)
    assert (chances(result, counts.table) * counts.table["pairs"]).sum() == pytest.approx(
        counts.table["bought"].sum(), rel=1e-4
    )


def test_a_class_in_which_nothing_was_bought_keeps_a_small_chance() -> None:
    counts = rebuys(1)
    table = counts.table.assign(bought=counts.table["bought"].where(counts.table["times"] > 0, 0))
    result = ranking(replace(counts, table=table))
    assert isinstance(result, Ranking)
    assert chances(result, table).between(1e-4, 1).all()


def test_too_little_bought_again_is_said() -> None:
    counts = rebuys()
    few = replace(counts, table=counts.table.assign(bought=0))
    assert ranking(few) == NotEnough("products_bought_again", 0, 50)
    refusal = NotEnough("rebuy_days", 100, 150)
    assert ranking(refusal) is refusal


def test_rates_by_hand() -> None:
    found = hit_rates(COUNTS)
    assert isinstance(found, HitRates)
    assert (found.replenishment.value, found.popularity.value) == (0.8, 0.6)
    wilson = proportion_confint(800, 1_000, method="wilson")
    assert (found.replenishment.low, found.replenishment.high) == pytest.approx(wilson)
    assert found.gain.value == pytest.approx(1 / 3)
    spread = 1.959964 * math.sqrt((300 + 100) / (800 * 600))
    assert found.gain.low == pytest.approx(4 / 3 * math.exp(-spread) - 1, rel=1e-5)
    assert found.gain.high == pytest.approx(4 / 3 * math.exp(spread) - 1, rel=1e-5)
    assert (found.replenishment_precision, found.popularity_precision) == (0.3, 0.15)
    assert (found.coverage.value, found.catalogue, found.named) == (0.95, 0.25, 10)
    assert found.replenishment.n == found.gain.n == 1_000
    assert "gain" in found.to_frame()["figure"].tolist()


def test_the_interval_of_the_ratio_covers_it() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.25, 0.1, 0.15])  # the true ratio is 0.75 / 0.6
    covered = 0
    for both, ranked, popular, neither in rng.multinomial(400, shares, 1_500):
        counts = replace(COUNTS, both=both, ranked_only=ranked, popular_only=popular, neither=neither)
        found = hit_rates(counts)
        assert isinstance(found, HitRates)
        covered += bool(found.gain.low <= 0.25 <= found.gain.high)
    assert covered / 1_500 == pytest.approx(0.95, abs=0.015)


def test_too_few_customers_and_no_hits_are_said() -> None:
    few = replace(COUNTS, both=10, ranked_only=5, popular_only=4, neither=3)
    assert hit_rates(few) == NotEnough("customers_judged", 22, 30)
    none = replace(COUNTS, both=0, popular_only=0)
    assert hit_rates(none) == NotEnough("popular_hits", 0, 1)
    refusal = NotEnough("rebuy_days", 100, 150)
    assert hit_rates(refusal) is refusal
