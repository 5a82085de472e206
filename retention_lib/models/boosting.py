"""A learning challenger of the purchase models: trees that correct one of them by what customers did of late.

The trees are trained on the window before: what a purchase model would have expected of each customer then, against
what followed. They learn the ratio of the two (Poisson loss, the model's expectation as exposure), from numbers that
mean the same at every age of a store: the silence and the recent purchases against the customer's own pace. So a
customer base that grows older does not lead them astray, as it does trees that learn counts. What they learn is who
buys more and who less; the level stays the model's, since that of one window carries over to the next badly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.season import Clock, with_columns

RECENT_DAYS = (30, 90, 180)
LEARNED_ON = 50_000
"""Rows of the window before that the trees see at most: the first, which are in an order by chance."""

NEEDED_ROWS = 200
TREES, RATE, LEAVES = 40, 0.06, 6
RIDGE = 400.0
"""A leaf is believed like one that had so many purchases more, all as the model expects."""

BINS = 32
_LEAST_EXPECTED = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Boosting:
    """Trees that say by how much a customer buys more than a purchase model expects.

    Attributes:
        trees: The fitted scikit-learn regressor.
        edges: Where each number that the trees look at is cut into bins.
        level: Mean ratio over the window learned, which is taken off.
        horizon: Length of the window it learned, in the model's units.
    """

    trees: Any
    edges: tuple[np.ndarray, ...]
    level: float
    horizon: float

    def ratios(self, rows: pd.DataFrame, expected: np.ndarray) -> np.ndarray:
        """Purchases to be expected over those that the purchase model expects.

        Args:
            rows: Histories from `activity`.
            expected: What the model expects of each row in `horizon`.
        """
        # More than one thread would wait for each other at every tree where the machine is busy.
        with _threads().limit(limits=1):
            told = self.trees.predict(_binned(_features(rows, expected, self.horizon), self.edges))
        return np.asarray(told / self.level)


def activity(rows: pd.DataFrame, until: date, clock: Clock) -> pd.DataFrame:
    """Histories with their times, and recent purchases against the customer's own pace.

    Args:
        rows: From `measures.histories`.
        until: First day that is not known.
        clock: The store's clock.

    Returns:
        The rows with `recency` and `T` as of `Clock.histories` and, where `purchases_30` and its like are known,
        `pace_30`, ...: (purchases in the time + 1) / (those that the customer's mean pace would have brought + 1).
    """
    told = clock.histories(rows, until)
    age, purchases = told["T"].to_numpy(dtype=float), rows["frequency"].to_numpy(dtype=float) + 1
    day = 1 / clock.unit_days
    paces = {}
    for days in RECENT_DAYS:
        if f"purchases_{days}" in rows:
            length = float(clock.ahead(until - timedelta(days=days), [until])[0])
            usual = purchases * np.minimum(1.0, length / (age + day))
            paces[f"pace_{days}"] = (rows[f"purchases_{days}"].to_numpy(dtype=float) + 1) / (usual + 1)
    return with_columns(told, paces)


def fit_boosting(
    rows: pd.DataFrame, expected: np.ndarray, bought: np.ndarray, *, horizon: float
) -> Boosting | NotEnough:
    """Learn on the window before.

    Args:
        rows: Histories at its cut-off, from `activity`.
        expected: What a purchase model expects of each row in the window.
        bought: What followed.
        horizon: Length of the window in the model's units.

    Returns:
        The trees; `NotEnough` under 200 customers ("boosting_customers").
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    if len(rows) < NEEDED_ROWS or not (bought > 0).any():
        return NotEnough("boosting_customers", len(rows), NEEDED_ROWS)
    rows, exposure = rows.iloc[:LEARNED_ON], np.maximum(expected[:LEARNED_ON], _LEAST_EXPECTED)
    features = _features(rows, exposure, horizon)
    inner = np.arange(1, BINS) / BINS
    # scikit-learn's own bins of weighted rows take many times as long as the trees.
    edges = tuple(np.unique(np.quantile(feature, inner)) for feature in features)
    binned = _binned(features, edges)
    trees = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=TREES,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=max(40, len(rows) // 200),
        l2_regularization=RIDGE,
        early_stopping=False,
        random_state=0,
    )
    with _threads().limit(limits=1):
        # A count of mean ratio * exposure: the ratio observed, weighted by the exposure, has the same likelihood.
        trees.fit(binned, bought[:LEARNED_ON] / exposure, sample_weight=exposure)
        level = float(np.average(trees.predict(binned), weights=exposure))
    return Boosting(trees=trees, edges=edges, level=level, horizon=horizon)


@lru_cache(maxsize=1)
def _threads() -> Any:
    """The libraries that start threads, looked for once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _binned(features: list[np.ndarray], edges: tuple[np.ndarray, ...]) -> np.ndarray:
    """The numbers as their bins, rows by numbers."""
    return np.column_stack([np.searchsorted(cuts, each) for cuts, each in zip(edges, features, strict=True)])


def _features(rows: pd.DataFrame, expected: np.ndarray, horizon: float) -> list[np.ndarray]:
    """What the trees look at: expected pace ahead, silence in own purchases, recent paces, all on the log scale."""
    frequency, recency, age = (rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    pace = np.log(np.maximum(expected, _LEAST_EXPECTED) / horizon)
    silence = np.log1p((age - recency) / np.maximum(age, 1e-9) * (frequency + 1))
    recent = [np.log(rows[f"pace_{days}"].to_numpy(dtype=float)) for days in RECENT_DAYS]
    return [pace, silence, *recent]
