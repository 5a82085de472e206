"""Looks at a test before it is over: what may be said at each of them without finding winners by looking often.

Only customers whose window is closed are looked at, so that every look holds whole results. Bounds are those of
`models.experiments.boundaries`, shared among the comparisons with the control by Bonferroni.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, unit_of
from retention_lib.models.experiments.boundaries import Mixture
from retention_lib.models.experiments.look_rules import LookRule
from retention_lib.models.experiments.metrics import Kind
from retention_lib.models.experiments.validity import Validity, readable

FIRST_DAYS, FIRST_BUYERS = 7, 100
"""Days of assignment, and buyers in the two arms compared, that the first look needs."""

NOT_CROSSED, DRIFTING = "not_crossed", "effect_drifts"
"""Why nothing is claimed: the bounds hold zero; or looks contradict one another, as the effect changes with time."""

_LEVEL = 0.95
_LOOK = ("day", "age", "arm", "base", "control_base", "buyers", "effect", "low", "high", "own_low", "own_high", "p")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sequential:
    """The looks at a test, by arm.

    Attributes:
        looks: One row a look and arm: day (first day on which these customers' windows are closed), age (days since the
            test began), arm, base, control_base (units so far), buyers (in both), effect (arm minus control), low, high
            (what all looks so far leave: narrower each time), own_low, own_high (bounds of this look alone), p (holds
            at every look; of this comparison).
        rule: What was written down before the test.
        metric: What is compared.
        control: The arm left alone.
        level: Confidence level of all arms and looks together.
        withheld: Code of the check that forbids to call anything; None where none does.
        kind: How the metric is written: a share, money or a count.
        unit: What is counted.
    """

    looks: pd.DataFrame
    rule: LookRule
    metric: str
    control: str
    level: float
    withheld: str | None = None
    kind: Kind = "money"
    unit: str = "customer"

    @property
    def summary(self) -> pd.DataFrame:
        """One row an arm, as its last look has it.

        Columns arm, crossed (the first look that left zero; None where none did), base, control_base, buyers, effect,
        low, high, p, claimed, reason.
        """
        return pd.DataFrame([self._of_arm(arm) for arm in dict.fromkeys(self.looks["arm"])])

    @property
    def last_look(self) -> date:
        """The day of the last look."""
        return max(self.looks["day"])

    @property
    def winner(self) -> str | None:
        """The arm that is shown to gain most at least; None where no gain is shown."""
        shown = self.summary[self.summary["claimed"] & (self.summary["low"] > 0)]
        return None if shown.empty else str(shown.sort_values("low", kind="stable")["arm"].iloc[-1])

    @property
    def losers(self) -> tuple[str, ...]:
        """The arms that are shown to lose."""
        shown = self.summary[self.summary["claimed"] & (self.summary["high"] < 0)]
        return tuple(str(arm) for arm in shown["arm"])

    @property
    def first_crossing(self) -> date | None:
        """The first look at which an arm was told from the control; None where none is."""
        days = [day for day, claimed in zip(self.summary["crossed"], self.summary["claimed"], strict=True) if claimed]
        return min(days, default=None)

    def effect(self, arm: str) -> Estimate:
        """What all looks so far say of an arm.

        Raises:
            KeyError: There is no such arm.
        """
        rows = self.summary[self.summary["arm"] == arm]
        if rows.empty:
            msg = f"no look at arm {arm!r}; arms: {', '.join(self.summary['arm'])}"
            raise KeyError(msg)
        row = rows.iloc[0]
        # The p-values are those of looks without an end, which the bounds of a planned end lie inside.
        planned = self.rule.planned is not None
        return Estimate(
            float(row["effect"]),
            low=float(row["low"]),
            high=float(row["high"]),
            level=self.level,
            n=int(row["base"] + row["control_base"]),
            p=None if planned else float(row["p"]),
            p_adjusted=None if planned else min(1.0, float(row["p"]) * self.rule.comparisons),
            claimed=bool(row["claimed"]),
            reason=row["reason"],
        )

    def to_frame(self) -> pd.DataFrame:
        """The looks."""
        return self.looks

    def _of_arm(self, arm: str) -> dict[str, Any]:
        looks = self.looks[self.looks["arm"] == arm]
        last = looks.iloc[-1]
        drifting = bool(last["low"] > last["high"])
        low, high = (last["own_low"], last["own_high"]) if drifting else (last["low"], last["high"])
        apart = looks[(looks["low"] > 0) | (looks["high"] < 0)]
        claimed = bool(len(apart)) and not drifting and self.withheld is None
        refused = self.withheld or (DRIFTING if drifting else NOT_CROSSED)
        return {
            "arm": arm,
            "crossed": apart["day"].iloc[0] if len(apart) else None,
            **{name: last[name] for name in ("base", "control_base", "buyers", "effect", "p")},
            "low": float(low),
            "high": float(high),
            "claimed": claimed,
            "reason": None if claimed else refused,
        }


def sequential(
    days: pd.DataFrame | NotEnough,
    *,
    control: str | NotEnough,
    metric: str | NotEnough,
    rule: LookRule | NotEnough,
    validity: Validity | NotEnough | None = None,
    buyers: str = "conversion",
) -> Sequential | NotEnough:
    """What the looks at a test say so far.

    Args:
        days: One row a day of assignment, arm and metric: day, arm, metric, n (units with a value), total,
            total_squares (of the metric over its window); and, where units are households, unit.
        control: The arm left alone.
        metric: What decides.
        rule: From `models.experiments.look_rules`.
        validity: The checks of the test; nothing is called in one that is not valid.
        buyers: The metric of 0 and 1 that says who bought.

    Returns:
        The looks; the rule's refusal; that of a test that is not valid; `NotEnough("looks_cohorts")` where units were
        assigned on fewer than seven days, so that there is nothing to look at before the end;
        `NotEnough("looks_first")` where no look has seven days of closed windows and 100 buyers yet.

    Raises:
        ValueError: The metric, or the one that says who bought, is not there.
    """
    broken = readable(validity, None) if isinstance(validity, Validity) and validity.status == "invalid" else None
    for given in (rule, days, control, metric, broken):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(rule, LookRule)
    assert isinstance(days, pd.DataFrame)
    return _sequential(days, str(control), str(metric), rule, buyers, validity)


def _sequential(
    days: pd.DataFrame, control: str, metric: str, rule: LookRule, buyers: str, validity: Validity | NotEnough | None
) -> Sequential | NotEnough:
    assigned = pd.to_datetime(days["day"]).dt.date
    span = (max(assigned) - rule.first_day).days + 1 if len(days) else 0
    if span < FIRST_DAYS:
        return NotEnough("looks_cohorts", span, FIRST_DAYS)
    sums, bought = _so_far(days, metric, rule), _so_far(days, buyers, rule)
    arms = [arm for arm in dict.fromkeys(days["arm"]) if arm != control]
    mixture = rule.bounds(_LEVEL)
    each = [_looks(sums, bought, arm, control, mixture) for arm in arms]
    looks = pd.concat(each, ignore_index=True)
    if looks.empty:
        seen = _closed(rule, max(assigned))
        return NotEnough("looks_first", max(0, seen), FIRST_DAYS)
    looks["age"] = [(day - rule.first_day).days for day in looks["day"]]
    order = looks.sort_values(["day"], kind="stable", ignore_index=True)[list(_LOOK)]
    stopped = isinstance(validity, Validity) and validity.status == "invalid"
    return Sequential(
        looks=order,
        rule=rule,
        metric=metric,
        control=control,
        level=_LEVEL,
        withheld=validity.reason if stopped and isinstance(validity, Validity) else None,
        kind=_kind(days, metric),
        unit=unit_of(days),
    )


def _kind(days: pd.DataFrame, metric: str) -> Kind:
    """How the metric is written: of 0 and 1 the squares are the values themselves."""
    rows = days[days["metric"] == metric]
    if np.allclose(rows["total"], rows["total_squares"]):
        return "share"
    return "count" if metric == "orders" else "money"


def _closed(rule: LookRule, last: date) -> int:
    """Days of assignment whose windows are closed (count)."""
    end = min(last, rule.until - timedelta(days=rule.window_days))
    return (end - rule.first_day).days + 1


def _so_far(days: pd.DataFrame, metric: str, rule: LookRule) -> pd.DataFrame:
    """Running sums by day of assignment: columns (name, arm), for days whose window is closed."""
    if metric not in set(days["metric"]):
        msg = f"looks need the metric {metric!r} by day; there are: {', '.join(dict.fromkeys(days['metric']))}"
        raise ValueError(msg)
    rows = days[days["metric"] == metric].assign(day=lambda frame: pd.to_datetime(frame["day"]))
    wide = rows.pivot(index="day", columns="arm", values=["n", "total", "total_squares"]).astype(float).fillna(0.0)
    closed = wide.index + pd.Timedelta(days=rule.window_days) <= pd.Timestamp(rule.until)
    running = wide[closed].cumsum()
    running.index = running.index + pd.Timedelta(days=rule.window_days)
    return running


def _looks(sums: pd.DataFrame, bought: pd.DataFrame, arm: str, control: str, mixture: Mixture) -> pd.DataFrame:
    """The looks at one arm."""
    if sums.empty:
        return pd.DataFrame(columns=list(_LOOK))
    told = _within_plan(_compared(sums, bought, arm, control), mixture)
    units, error, effect = (told[name].to_numpy(float) for name in ("units", "error", "effect"))
    half = np.array([mixture.errors(n) for n in units]) * error
    p_values = [mixture.p(*one) for one in zip(effect, error, units, strict=True)]
    return told.assign(
        day=told.index.date,  # type: ignore[attr-defined]
        arm=arm,
        own_low=effect - half,
        own_high=effect + half,
        low=np.maximum.accumulate(effect - half),
        high=np.minimum.accumulate(effect + half),
        p=np.minimum.accumulate(p_values),
    )


def _compared(sums: pd.DataFrame, bought: pd.DataFrame, arm: str, control: str) -> pd.DataFrame:
    """The effect so far at each look that is allowed."""
    pair = [arm, control]
    n, total, squares = (sums[name][pair].to_numpy() for name in ("n", "total", "total_squares"))
    with np.errstate(divide="ignore", invalid="ignore"):
        means = total / n
        variances = np.clip((squares - total * means) / (n - 1), 0.0, None) / n
    frame = pd.DataFrame({"base": n[:, 0], "control_base": n[:, 1], "units": n.sum(axis=1)}, index=sums.index)
    each = bought["total"].reindex(sums.index).ffill().fillna(0.0)
    frame = frame.assign(
        effect=means[:, 0] - means[:, 1], error=np.sqrt(variances.sum(axis=1)), buyers=each[arm] + each[control]
    )
    old_enough = sums.index >= sums.index[0] + pd.Timedelta(days=FIRST_DAYS - 1)
    return frame[old_enough & (frame["buyers"] >= FIRST_BUYERS) & (frame["error"] > 0)]


def _within_plan(looks: pd.DataFrame, mixture: Mixture) -> pd.DataFrame:
    """The looks up to the first at which the planned units are in; without a plan, all of them."""
    if mixture.planned is None or looks.empty:
        return looks
    over = looks["units"] >= mixture.planned
    last = int(over.to_numpy().argmax()) if over.any() else len(looks) - 1
    return looks.iloc[: last + 1]
