"""Whether the intervals of what customers will bring are true: how often they hold what then happens.

A case is a simulated store seen up to a day, and forecast as the notebook does it: season, backtest, choice, fit,
spread. The simulation goes on for a year, so that what happened is known. The first half of the cases is steady: no
season, no rise in prices, no offers and no programme change the buying, though chance still moves all customers alike
month by month. The others have all mechanisms, and three years of history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study, median
from studies.told_stores import ToldStore

from retention_lib.estimates import NotEnough
from retention_lib.measures.histories import present_histories, rolling_histories
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.measures.summaries import repeat_purchases
from retention_lib.models.backtest import backtest, forecast_ahead
from retention_lib.models.backtest_plan import plan
from retention_lib.models.forecasts import known
from retention_lib.models.horizon import months_horizon
from retention_lib.models.season import Clock, seasonal_index
from retention_lib.models.spend import expected_spend_model
from retention_lib.models.uncertainty import Spread, forecast_errors, forecast_spread
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import open_shop, tell_story

CASES = 200
CUSTOMERS = 4_000
HOLDOUT_DAYS = 182
AHEAD_MONTHS = 12
STEADY_MONTHS, SEASONAL_MONTHS = 24, 36
"""Months seen of a store."""

STEADY = {
    "season": 0.0,
    "price_rise": 0.0,
    "programme_effect": 0.0,
    "tier_effort": 0.0,
    "tier_dip": 0.0,
    "free_delivery_effect": 0.0,
    "discount_effect": 0.0,
    "letter_effect": 0.0,
}
"""What is switched off where the rate of buying is to have neither season nor drift."""

FIGURES = (
    "interval_coverage_purchases",
    "interval_coverage_revenue",
    "interval_coverage_seasonal",
    "interval_width_median",
)

_FIRST_SEED = 12_000
_UNTIL = date(2026, 6, 30)
_CHUNK = 10


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case, with the year after the day up to which it is seen."""
    steady = number < CASES // 2
    sizes = Sizes(**STEADY) if steady else Sizes()
    months = (STEADY_MONTHS if steady else SEASONAL_MONTHS) + AHEAD_MONTHS
    return Simulation(customers=customers, months=months, until=_UNTIL, seed=_FIRST_SEED + number, sizes=sizes)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A simulated store up to a day, and what happened in the year after it.

    Attributes:
        start: First day of the store.
        until: First day that is not seen.
        store: All that happened.
    """

    start: date
    until: date
    store: ToldStore

    @classmethod
    def of(cls, simulation: Simulation) -> Seen:
        """All but the last year of a simulation."""
        story = tell_story(open_shop(simulation), 0, only_what_happened=True)
        until = simulation.first_month.shift(simulation.months - AHEAD_MONTHS).start
        return cls(start=simulation.first_day, until=until, store=ToldStore([story]))

    def happened(self, days: int) -> pd.DataFrame:
        """What those known on the day did in so many days from it: holdout_purchases, holdout_revenue."""
        sales, end = self.store.table("transactions"), self.until + timedelta(days=days)
        window = pd.DataFrame({"cutoff": [self.until], "horizon_days": [days]})
        return rolling_histories(sales, purchase_days(sales, until=end), windows=window)


def held(number: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the intervals of a store hold what then happened: after six months, and after twelve.

    Args:
        number: The number of the case.
        customers: Customers of the store, those of the last year included (count).
    """
    seen = Seen.of(simulation_of(number, customers=customers))
    rng = np.random.default_rng(number)
    sales, end = seen.store.table("transactions"), seen.until
    purchases = purchase_days(sales, until=end)
    windows = plan(seen.start, end, HOLDOUT_DAYS)
    past = rolling_histories(sales, purchases, windows=windows.windows)
    present = present_histories(daily_sales(sales, purchases, until=end))
    repeats = repeat_purchases(purchases, start=seen.start, born_until=end)
    clock = Clock.of(seasonal_index(present, repeats, start=seen.start, until=end))
    tried = backtest(past, plan=windows, clock=clock, spend_model=expected_spend_model)
    today = known(present, end, clock)
    forecast = forecast_ahead(tried, today, past, plan=windows)
    errors = forecast_errors(tried, rng=rng)
    spend = expected_spend_model(today.rows[["frequency", "monetary_value", "T"]].assign(customers=1.0))
    if isinstance(tried, NotEnough) or isinstance(forecast, NotEnough) or isinstance(spend, NotEnough):
        raise TypeError(f"a simulated store is large enough for its forecast, but: {tried}, {forecast}, {spend}")
    kept_share = float(present["net"].sum() / present["paid"].sum())
    told = {"seed": number + _FIRST_SEED, "chosen": tried.chosen, "seasonal": clock.index is not None}
    for months in (AHEAD_MONTHS // 2, AHEAD_MONTHS):
        ahead = months_horizon(end, months=months, clock=clock, discount_rate_annual=0.0)
        if isinstance(ahead, NotEnough):
            raise TypeError(f"a horizon of {months} months is one, but: {ahead}")
        after = seen.happened((ahead.ends[-1] - end).days)
        expected = forecast.expected_by(today.rows, ahead.times[-1:])[:, 0]
        money = spend.expected_of(today.rows) * kept_share
        for total, model, value in (("purchases", None, expected.sum()), ("revenue", spend, expected @ money)):
            spread = forecast_spread(errors, forecast, today, ahead, rng=rng, spend=model)
            actual = float(after[f"holdout_{total}"].sum())
            told[f"{total}_{months}"] = _judged(spread, float(value), actual)
    return told


def _judged(spread: Spread | NotEnough, value: float, actual: float) -> Result:
    """An interval against what happened."""
    if isinstance(spread, NotEnough):
        raise TypeError(f"a simulated store is large enough for its intervals, but: {spread}")
    interval = spread.interval(value)
    assert interval.low is not None
    assert interval.high is not None
    return {
        "expected": value,
        "actual": actual,
        "width": (interval.high - interval.low) / value,
        "held": interval.low <= actual <= interval.high,
        **{part: getattr(spread, part) for part in ("parameter", "process", "model", "cutoffs")},
    }


def figures(results: list[Result]) -> list[Found]:
    """The shares of stores whose intervals of twelve months hold, and the median of their widths."""
    steady = [result for result in results if result["case"] < CASES // 2]
    seasonal = [result for result in results if result["case"] >= CASES // 2]
    widths = [result[f"purchases_{AHEAD_MONTHS}"]["width"] for result in results if "died" not in result]
    purchases, revenue, both, width = FIGURES
    return [
        _share(purchases, steady, ("purchases",)),
        _share(revenue, steady, ("revenue",)),
        _share(both, seasonal, ("purchases", "revenue")),
        median(width, widths),
    ]


def _share(name: str, results: list[Result], totals: tuple[str, ...]) -> Found:
    """A case that died holds nothing."""
    told = [result.get(f"{total}_{AHEAD_MONTHS}", {"held": False})["held"] for result in results for total in totals]
    part = share(sum(told), len(told))
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(told))


def failures(results: list[Result]) -> list[Result]:
    """The stores one of whose intervals of twelve months does not hold, and cases that died."""
    names = [f"{total}_{AHEAD_MONTHS}" for total in ("purchases", "revenue")]
    return [result for result in results if "died" in result or not all(result[name]["held"] for name in names)]


STUDY = Study(target="studies.value_intervals:held", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
