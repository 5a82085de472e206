from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.btyd.histories import beta_geometric

from retention_lib.estimates import NotEnough
from retention_lib.models.next_purchases import next_purchase_dates
from retention_lib.models.season import Clock, SeasonalIndex

UNTIL = date(2021, 3, 1)
MODEL = beta_geometric("MBG/NBD", 0.8, 30.0, 0.9, 2.5)
ROWS = pd.DataFrame(
    {
        "frequency": [0, 9, 0, 40],
        "recency": [0.0, 95.0, 0.0, 364.0],
        "T": [200.0, 100.0, 3.0, 365.0],
        "id": list("abcd"),
    }
)


def days_ahead(column: pd.Series) -> np.ndarray:
    return (column - pd.Timestamp(UNTIL)).dt.days.to_numpy() + 1


def test_half_of_those_who_buy_again_have_done_so_by_the_day() -> None:
    told = next_purchase_dates(MODEL, ROWS, clock=Clock(), until=UNTIL, most_days=180)
    history = [ROWS[name].to_numpy() for name in ("frequency", "recency", "T")]
    within = 1 - MODEL.chance_of_no_purchase(*history, 180)
    assert told["chance_of_another"].to_numpy() == pytest.approx(within)
    for column, share in (("next_purchase", 0.5), ("next_purchase_low", 0.1), ("next_purchase_high", 0.9)):
        day = days_ahead(told[column])
        assert (1 - MODEL.chance_of_no_purchase(*history, day) >= share * within * (1 - 1e-9)).all()
        assert (1 - MODEL.chance_of_no_purchase(*history, day - 1) < share * within).all()
    assert told["id"].tolist() == list("abcd")
    assert told["next_purchase"].iloc[3] < told["next_purchase"].iloc[0]  # who buys every nine days is expected first


def test_weeks_of_a_weekly_clock_end_on_days() -> None:
    weekly = beta_geometric("MBG/NBD", 0.8, 30.0 / 7, 0.9, 2.5)
    rows = ROWS.assign(recency=ROWS["recency"] / 7, T=ROWS["T"] / 7)
    told = next_purchase_dates(weekly, rows, clock=Clock(unit_days=7), until=UNTIL, most_days=180)
    daily = next_purchase_dates(MODEL, ROWS, clock=Clock(), until=UNTIL, most_days=180)
    assert told["next_purchase"].tolist() == daily["next_purchase"].tolist()
    assert told["chance_of_another"].tolist() == pytest.approx(daily["chance_of_another"].tolist())


def test_a_strong_month_brings_the_day_nearer() -> None:
    factors = tuple(2.0 if month == 3 else 1.0 for month in range(1, 13))
    index = SeasonalIndex(
        factors=factors, low=factors, high=factors, level=0.9, shock_sd=0.0, days=pd.DataFrame(), seasonal=True
    )
    even = next_purchase_dates(MODEL, ROWS, clock=Clock(), until=UNTIL, most_days=180)
    strong = next_purchase_dates(MODEL, ROWS, clock=Clock(index=index), until=UNTIL, most_days=180)
    assert (strong["chance_of_another"] > even["chance_of_another"]).all()
    assert (days_ahead(strong["next_purchase_low"]) <= np.ceil(days_ahead(even["next_purchase_low"]) / 2 + 1)).all()
    # 31 days of March are 62 units and the 149 days after it 149: the last of 180 days is 211 units away
    history = [ROWS[name].to_numpy() for name in ("frequency", "recency", "T")]
    assert strong["chance_of_another"].to_numpy() == pytest.approx(1 - MODEL.chance_of_no_purchase(*history, 211))


def test_what_is_not_enough_stays_so() -> None:
    nothing = NotEnough("repeat_customers", 3, 30)
    assert next_purchase_dates(nothing, ROWS, clock=Clock(), until=UNTIL) is nothing
    assert next_purchase_dates(MODEL, nothing, clock=Clock(), until=UNTIL) is nothing
