"""The gross profit expected of every customer in the weeks ahead without a message.

Expected orders come from a model of repeat purchases (MBG/NBD) on distinct histories, in time stretched by the season
where two years show one; what an order is worth from the customer's own orders, drawn towards the others'. Who never
bought is expected to buy as those did who were waiting a window ago.

What a message is worth is a share of this, so that errors common to all customers matter less than the order in which
they come. Still the whole is held against what came in the last window.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.order_money import OrderMoney, order_money
from retention_lib.models.btyd import PurchaseModel, fit_mbg_nbd
from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.forecasts import grained
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.season import Clock, seasonal_index

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

WINDOW_DAYS = 21
LEVEL = 0.95

_DRAWS, _DRAWN_CUSTOMERS = 20, 2_000
_SEED = 20


class Histories(Protocol):
    """What customers did so far, as `measures.actions.bases` counts it."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row a customer."""

    @property
    def days(self) -> pd.DataFrame:
        """Repeat purchases by day."""

    @property
    def start(self) -> date:
        """First day of the sales."""

    @property
    def until(self) -> date:
        """First day that is no longer seen."""

    @property
    def window_days(self) -> int:
        """Days of the window that has just ended."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Base:
    """What customers are expected to do without a message; arrays over the rows of people.

    Attributes:
        money: Gross profit expected in a window of so many days, >= 0, by its days.
        orders: Orders expected in it, by its days.
        profit_an_order: Gross profit an order, >= 0.
        revenue_an_order: Revenue an order.
        order_spread: Standard deviation of what orders of one customer are worth, as a share of their mean.
        purchase_days: Days with a purchase so far.
        unit: Number of the household, or of the customer.
        total: Gross profit expected of all customers in the shortest window, with its interval.
        ratio: What came in the last window over what had been expected of it; NotEnough("base_expected") where nothing
            had been.
        window_days: Days of that window.
        relative_sd: Standard deviation of a total as a share of it: parameters, chance and how far off the last window
            was.
        seasonal: Whether a season was told.
        customers: Customers with a purchase (count).
    """

    money: Mapping[int, Singles] = field(repr=False)
    orders: Mapping[int, Singles] = field(repr=False)
    profit_an_order: Singles = field(repr=False)
    revenue_an_order: Singles = field(repr=False)
    order_spread: float
    purchase_days: NDArray[np.int32] = field(repr=False)
    unit: NDArray[np.int32] = field(repr=False)
    total: Estimate
    ratio: Estimate | NotEnough
    window_days: int
    relative_sd: float
    seasonal: bool
    customers: int

    def money_in(self, window_days: int) -> Singles:
        """Gross profit expected in a window.

        Args:
            window_days: Days of the window, one of those asked for; of another, the nearest is stretched evenly.
        """
        return self._in(self.money, window_days)

    def orders_in(self, window_days: int) -> Singles:
        """Orders expected in a window.

        Args:
            window_days: Days of the window, as for `money_in`.
        """
        return self._in(self.orders, window_days)

    def _in(self, known: Mapping[int, Singles], days: int) -> Singles:
        if days in known:
            return known[days]
        nearest = min(known, key=lambda each: (abs(each - days), each))
        return np.asarray(known[nearest] * np.float32(days / nearest))

    def to_frame(self) -> pd.DataFrame:
        """One row a window: days, expected (orders), money (gross profit of all customers)."""
        rows = [(days, float(self.orders[days].sum()), float(self.money[days].sum())) for days in sorted(self.money)]
        return pd.DataFrame(rows, columns=["days", "expected", "money"])


def expected_profit(bases: Histories | NotEnough, *, windows: Sequence[int] = (WINDOW_DAYS,)) -> Base | NotEnough:
    """What every customer is expected to bring in the windows ahead without a message.

    Args:
        bases: From `measures.actions.bases.bases`.
        windows: Days of the windows; the first day of each is the first that is not seen.

    Returns:
        The expectations; the `NotEnough` that came in; NotEnough("customers") where nobody bought; that of the model of
        purchases ("repeat_customers", "purchase_model_fit").

    Raises:
        ValueError: No window is asked for.
    """
    if not windows:
        msg = "windows is empty; ask for one or more, such as (21,)"
        raise ValueError(msg)
    if isinstance(bases, NotEnough):
        return bases
    bought = bases.frame["frequency"].to_numpy() >= 0
    if not bought.any():
        return NotEnough("customers", 0, 1)
    clock = _clock(bases, bought)
    now = _Known.of(bases.frame, bases.until, clock)
    if isinstance(now, NotEnough):
        return now
    asked = sorted(set(windows))
    waiting = _first_orders(bases.frame) / bases.window_days
    expected = now.orders(asked)
    expected[~bought] = waiting * np.array(asked, dtype=float)[None, :]
    ratio = _ratio(bases, clock)
    total = float(expected[:, 0] @ now.money.profit)
    spread = _spread(now, asked[0], expected[:, 0], ratio)
    return Base(
        money={days: _single(expected[:, at] * now.money.profit) for at, days in enumerate(asked)},
        orders={days: _single(expected[:, at]) for at, days in enumerate(asked)},
        profit_an_order=_single(now.money.profit),
        revenue_an_order=_single(now.money.revenue),
        order_spread=now.money.spread,
        purchase_days=np.asarray(bases.frame["frequency"].to_numpy() + 1, dtype=np.int32),
        unit=bases.frame["unit"].to_numpy(dtype=np.int32),
        total=_with_interval(total, spread, n=float(bought.sum())),
        ratio=ratio,
        window_days=bases.window_days,
        relative_sd=spread,
        seasonal=clock.index is not None,
        customers=int(bought.sum()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """Histories as known on a day, with the model fitted on them."""

    until: date
    clock: Clock
    model: PurchaseModel
    rows: pd.DataFrame
    place: NDArray[np.intp]
    money: OrderMoney

    @classmethod
    def of(cls, frame: pd.DataFrame, until: date, clock: Clock, *, past: str = "") -> _Known | NotEnough:
        """From the columns of a frame whose names begin with `past`."""
        frequency = frame[f"{past}frequency"].to_numpy()
        place = np.flatnonzero(frequency >= 0)
        columns = {"frequency": f"{past}frequency", "first_day": "first_day", "last_day": f"{past}last_day"}
        days = pd.DataFrame({name: frame[column].to_numpy()[place] for name, column in columns.items()})
        rows = grained(days, until)
        model = fit_mbg_nbd(clock.counted(rows, until))
        if isinstance(model, NotEnough):
            return model
        names = ("revenue", "revenue_squares", "profit")
        sums = [frame[f"{past}{name}"].to_numpy(dtype=float) for name in names]
        return cls(
            until=until,
            clock=clock,
            model=model,
            rows=clock.histories(rows, until),
            place=place,
            money=order_money(np.maximum(frequency + 1.0, 0.0), *sums),
        )

    def orders(self, windows: Sequence[int]) -> Floats:
        """Orders expected of each row in windows of so many days; 0 of those who have not bought."""
        ends = [self.until + timedelta(days=days) for days in windows]
        history = Distinct.of_histories(self.rows)
        x, recency, age = history.columns
        ahead = self.clock.ahead(self.until, ends)
        expected = self.model.expected_purchases_by(x, recency, age, ahead)
        every = np.zeros((len(self.money.profit), len(windows)))
        every[self.place] = expected[history.place]
        return every


def _clock(bases: Histories, bought: NDArray[np.bool_]) -> Clock:
    """The store's clock."""
    rows = bases.frame.loc[bought, ["frequency", "first_day", "last_day"]]
    return Clock.of(seasonal_index(rows, bases.days, start=bases.start, until=bases.until))


def _first_orders(frame: pd.DataFrame) -> float:
    """Share of those waiting one window ago who have bought since."""
    waiting = frame["waiting"].to_numpy()
    return float((frame["window_purchases"].to_numpy()[waiting] > 0).mean()) if waiting.any() else 0.0


def _ratio(bases: Histories, clock: Clock) -> Estimate | NotEnough:
    """What customers known one window ago brought since, over what was to be expected of them."""
    past = bases.until - timedelta(days=bases.window_days)
    frame = bases.frame
    then = _Known.of(frame, past, clock.without(past, bases.until), past="past_")
    if isinstance(then, NotEnough):
        return then
    known = then.place
    expected = float((then.orders([bases.window_days])[:, 0] * then.money.profit)[known].sum())
    came = frame["window_profit"].to_numpy(dtype=float)[known]
    if expected <= 0:
        return NotEnough("base_expected", expected, 0)
    half = normal_quantile(LEVEL) * float(came.std()) * math.sqrt(len(came)) / expected
    value = float(came.sum()) / expected
    return Estimate(value, low=value - half, high=value + half, level=LEVEL, n=float(len(came)))


def _spread(now: _Known, days: int, expected: Floats, ratio: Estimate | NotEnough) -> float:
    """Standard deviation of a total as a share of it."""
    money = now.money.profit
    total = float(expected @ money)
    if total <= 0:
        return 0.0
    parameters = _by_parameters(now, days)
    chance = math.sqrt(float(expected @ (money**2 * (1 + now.money.spread**2)))) / total
    return math.hypot(parameters, chance, _off(ratio))


def _by_parameters(now: _Known, days: int) -> float:
    """By how much the total moves with the parameters of the model, as a share of it."""
    step = -(-len(now.place) // _DRAWN_CUSTOMERS)
    history = Distinct.of_histories(now.rows.iloc[::step])
    x, recency, age = history.columns
    weight = np.bincount(history.place, weights=now.money.profit[now.place[::step]])
    ahead = now.clock.ahead(now.until, [now.until + timedelta(days=days)])
    models = now.model.draws(np.random.default_rng(_SEED), _DRAWS)
    drawn = np.array([weight @ model.expected_purchases_by(x, recency, age, ahead)[:, 0] for model in models])
    return float(drawn.std() / drawn.mean()) if drawn.mean() > 0 else 0.0


def _off(ratio: Estimate | NotEnough) -> float:
    """How far off the last window was; one window cannot tell the model's error from chance, so it is taken whole."""
    return 0.0 if isinstance(ratio, NotEnough) or ratio.value <= 0 else abs(math.log(ratio.value))


def _with_interval(value: float, relative_sd: float, *, n: float) -> Estimate:
    factor = math.exp(normal_quantile(LEVEL) * relative_sd)
    return Estimate(value, low=value / factor, high=value * factor, level=LEVEL, n=n)


def _single(values: Floats) -> Singles:
    return values.astype(np.float32)
