"""How much sooner or later customers with a feature buy again: Cox's regression of the time to the next purchase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.first_orders import CALENDAR, Design, deliveries_known, design, drawn
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.late_delivery import LateDelivery

if TYPE_CHECKING:
    from lifelines import CoxPHFitter

LONGEST_DAYS = 180
"""How long after the promised day a second purchase is waited for."""

MOST = 20_000
"""Customers (count) that the regression takes at most, drawn by chance where there are more."""

FEWEST = 30
"""Second purchases (count) after a late delivery, and after one on time, below which nothing is said."""

LATE = "late"

STEPS = {"amount": math.log(2), "discount_share": 0.1}
"""By how much a number is larger for its hazard ratio, where not by 1: twice the money, ten points of discount."""

_LEVEL = 0.95
_SHOWN_P = 0.05

Course = Literal["steady", "early", "later"]
"""How a hazard ratio goes with time: no sign of a change, furthest from 1 early, or furthest from 1 later."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoxFit:
    """Cox's regression.

    Attributes:
        table: One row a column of the regression, in their order: coefficient (log hazard ratio), error (its standard
            error), p.
        log_likelihood: Partial log-likelihood at the maximum (Efron's way with ties).
        courses: How each column's hazard ratio goes with time, as far as the scaled Schoenfeld residuals show; empty
            where that was not asked for.
    """

    table: pd.DataFrame
    log_likelihood: float
    courses: dict[str, Course]


@dataclass(frozen=True, kw_only=True, eq=False)
class HazardRatios:
    """What goes with a sooner second purchase, all of it side by side in one regression.

    Attributes:
        late: Hazard ratio of a late first delivery against one on time: below 1 fewer buy again on any day.
        course: Whether the late one's is furthest from 1 early or later, or shows no sign of a change.
        table: Columns feature, level (empty for a number), base (the level compared with), ratio (a number's is that of
            its `STEPS`), low, high (95 %), p; the late delivery first, without the calendar, which is accounted for.
        customers: Customers in the regression (count).
        events: Second purchases among them (count).
        drawn_from: Customers there are, where only some were drawn; else None.
        trusted: Whether late and on time could be made alike, as far as the comparison of late deliveries shows; else
            what was known at the order does not make them so here either.
    """

    late: Estimate
    course: Course
    table: pd.DataFrame
    customers: int
    events: int
    drawn_from: int | None
    trusted: bool

    def to_frame(self) -> pd.DataFrame:
        """The hazard ratios."""
        return self.table


def cox_fit(frame: pd.DataFrame, *, duration: str, event: str, watched: bool = False) -> CoxFit:
    """Cox's proportional hazards regression on all other columns of a frame.

    Args:
        frame: One row an observation; columns of numbers.
        duration: Name of the column of times.
        event: Name of the column that says whether the event was seen.
        watched: Whether the hazard ratios are judged over time.

    References:
        Cox (1972), Regression models and life-tables, JRSS B 34; Grambsch and Therneau (1994), Proportional hazards
        tests and diagnostics based on weighted residuals, Biometrika 81 (by ranks of time).
    """
    from lifelines import CoxPHFitter

    fit = CoxPHFitter().fit(frame, duration_col=duration, event_col=event)
    table = pd.DataFrame({"coefficient": fit.params_, "error": fit.standard_errors_, "p": fit.summary["p"]})
    return CoxFit(
        table=table.rename_axis("column"),
        log_likelihood=float(fit.log_likelihood_),
        courses=_courses(fit, frame, duration=duration) if watched else {},
    )


def _courses(fit: CoxPHFitter, frame: pd.DataFrame, *, duration: str) -> dict[str, Course]:
    """Whether coefficients drift with the rank of time, and to which side."""
    from lifelines.statistics import proportional_hazard_test
    from scipy.stats import rankdata

    residuals = fit.compute_residuals(frame, "scaled_schoenfeld")
    tested = proportional_hazard_test(fit, frame, time_transform="rank", precomputed_residuals=residuals)
    times = rankdata(frame.loc[residuals.index, duration])
    drift = (times - times.mean()) @ residuals.to_numpy()
    signs = dict(zip(residuals.columns, drift, strict=True))
    return {
        name: "steady" if p >= _SHOWN_P else "later" if signs[name] * fit.params_[name] > 0 else "early"
        for name, p in zip(fit.params_.index, tested.p_value, strict=True)
    }


def hazard_ratios(
    orders: pd.DataFrame | NotEnough, *, rng: np.random.Generator, late: LateDelivery | NotEnough | None = None
) -> HazardRatios | NotEnough:
    """Hazard ratios of the second purchase after the promised day, for a late delivery and what the order was like.

    Over customers who had not bought again by the promised day, from then on for 180 days or until the data end.

    Args:
        orders: From `measures.first_orders.first_orders`.
        rng: Draws the customers where there are more than `MOST`.
        late: From `late_delivery.late_delivery` over the same orders: the ratios are trusted where it is.

    Returns:
        The ratios; NotEnough("delivery_dates") without promised and delivered days, NotEnough("late_second_purchases")
        or NotEnough("on_time_second_purchases") below 30 of either.
    """
    if isinstance(orders, NotEnough):
        return orders
    if not deliveries_known(orders):
        return NotEnough("delivery_dates", 0, 1)
    waiting, drawn_from = _waiting(orders, rng)
    was_late, again = waiting["late_days"] > 0, waiting["again"]
    for reason, who in (("late_second_purchases", was_late & again), ("on_time_second_purchases", ~was_late & again)):
        if who.sum() < FEWEST:
            return NotEnough(reason, int(who.sum()), FEWEST)
    return _ratios(waiting, was_late, drawn_from, trusted=isinstance(late, LateDelivery) and late.trusted)


def _waiting(orders: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, int | None]:
    """Those who had not bought again by the promised day, with the `days` they are waited for and whether `again`."""
    seen = (orders["seen_days"] - 1 - orders["promised_days"]).clip(upper=LONGEST_DAYS)
    wait = orders["second_days"] - orders["promised_days"]
    again = wait <= seen
    days = wait.where(again, seen)
    whose = orders["late_days"].notna() & (days > 0)
    return drawn(orders.assign(days=days, again=again), whose, most=MOST, rng=rng)


def _ratios(waiting: pd.DataFrame, late: pd.Series, drawn_from: int | None, *, trusted: bool) -> HazardRatios:
    known = design(waiting)
    # Of a level in which nobody buys again the ratio would be 0, which no regression reaches.
    known = known.only(np.flatnonzero(known.values[waiting["again"]].std(axis=0) > 0))
    columns = {str(place): values for place, values in enumerate(known.values.T)}
    frame = pd.DataFrame({LATE: late.astype(float), **columns, "days": waiting["days"], "again": waiting["again"]})
    fit = cox_fit(frame, duration="days", event="again", watched=True)
    table = _table(known, fit.table)
    ratio, low, high, p = (float(table[name].iloc[0]) for name in ("ratio", "low", "high", "p"))
    return HazardRatios(
        late=Estimate(ratio, low=low, high=high, level=_LEVEL, n=len(waiting), p=p),
        course=fit.courses[LATE],
        table=table[~table["feature"].isin(CALENDAR)].reset_index(drop=True),
        customers=len(waiting),
        events=int(waiting["again"].sum()),
        drawn_from=drawn_from,
        trusted=trusted,
    )


def _table(known: Design, fitted: pd.DataFrame) -> pd.DataFrame:
    """The hazard ratios with their names and intervals."""
    named = zip(known.features, known.levels, strict=True)
    steps = np.array([1.0, *(1.0 if level else STEPS.get(feature, 1.0) for feature, level in named)])
    coefficient = fitted["coefficient"].to_numpy() * steps
    half = normal_quantile(_LEVEL) * fitted["error"].to_numpy() * steps
    return pd.DataFrame(
        {
            "feature": [LATE, *known.features],
            "level": ["", *known.levels],
            "base": ["", *known.bases],
            "ratio": np.exp(coefficient),
            "low": np.exp(coefficient - half),
            "high": np.exp(coefficient + half),
            "p": fitted["p"].to_numpy(),
        }
    )
