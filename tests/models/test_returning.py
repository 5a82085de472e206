from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.lapse import return_chance
from retention_lib.models.returning import returns_by_purchases

NOTHING = NotEnough("observations", 1, 2)
CUTOFF = date(2017, 10, 1)
# Silence, least and most purchases, customers, returned; a window of 28 days.
ROWS = [
    (10, 1, 1, 50, 20),
    (28, 10, None, 60, 55),
    (29, 1, 1, 40, 8),
    (42, 10, None, 30, 27),
    (43, 10, None, 20, 15),
    (100, 1, 1, 60, 6),
]


def returns(rows: list[tuple[int, int, int | None, int, int]]) -> pd.DataFrame:
    columns = ["silence_days", "purchases_from", "purchases_to", "customers", "returned"]
    return pd.DataFrame(rows, columns=columns).astype({"purchases_to": "Int64"})


FRAME = returns(ROWS)
CHANCE = return_chance(FRAME, lapse_days=28, cutoff=CUTOFF)


def test_cells_and_classes_by_hand() -> None:
    found = returns_by_purchases(FRAME, chance=CHANCE)
    cells = found.cells[["purchases_from", "silence_above", "customers", "returned", "thin"]]
    assert cells.to_numpy().tolist() == [
        [1, 0, 50, 20, False],
        [1, 28, 40, 8, False],
        [1, 84, 60, 6, False],
        [10, 14, 60, 55, False],
        [10, 28, 30, 27, False],
        [10, 42, 20, 15, True],
    ]
    classes = found.classes[["purchases_from", "silence", "customers", "share"]]
    assert classes.to_numpy().tolist() == [
        [1, "just_reached", 40, 0.2],
        [1, "beyond", 100, 0.14],
        [10, "just_reached", 30, 0.9],
        [10, "beyond", 50, 0.84],
    ]
    assert found.cells["customers"].sum() == FRAME["customers"].sum()
    assert found.classes.loc[found.classes["silence"] == "beyond", "customers"].sum() == CHANCE.beyond.n
    assert (found.word, found.lapse_days, found.horizon_days, found.cutoff) == (CHANCE.word, 28, 90, CUTOFF)


def test_the_spread_is_newcombes() -> None:
    # 42 of 50 less 14 of 100: .70, bounds by statsmodels' confint_proportions_2indep(method="newcomb").
    spread = returns_by_purchases(FRAME, chance=CHANCE).spread
    assert (spread.value, spread.low, spread.high) == pytest.approx((0.70, 0.55073, 0.79417), abs=0.00001)


def test_a_class_too_small_is_not_compared() -> None:
    found = returns_by_purchases(returns([*ROWS, (60, 4, 9, 29, 1)]), chance=CHANCE)
    assert found.beyond["purchases_from"].tolist() == [1, 10]


def test_no_class_large_enough_is_refused() -> None:
    rows = [(60, least, None, 20, 5) for least in (1, 2, 4, 10)]
    chance = return_chance(returns(rows), lapse_days=28, cutoff=CUTOFF)
    refusal = NotEnough("customers_silent_beyond_window", 20, 30)
    assert returns_by_purchases(returns(rows), chance=chance) == refusal


def test_refusals_pass_through() -> None:
    assert returns_by_purchases(NOTHING, chance=CHANCE) is NOTHING
    assert returns_by_purchases(FRAME, chance=NOTHING) is NOTHING
