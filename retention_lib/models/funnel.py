"""The way from a visit to a purchase: where sessions end, what changed, and how long buyers take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.intervals import holm_adjusted, normal_quantile, square_and_add, wilson
from retention_lib.models.lapse import quantile_estimate
from retention_lib.models.segments import SIGNIFICANCE

LEGS = ("cart_add", "checkout")
MINIMUM_SESSIONS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Funnel:
    """How far the sessions of a month came, beside the month before.

    A step counts when it or a later one occurred. Sessions of one visitor are not independent; intervals and tests of
    steps take the visitor as the unit.

    Attributes:
        steps: One row a step, in order: step, sessions (count), of_all (share of all sessions), previous_of_all (in the
            month before; NaN without sessions), rate (share of those at the step before; NaN for the first), low, high,
            previous_rate, change (rate - previous_rate), change_low, change_high, p_adjusted (Holm over the steps; NaN
            = not tested), differs (p_adjusted below .05).
        speed: One row a leg to the purchase, `cart_add` or `checkout`: leg, sessions (count), minutes (median), low,
            high, previous, change, change_low, change_high (minutes), differs (0 is outside the change's interval).
        carts: Share of customers who left a cart and bought within a week anyway; n = customers.
        leak: The step with the most sessions lost on the way to it.
        worse: The step whose rate fell most beyond chance; None when none did.
        sessions: Sessions of the month (count).
        visitors: Visitors of both months (count).
        month: 'YYYY-MM'.
    """

    steps: pd.DataFrame
    speed: pd.DataFrame
    carts: Estimate | NotEnough
    leak: str
    worse: str | None
    sessions: int
    visitors: int
    month: str

    def to_frame(self) -> pd.DataFrame:
        """The steps."""
        return self.steps


def checkout_funnel(
    visitors: pd.DataFrame | None,
    *,
    minutes: pd.DataFrame | None = None,
    carts: pd.DataFrame | None = None,
    month: str,
) -> Funnel | NotEnough:
    """The funnel of a month, its changes, the time to the purchase and what became of abandoned carts.

    Args:
        visitors: Columns `<step>_now` and `<step>_before` for each step in order (sessions of a visitor that reached it
            in the month and in the month before), visitors (count of visitors with these values). None where the store
            records no visits.
        minutes: Columns leg, this_month (bool), minutes, sessions (count).
        carts: One row: customers (who left a cart), bought (of them, within a week).
        month: 'YYYY-MM'.

    Returns:
        The funnel; `NotAsked` where no visits are recorded, NotEnough("sessions") below 30 sessions in the month and
        NotEnough("funnel_steps") with fewer than two steps.
    """
    if visitors is None:
        return NotAsked("sessions", 0, MINIMUM_SESSIONS)
    names = [name.removesuffix("_now") for name in visitors.columns if name.endswith("_now")]
    if len(names) < 2:
        return NotEnough("funnel_steps", len(names), 2)
    steps = _steps(visitors, names)
    sessions = int(steps["sessions"].iloc[0])
    if sessions < MINIMUM_SESSIONS:
        return NotEnough("sessions", sessions, MINIMUM_SESSIONS)
    lost = -steps["sessions"].diff().iloc[1:]
    fell = steps[steps["differs"] & (steps["change"] < 0)].sort_values("change", kind="stable")
    return Funnel(
        steps=steps,
        speed=_speed(minutes),
        carts=NotEnough("abandoned_carts", 0, 1) if carts is None else _bought_anyway(carts),
        leak=str(steps["step"][lost.idxmax()]),
        worse=str(fell["step"].iloc[0]) if len(fell) else None,
        sessions=sessions,
        visitors=int(visitors["visitors"].sum()),
        month=month,
    )


def _steps(visitors: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The steps with their rates and the change on the month before."""
    weight = visitors["visitors"].to_numpy(dtype=float)
    counts = {name: visitors[name].to_numpy(dtype=float) for name in visitors.columns if name != "visitors"}
    total = {name: float((weight * column).sum()) for name, column in counts.items()}
    rows = []
    for place, step in enumerate(names):
        now, before = f"{step}_now", f"{step}_before"
        row = {"step": step, "sessions": int(total[now])}
        row["of_all"] = _share(total[now], total[f"{names[0]}_now"])
        row["previous_of_all"] = _share(total[before], total[f"{names[0]}_before"])
        if place:
            earlier = names[place - 1]
            row |= _rate_row(
                (counts[now], counts[f"{earlier}_now"]), (counts[before], counts[f"{earlier}_before"]), weight
            )
        rows.append(row)
    table = pd.DataFrame(rows, columns=_STEP_COLUMNS)
    adjusted = holm_adjusted(table["p"].to_numpy(dtype=float))
    return table.drop(columns="p").assign(p_adjusted=adjusted, differs=adjusted < SIGNIFICANCE)


_STEP_COLUMNS = [
    *("step", "sessions", "of_all", "previous_of_all", "rate", "low", "high", "previous_rate"),
    *("change", "change_low", "change_high", "p"),
]


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _rate_row(
    now: tuple[np.ndarray, np.ndarray], before: tuple[np.ndarray, np.ndarray], weight: np.ndarray
) -> dict[str, float]:
    """Rate, interval and change of one step from (reached, reached the step before) by visitor, in both months."""
    rate, previous = (_share(float((weight * y).sum()), float((weight * x).sum())) for y, x in (now, before))
    if math.isnan(rate):
        return {}
    own, earlier = _residuals(*now, weight), _residuals(*before, weight)
    share = _clustered(rate, float((weight * now[1]).sum()), _variance(own, weight))
    row = {"rate": rate, "low": share.low or 0.0, "high": 1.0 if share.high is None else share.high}
    if math.isnan(previous):
        return row
    # A visitor of both months is in both rates: the difference of the residuals holds their covariance.
    error, change = math.sqrt(_variance(own - earlier, weight)), rate - previous
    half = normal_quantile(0.95) * error
    p = 2 * NormalDist().cdf(-abs(change) / error) if error > 0 else float("nan")
    bounds = {"change_low": max(-1.0, change - half), "change_high": min(1.0, change + half)}
    return row | {"previous_rate": previous, "change": change, **bounds, "p": p}


def _residuals(y: np.ndarray, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Each visitor's part in the error of the ratio of sums y / x.

    References:
        Cochran (1977), Sampling Techniques, equation 6.13 (the variance of a ratio, here over visitors).
    """
    total = float((weight * x).sum())
    return np.zeros_like(y) if total == 0 else (y - float((weight * y).sum()) / total * x) / total


def _variance(residuals: np.ndarray, weight: np.ndarray) -> float:
    """Variance of a sum of visitors' parts, whose mean is 0."""
    visitors = float(weight.sum())
    return float((weight * residuals**2).sum()) * visitors / max(visitors - 1, 1)


def _clustered(rate: float, base: float, variance: float) -> Estimate:
    """Wilson's interval on as many independent sessions as carry the clustered variance; never more than there are.

    References:
        Korn and Graubard (1998), Survey Methodology 24: the effective sample size.
    """
    binomial = rate * (1 - rate) / base
    effective = base if variance <= binomial else base * binomial / variance
    found = wilson(rate * effective, effective)
    if isinstance(found, NotEnough):
        msg = "a rate needs sessions at the step before"
        raise ValueError(msg)
    return found


def _speed(minutes: pd.DataFrame | None) -> pd.DataFrame:
    """Median minutes of each leg, with the change on the month before; a leg without purchases has no row."""
    rows = [] if minutes is None else [_speed_row(leg, minutes[minutes["leg"] == leg]) for leg in LEGS]
    return pd.DataFrame([row for row in rows if row], columns=_SPEED_COLUMNS).astype({"differs": bool})


_SPEED_COLUMNS = [
    *("leg", "sessions", "minutes", "low", "high"),
    *("previous", "change", "change_low", "change_high", "differs"),
]


def _speed_row(leg: str, minutes: pd.DataFrame) -> dict[str, object]:
    """One leg; the bounds of a change combine those of the two medians."""
    now, before = (_median(minutes[minutes["this_month"] == which]) for which in (True, False))
    if now is None:
        return {}
    row: dict[str, object] = {"leg": leg, "sessions": int(now.n or 0), "minutes": now.value}
    row |= {"low": now.low, "high": now.high, "differs": False}
    if before is None:
        return row
    low, high = square_and_add(now, before, sign=-1)
    change = {"previous": before.value, "change": now.value - before.value, "change_low": low, "change_high": high}
    return row | change | {"differs": bool(low > 0 or high < 0)}


def _median(minutes: pd.DataFrame) -> Estimate | None:
    counts = minutes["sessions"].to_numpy(dtype="int64")
    if counts.sum() < MINIMUM_SESSIONS:
        return None
    return quantile_estimate(minutes["minutes"].to_numpy(dtype=float), counts, share=0.5)


def _bought_anyway(carts: pd.DataFrame) -> Estimate | NotEnough:
    """Of those who left a cart, who bought within a week."""
    customers, bought = int(carts["customers"].sum()), int(carts["bought"].sum())
    return wilson(bought, customers) if customers else NotEnough("abandoned_carts", 0, 1)
