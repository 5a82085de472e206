"""At which purchase new customers stop: a survival curve from each purchase to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import square_and_add, wilson
from retention_lib.models.survival import MINIMUM_EPISODES, PurchaseSurvival, time_to_purchase

HORIZONS = (30, 90, 180)
JUDGED_AT = 90
DAYS_A_WEEK = 7
# The hazard is read over the weeks of the horizon that judges the steps; a peak beyond is no welcome's business.
PEAK_WEEKS = 13
SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class StepSurvival:
    """How many go on from each purchase to the next, and how soon, among customers known to be new.

    Attributes:
        table: One row a step, ordered: step (1: from the first purchase to the second), customers (who made purchase
            `step`), events (of them bought again), median (days; missing where fewer than half have in what was seen),
            returned_30, returned_90, returned_180 with _low and _high (share back by that day, in [0, 1], 95 %; missing
            beyond what was seen), at_risk_90 (customers still waiting, and seen, on day 90), peak_from, peak_to (days
            after the purchase within which the chance to buy, among those still waiting, is highest; missing where it
            is flat; peak_to missing too where the highest week is the last one read, after which it may still rise),
            peak_hazard with _low and _high (chance to buy in the peak's highest week; missing where flat).
        curves: Long frame: step, days, survival, low, high, at_risk as in `PurchaseSurvival.curve`.
        weeks: Long frame: step, week (1: days 1 to 7), at_risk (count, the censored of the week by half), events,
            hazard, low, high.
        weakest: The step with the lowest share back by day 90; None where no step is seen for so long.
        gap: How far the next lowest step lies above it, with an interval; None with one step. `claimed` tells whether
            that is more than chance.
        customers: Customers known to be new (count).
        new_from: First day on which somebody seen for the first time counts as new.
        end: First day that is no longer seen.
    """

    table: pd.DataFrame
    curves: pd.DataFrame
    weeks: pd.DataFrame
    weakest: int | None
    gap: Estimate | None
    customers: int
    new_from: date
    end: date

    def to_frame(self) -> pd.DataFrame:
        """One row a step."""
        return self.table


def step_survival(
    episodes: pd.DataFrame | NotEnough, *, data_from: date, new_from: date, end: date
) -> StepSurvival | NotEnough:
    """The curves of all steps that enough customers reached.

    Args:
        episodes: From `measures.steps.step_episodes`: step, days, observed, customers.
        data_from: First day of the data.
        new_from: First day on which somebody seen for the first time counts as new.
        end: First day that is no longer seen.

    Returns:
        The steps; below 30 new customers NotEnough("history_for_new_customers"), whose `need` is the days of history
        that it takes at the present rate of new customers, or "customers_known_as_new" where that is not the matter;
        NotEnough("episodes_that_ended") when nobody has bought twice.

    References:
        Kaplan and Meier (1958), JASA 53; interval by exponential Greenwood; hazard by actuarial life table (Cutler and
        Ederer, 1958) with Wilson's interval.
    """
    if isinstance(episodes, NotEnough):
        return episodes
    customers = int(episodes.loc[episodes["step"] == 1, "customers"].sum())
    if customers < MINIMUM_EPISODES:
        return _too_few(customers, data_from=data_from, new_from=new_from, end=end)
    steps = [int(step) for step in sorted(episodes["step"].unique())]
    fitted = {step: time_to_purchase(episodes.loc[episodes["step"] == step], horizons=HORIZONS) for step in steps}
    first = fitted[1]
    if isinstance(first, NotEnough):
        return first
    curves = {step: curve for step, curve in fitted.items() if isinstance(curve, PurchaseSurvival)}
    weeks = {step: weekly_hazard(episodes.loc[episodes["step"] == step]) for step in curves}
    table = pd.DataFrame([_row(step, curve, weeks[step]) for step, curve in curves.items()])
    weakest, gap = _weakest(table)
    return StepSurvival(
        table=table.astype({"peak_from": "Int64", "peak_to": "Int64"}),
        curves=_long({step: curve.curve for step, curve in curves.items()}),
        weeks=_long(weeks),
        weakest=weakest,
        gap=gap,
        customers=customers,
        new_from=new_from,
        end=end,
    )


def weekly_hazard(episodes: pd.DataFrame, *, weeks: int = PEAK_WEEKS) -> pd.DataFrame:
    """The chance to buy in each week among those who have not yet, by the actuarial life table.

    Args:
        episodes: Of one step: days, observed, customers.
        weeks: Weeks to read; those with fewer than 30 at risk are left out.

    Returns:
        Columns week (1: up to day 7), at_risk (customers, those censored in the week counted by half), events, hazard,
        low, high (Wilson).
    """
    days, count = episodes["days"].to_numpy(dtype=float), episodes["customers"].to_numpy(dtype=float)
    # A purchase follows a day later at the earliest; what is censored at day 0 was never at risk.
    week = np.ceil(days / DAYS_A_WEEK)
    observed = episodes["observed"].to_numpy(dtype=bool)
    rows = []
    for number in range(1, weeks + 1):
        here = week == number
        events, censored = count[here & observed].sum(), count[here & ~observed].sum()
        at_risk = count[week >= number].sum() - censored / 2
        share = wilson(float(events), float(at_risk))
        if at_risk < MINIMUM_EPISODES or isinstance(share, NotEnough):
            break
        rows.append((number, float(at_risk), int(events), share.value, share.low, share.high))
    return pd.DataFrame(rows, columns=["week", "at_risk", "events", "hazard", "low", "high"])


def hazard_peak(weeks: pd.DataFrame) -> dict[str, float | int | None]:
    """The week with the highest hazard and its neighbours that chance alone may set below it; nothing where flat.

    Flat: the weeks do not differ by a chi-square test at .05, or none of them can be told from the highest.

    Args:
        weeks: From `weekly_hazard`.

    Returns:
        peak_from, peak_to (days), peak_hazard and its interval, as in `StepSurvival.table`; all None where flat, and
        peak_to None where the highest week is the last.
    """
    flat = {"peak_from": None, "peak_to": None, "peak_hazard": None, "peak_hazard_low": None, "peak_hazard_high": None}
    if len(weeks) < 2 or not _differ(weeks):
        return dict(flat)
    best = int(np.argmax(weeks["hazard"].to_numpy()))
    top = weeks.iloc[best]
    alike = weeks["high"].to_numpy() >= top["hazard"]
    first, last = best, best
    while first > 0 and alike[first - 1]:
        first -= 1
    while last < len(weeks) - 1 and alike[last + 1]:
        last += 1
    if first == 0 and last == len(weeks) - 1:
        return dict(flat)
    return {
        "peak_from": DAYS_A_WEEK * (int(weeks["week"].iloc[first]) - 1) + 1,
        "peak_to": None if best == len(weeks) - 1 else DAYS_A_WEEK * int(weeks["week"].iloc[last]),
        "peak_hazard": float(top["hazard"]),
        "peak_hazard_low": float(top["low"]),
        "peak_hazard_high": float(top["high"]),
    }


def _too_few(customers: int, *, data_from: date, new_from: date, end: date) -> NotEnough:
    """Which history it takes for 30 new customers, at the rate at which they come."""
    lead, seen = (new_from - data_from).days, (end - data_from).days
    if seen <= lead:
        return NotEnough("history_for_new_customers", seen, lead + 1)
    if customers == 0:
        return NotEnough("customers_known_as_new", 0, MINIMUM_EPISODES)
    return NotEnough("history_for_new_customers", seen, lead + math.ceil(MINIMUM_EPISODES * (seen - lead) / customers))


def _row(step: int, survival: PurchaseSurvival, weeks: pd.DataFrame) -> dict[str, float | int | None]:
    """One step's readings."""
    row: dict[str, float | int | None] = {"step": step, "customers": survival.customers, "events": survival.events}
    row["median"] = math.nan if survival.median_days is None else survival.median_days
    shares = survival.returned.set_index("days")
    for horizon in HORIZONS:
        read = shares.loc[horizon] if horizon in shares.index else dict.fromkeys(("share", "low", "high"), math.nan)
        row[f"returned_{horizon}"] = float(read["share"])
        row[f"returned_{horizon}_low"], row[f"returned_{horizon}_high"] = float(read["low"]), float(read["high"])
    waiting = survival.curve.loc[survival.curve["days"] >= JUDGED_AT, "at_risk"]
    row[f"at_risk_{JUDGED_AT}"] = int(waiting.iloc[0]) if len(waiting) else 0
    return row | hazard_peak(weeks)


def _differ(weeks: pd.DataFrame) -> bool:
    """Whether the weekly chances differ by more than chance (chi-square of homogeneity)."""
    from scipy.special import chdtrc

    at_risk, events = weeks["at_risk"].to_numpy(), weeks["events"].to_numpy(dtype=float)
    common = events.sum() / at_risk.sum()
    if not 0 < common < 1:
        return False
    statistic = ((events - at_risk * common) ** 2 / (at_risk * common * (1 - common))).sum()
    return bool(chdtrc(len(weeks) - 1, statistic) < SIGNIFICANCE)


def _weakest(table: pd.DataFrame) -> tuple[int | None, Estimate | None]:
    """The step with the lowest share back by day 90, and how far the next lowest lies above it."""
    read = table.loc[table[f"returned_{JUDGED_AT}"].notna()].sort_values(f"returned_{JUDGED_AT}", kind="stable")
    if read.empty:
        return None, None
    lowest, *others = (_share(row) for row in read.to_dict("records"))
    if not others:
        return int(read["step"].iloc[0]), None
    low, high = square_and_add(others[0], lowest, sign=-1)
    value = others[0].value - lowest.value
    return int(read["step"].iloc[0]), Estimate(value, low=low, high=high, level=0.95, claimed=low > 0)


def _share(row: Mapping[Any, float]) -> Estimate:
    """The share back by day 90 of one row."""
    name = f"returned_{JUDGED_AT}"
    return Estimate(row[name], low=row[f"{name}_low"], high=row[f"{name}_high"], level=0.95)


def _long(frames: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """One frame a step, under each other."""
    return pd.concat([frame.assign(step=step) for step, frame in frames.items()], ignore_index=True)[
        ["step", *next(iter(frames.values())).columns]
    ]
