"""Trees that correct a purchase model: paces by hand, and customers whose pace changed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.past import EPOCH

from retention_lib.estimates import NotEnough
from retention_lib.models.boosting import LEARNED_ON, activity, fit_boosting
from retention_lib.models.season import Clock

UNTIL = date(2024, 7, 1)
LAST = (UNTIL - EPOCH).days - 1


def histories(size: int, seed: int = 0) -> pd.DataFrame:
    """Customers a year old with twelve purchases each, some of them silent for long."""
    rng = np.random.default_rng(seed)
    silence = rng.integers(0, 120, size)
    rows = pd.DataFrame({"first_day": LAST - 364, "last_day": LAST - silence, "frequency": 12})
    for days in (30, 90, 180):
        rows[f"purchases_{days}"] = rng.integers(0, days // 15, size) * (silence < days)
    return rows


def test_paces_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "first_day": [LAST - 59, LAST - 9],
            "last_day": [LAST - 10, LAST - 9],
            "frequency": [5, 0],
            "purchases_30": [3, 1],
            "purchases_90": [6, 1],
            "purchases_180": [6, 1],
        }
    )
    found = activity(rows, UNTIL, Clock(unit_days=7))
    assert found["recency"].tolist() == [7, 0]
    assert found["T"].tolist() == pytest.approx([59 / 7, 9 / 7])
    # Six purchases in sixty days make three in thirty; the other one is only ten days old
    assert found["pace_30"].tolist() == pytest.approx([(3 + 1) / (3 + 1), (1 + 1) / (1 + 1)])
    assert found["pace_90"].tolist() == pytest.approx([(6 + 1) / (6 + 1), 1])


def test_silence_is_learned_and_the_level_is_not() -> None:
    rows = activity(histories(4000), UNTIL, Clock(unit_days=7))
    expected = np.full(len(rows), 2.0)
    silent = (rows["T"] - rows["recency"]).to_numpy() > 60 / 7
    rng = np.random.default_rng(1)
    # Everybody buys half as much again as the model thinks; the silent a tenth of that.
    bought = rng.poisson(np.where(silent, 0.3, 3.0)).astype(float)
    trees = fit_boosting(rows, expected, bought, horizon=13.0)
    other = activity(histories(4000, seed=9), UNTIL, Clock(unit_days=7))
    ratios = trees.ratios(other, expected)
    quiet = (other["T"] - other["recency"]).to_numpy() > 60 / 7
    assert ratios[quiet].mean() < 0.35 * ratios[~quiet].mean()
    assert ratios.mean() == pytest.approx(1.0, abs=0.05)


def test_the_same_data_give_the_same_trees_and_no_more_than_fifty_thousand_rows_are_learned() -> None:
    rows = activity(histories(LEARNED_ON + 2000), UNTIL, Clock(unit_days=7))
    expected = np.full(len(rows), 1.0)
    bought = np.random.default_rng(2).poisson(1.0, len(rows)).astype(float)
    beyond = bought.copy()
    beyond[LEARNED_ON:] = 50.0
    one, other = (fit_boosting(rows, expected, each, horizon=13.0) for each in (bought, beyond))
    assert one.ratios(rows.head(500), expected[:500]).tolist() == other.ratios(rows.head(500), expected[:500]).tolist()


def test_refusals() -> None:
    rows = activity(histories(199), UNTIL, Clock())
    assert fit_boosting(rows, np.ones(199), np.ones(199), horizon=91) == NotEnough("boosting_customers", 199, 200)
    rows = activity(histories(300), UNTIL, Clock())
    assert isinstance(fit_boosting(rows, np.ones(300), np.zeros(300), horizon=91), NotEnough)


def test_clock_alone_gives_no_paces_where_recent_purchases_are_not_known() -> None:
    rows = histories(3)[["first_day", "last_day", "frequency"]]
    assert "pace_30" not in activity(rows, UNTIL, Clock())
