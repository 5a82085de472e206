"""Whether what is said of points still to be used is true: how often the interval holds what is used in the end.

A case is a simulated store with all its mechanisms, seen up to the end of a month, two years or three after it opened
(its programme began half a year later). The simulation goes on until all points that were credited before that day have
been used, have expired or are forfeited, so that what was used in the end is known. The months in which the stores are
left are spread over the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study, median
from studies.told_stores import ToldStore

from retention_lib.estimates import NotEnough
from retention_lib.measures.histories import present_histories
from retention_lib.measures.points import lots
from retention_lib.measures.programme import programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.redemption import point_triangle
from retention_lib.measures.sales import daily_sales
from retention_lib.measures.summaries import repeat_purchases
from retention_lib.models.redemption import Redemption, redemption
from retention_lib.models.season import SeasonalIndex, seasonal_index
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.shop import block_count, open_shop, tell_story

CASES = 100
CUSTOMERS = 60_000
AHEAD_MONTHS = 8
"""Points are valid for 180 days at most, so all are gone by then."""

SEEN_MONTHS = (24, 36)

FIGURES = ("points_redemption_coverage", "points_redemption_width", "points_redemption_width_ahead")

_FIRST_SEED = 61_000
_LAST_YEAR = 2026
_CHUNK = 5


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case, with the months after the day up to which it is seen."""
    next_month = date(_LAST_YEAR + (number % 12 == 11), (number + 1) % 12 + 1, 1)
    months = SEEN_MONTHS[number * len(SEEN_MONTHS) // CASES] + AHEAD_MONTHS
    until = next_month - timedelta(days=1)
    return Simulation(customers=customers, months=months, until=until, seed=_FIRST_SEED + number)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A simulated store up to a day, and the points used of those credited before it.

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
        """All but the last months of a simulation."""
        shop = open_shop(simulation)
        stories = [tell_story(shop, block, only_what_happened=True) for block in range(block_count(simulation))]
        until = simulation.first_month.shift(simulation.months - AHEAD_MONTHS).start
        return cls(start=simulation.first_day, until=until, store=ToldStore(stories))

    def season(self) -> SeasonalIndex | NotEnough:
        """The season of the store's sales, as the notebook finds it."""
        sales = self.store.table("transactions")
        purchases = purchase_days(sales, until=self.until)
        present = present_histories(daily_sales(sales, purchases, until=self.until))
        repeats = repeat_purchases(purchases, start=self.start, born_until=self.until)
        return seasonal_index(present, repeats, start=self.start, until=self.until)

    def used_in_the_end(self) -> float:
        """Points used of all that were credited before the day, from the entries themselves, which name their lots.

        Raises:
            ValueError: Some of them can still be used when the simulation ends.
        """
        events = self.store.table("loyalty_events")
        old = events.filter(events.earned_at < ibis.timestamp(self.until.isoformat()))
        told = old.aggregate(left=old.points.sum(), used=-old.points.sum(where=old.event == "redeem")).to_pandas()
        if told["left"].iloc[0] != 0:
            raise ValueError(f"{told['left'].iloc[0]} points credited before {self.until} can still be used at the end")
        return float(told["used"].iloc[0])


def held(number: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the interval of a store holds what is used in the end of the points credited so far.

    Args:
        number: The number of the case.
        customers: Customers of the store, those of the months after the day included (count).
    """
    seen = Seen.of(simulation_of(number, customers=customers))
    points = point_triangle(lots(programme(seen.store.table("loyalty_events"), until=seen.until)))
    found = redemption(points, rng=np.random.default_rng(number), season=seen.season())
    if isinstance(found, NotEnough):
        raise TypeError(f"a simulated programme is large enough for its redemption, but: {found}")
    assert found.tail is None, "the programme has seen points until all were gone"
    return {"seed": number + _FIRST_SEED, "month": str(seen.until)[:7], **_judged(found, seen.used_in_the_end())}


def _judged(found: Redemption, final: float) -> Result:
    """An interval against what was used in the end."""
    ahead, expected = final - found.redeemed, found.expected
    assert expected.low is not None
    assert expected.high is not None
    return {
        "redeemed": found.redeemed,
        "expected": expected.value,
        "ahead": ahead,
        "width": (expected.high - expected.low) / final,
        "width_ahead": (expected.high - expected.low) / ahead,
        "held": expected.low <= ahead <= expected.high,
    }


def figures(results: list[Result]) -> list[Found]:
    """The share of stores whose interval holds, and the medians of the widths.

    Of the widths the first is a share of all points used in the end, the second of those used after the day.
    """
    lived = [result for result in results if "died" not in result]
    part = share(sum(result["held"] for result in lived), len(results))
    coverage, width, ahead = FIGURES
    return [
        Found(name=coverage, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(results)),
        median(width, [result["width"] for result in lived]),
        median(ahead, [result["width_ahead"] for result in lived]),
    ]


def failures(results: list[Result]) -> list[Result]:
    """The stores whose interval does not hold, and cases that died."""
    return [result for result in results if "died" in result or not result["held"]]


STUDY = Study(target="studies.points_redemption:held", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
