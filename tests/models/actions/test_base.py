"""What customers bring without a message: against simulated shops whose truth is known, and by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from models.past import EPOCH

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.base import Base, expected_profit
from retention_lib.models.btyd import fit_mbg_nbd

START = date(2025, 1, 1)
DAYS = 400


@dataclass(frozen=True, kw_only=True)
class Histories:
    """As `measures.actions.bases.Bases`."""

    frame: pd.DataFrame
    days: pd.DataFrame
    start: date
    until: date
    window_days: int = 21


def shop(seed: int, *, customers: int = 6_000, waiting: int = 0) -> tuple[Histories, np.ndarray]:
    """Customers who come steadily, buy at gamma rates for 30 +- 15 an order, and leave; with what they bring next."""
    rng = np.random.default_rng(seed)
    born = rng.integers(0, DAYS, customers)
    gone = born + rng.exponential(200, customers)
    bought = rng.poisson(rng.gamma(0.8, 0.03, customers) * np.minimum(gone - born, DAYS + 21 - born))
    who = np.repeat(np.arange(customers), bought)
    span = np.minimum(gone, DAYS + 21) - born
    day = np.floor(born[who] + 1 + rng.random(len(who)) * np.maximum(span[who] - 1, 0)).astype(int)
    rows = pd.DataFrame({"who": np.r_[np.arange(customers), who], "day": np.r_[born, day]}).drop_duplicates()
    rows["money"] = rng.gamma(4, 7.5, len(rows))
    seen, next_ = rows[rows["day"] < DAYS], rows[rows["day"] >= DAYS]
    came = next_.groupby("who")["money"].sum().reindex(range(customers), fill_value=0).to_numpy() * 0.5
    return _histories(seen, customers, waiting), np.r_[came, np.zeros(waiting)]


def _histories(seen: pd.DataFrame, customers: int, waiting: int) -> Histories:
    first = (START - EPOCH).days
    now, past = _sums(seen, customers), _sums(seen[seen["day"] < DAYS - 21], customers)
    frame = pd.DataFrame({"row": np.arange(customers, dtype=np.int32), "unit": np.arange(customers, dtype=np.int32)})
    frame = frame.assign(
        frequency=now["n"] - 1,
        first_day=now["first"] + first,
        last_day=now["last"] + first,
        revenue=now["money"],
        revenue_squares=now["squares"],
        profit=now["money"] / 2,
        past_frequency=past["n"] - 1,
        past_last_day=past["last"] + first,
        past_revenue=past["money"],
        past_revenue_squares=past["squares"],
        past_profit=past["money"] / 2,
        window_purchases=now["n"] - past["n"],
        window_profit=(now["money"] - past["money"]) / 2,
        waiting=False,
    )
    nobody = {"frequency": -1, "first_day": -1, "last_day": -1, "past_frequency": -1, "past_last_day": -1}
    for place in range(waiting):  # registered and never bought, a tenth of them just now
        just = place % 10 == 0
        row = dict.fromkeys(frame.columns, 0.0) | nobody | {"row": customers + place, "unit": customers + place}
        row |= {"waiting": True, "window_purchases": int(just)}
        frame.loc[len(frame)] = row  # type: ignore[call-overload]
    until = START + timedelta(days=DAYS)
    return Histories(
        frame=frame, days=pd.DataFrame({"day_index": [], "repeat_purchases": []}), start=START, until=until
    )


def _sums(rows: pd.DataFrame, customers: int) -> dict[str, np.ndarray]:
    by = rows.assign(squares=rows["money"] ** 2).groupby("who")
    told = by.agg(n=("day", "size"), first=("day", "min"), last=("day", "max"), money=("money", "sum"))
    told["squares"] = by["squares"].sum()
    every = told.reindex(range(customers))
    return {name: every[name].fillna(0).to_numpy() for name in every.columns}


def test_what_comes_lies_in_the_interval_and_the_order_is_right() -> None:
    inside, gains = 0, []
    for seed in range(8):
        histories, came = shop(seed)
        found = expected_profit(histories)
        assert isinstance(found, Base)
        inside += found.total.low <= came.sum() <= found.total.high
        money = found.money_in(21)
        best = np.argsort(-money)[: len(money) // 5]
        gains.append(came[best].sum() / came.sum())
        assert isinstance(found.ratio, Estimate)
        assert found.ratio.low < 1.15
        assert found.ratio.high > 0.85
    assert inside >= 6
    assert np.mean(gains) > 0.5  # the fifth of whom most is expected brings more than half


def test_orders_are_those_of_the_purchase_model() -> None:
    histories, _ = shop(1)
    found = expected_profit(histories, windows=(21, 42))
    assert isinstance(found, Base)
    rows = histories.frame
    last = (histories.until - EPOCH).days - 1
    x, first, final = (rows[name].to_numpy(dtype=float) for name in ("frequency", "first_day", "last_day"))
    counts = pd.DataFrame({"frequency": x, "recency": final - first, "T": last - first, "customers": 1})
    model = fit_mbg_nbd(counts)
    assert not isinstance(model, NotEnough)
    told = model.expected_purchases_by(x, final - first, last - first, [21.0, 42.0])
    assert found.orders_in(21) == pytest.approx(told[:, 0], rel=1e-3)
    assert found.orders_in(42) == pytest.approx(told[:, 1], rel=1e-3)
    assert found.money_in(21) == pytest.approx(told[:, 0] * found.profit_an_order, rel=1e-3)
    assert found.to_frame()["days"].tolist() == [21, 42]


def test_who_never_bought_buys_as_those_did_who_waited() -> None:
    histories, _ = shop(2, waiting=200)
    found = expected_profit(histories, windows=(42,))
    assert isinstance(found, Base)
    # A tenth of those waiting bought in 21 days, so a fifth is expected in 42, though each of them is alike.
    frame = histories.frame
    still = frame["frequency"].to_numpy() < 0
    assert found.orders_in(42)[still] == pytest.approx(0.2)


def test_too_few_repeat_buyers_are_refused() -> None:
    histories, _ = shop(3, customers=20)
    found = expected_profit(histories)
    assert isinstance(found, NotEnough)
    assert found.reason in {"repeat_customers", "purchase_model_fit"}


def test_nobody_bought() -> None:
    histories, _ = shop(3, customers=20)
    nobody = Histories(
        frame=histories.frame.assign(frequency=-1), days=histories.days, start=START, until=histories.until
    )
    assert expected_profit(nobody) == NotEnough("customers", 0, 1)


def test_a_refusal_goes_through_and_windows_are_asked() -> None:
    refusal = NotEnough("margin_and_cost_known", 0, 1)
    assert expected_profit(refusal) is refusal
    with pytest.raises(ValueError, match="windows is empty"):
        expected_profit(refusal, windows=())
