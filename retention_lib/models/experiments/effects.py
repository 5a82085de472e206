"""What the arms of a test did: effects with intervals, and whether they may be claimed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.comparisons import comparison
from retention_lib.models.experiments.metrics import (
    AUTO,
    Metric,
    goal_metrics,
    goal_of,
    guardrail_metrics,
    kind_of,
)
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.validity import Validity, refusal_of
from retention_lib.models.intervals import holm_adjusted

Status = Literal["valid", "interim", "invalid"]
GOAL, GUARDRAIL = "goal", "guardrail"
COLUMNS = (
    *("metric", "arm", "role", "kind", "base", "control_base", "control_mean", "arm_mean", "effect", "low", "high"),
    *("relative", "relative_low", "relative_high", "plain_effect", "plain_low", "plain_high", "variance_reduction"),
    *("detectable", "p", "p_adjusted", "claimed", "reason"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects:
    """Effects of every arm against control, metric by metric.

    Attributes:
        table: One row a metric and arm, the goal first and guardrails last: metric, arm, role (`goal`, corrected
            together, or `guardrail`), kind (`share`, `money`, `count`, or `ratio`: money an order), base, control_base
            (units with a value), control_mean, arm_mean (control mean + effect: the arm's, had it started like the
            control), effect, low, high (adjusted for the same metric before the test where that is known), relative,
            relative_low, relative_high (to the control mean), plain_effect, plain_low, plain_high (unadjusted),
            variance_reduction (share saved by the adjustment), detectable (smallest true effect found with 80 % power),
            p (two-sided), p_adjusted (Holm over all rows of the goal's role), claimed, reason ("customers_per_arm",
            "few_conversions", "few_orders", "zero_variance", "not_significant", "guardrail", or the code of the check
            that the test fails; missing = claimed). NaN = cannot be computed, with the reason beside it.
        control: Name of the control arm.
        level: Confidence level of the intervals.
        unit: What was counted: `customer` or `household`.
        goal: The metric that decides.
        status: Whether the test may be called.
        withheld: Code of the check that forbids it; None for a valid test.
    """

    table: pd.DataFrame
    control: str
    level: float
    unit: str
    goal: str
    status: Status
    withheld: str | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms compared with the control, in their order."""
        return tuple(dict.fromkeys(self.table["arm"]))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the goal, the one that decides first."""
        return tuple(dict.fromkeys(self.table.loc[self.table["role"] == GOAL, "metric"]))

    @property
    def goals(self) -> pd.DataFrame:
        """The rows of the metric that decides, one an arm."""
        return self.table[self.table["metric"] == self.goal].reset_index(drop=True)

    @property
    def best(self) -> str | None:
        """The arm that is shown to raise the goal most; None where none is."""
        raised = self.goals[self.goals["claimed"].astype(bool) & (self.goals["effect"] > 0)]
        return None if raised.empty else str(raised.loc[raised["effect"].idxmax(), "arm"])

    @property
    def variance_reduction(self) -> Estimate | NotEnough:
        """Share of the goal's variance saved by knowing it before the test; not asked without a history."""
        rows = self.goals[self.goals["variance_reduction"].notna()]
        if rows.empty:
            return NotAsked("history", 0, 1)
        return Estimate(
            float(rows["variance_reduction"].mean()), n=int(rows["base"].sum() + rows["control_base"].max())
        )

    @property
    def precision(self) -> EffectPrecision:
        """How finely each effect is known."""
        return EffectPrecision(effects=self)

    def effect(self, metric: str, arm: str, *, relative: bool = False) -> Estimate | NotEnough:
        """One effect: value = arm minus control, n = units of both.

        Args:
            metric: The metric.
            arm: The arm.
            relative: As a share of the control mean, with its own interval; p-values stay those of the difference.

        Returns:
            The effect, without bounds where they are refused; NotEnough("customers_per_arm") when the arm or the
            control is empty, NotEnough("control_above_zero") for a share of nothing.

        Raises:
            KeyError: There is no such metric or arm.
        """
        rows = self.table.loc[(self.table["metric"] == metric) & (self.table["arm"] == arm)]
        if rows.empty:
            known = ", ".join(f"{row.metric} of {row.arm}" for row in self.table.itertuples())
            msg = f"no effect on {metric!r} of arm {arm!r}; there are: {known}"
            raise KeyError(msg)
        row = rows.iloc[0]
        if math.isnan(row["effect"]):
            return NotEnough("customers_per_arm", float(min(row["base"], row["control_base"])), 2)
        if relative and math.isnan(row["relative"]):
            return NotEnough("control_above_zero", 0, 0)
        names = ("relative", "relative_low", "relative_high") if relative else ("effect", "low", "high")
        value, low, high, p, p_adjusted = (_known(row[name]) for name in (*names, "p", "p_adjusted"))
        return Estimate(
            float(value or 0.0),
            low=low,
            high=high,
            level=None if low is None else self.level,
            n=int(row["base"] + row["control_base"]),
            p=p,
            p_adjusted=p_adjusted,
            claimed=bool(row["claimed"]) if row["role"] == GOAL else None,
            reason=row["reason"],
        )

    def figures(self) -> dict[str, Estimate | NotEnough]:
        """The effects by figure id, `<metric>_effect_<arm>`; refusals where the test may not be called."""
        rows = zip(self.table["metric"], self.table["arm"], strict=True)
        if self.withheld is not None:
            return {f"{metric}_effect_{arm}": refusal_of(self.withheld) for metric, arm in rows}
        return {f"{metric}_effect_{arm}": self.effect(metric, arm) for metric, arm in rows}

    def to_frame(self) -> pd.DataFrame:
        """The table of effects."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectPrecision:
    """How finely effects are known: relative intervals, what history saved, what a test of this size finds.

    Attributes:
        effects: The effects.
    """

    effects: Effects

    def to_frame(self) -> pd.DataFrame:
        """The table of effects."""
        return self.effects.table


def effects(
    moments: Moments | NotEnough,
    *,
    control: str | NotEnough,
    goal: str = AUTO,
    metrics: Sequence[str] | NotEnough = (),
    validity: Validity | NotEnough | None = None,
    level: float = 0.95,
) -> Effects | NotEnough:
    """The effect of every arm against control on every metric, by intention to treat.

    Args:
        moments: Of all arms.
        control: The arm to compare with.
        goal: The metric that decides; `auto` for gross profit, else revenue, else the first that is no share.
        metrics: Those to judge beside it, as in `metrics.goal_metrics`; all if omitted.
        validity: The checks of the test; a claim is made only of a valid one. None where there is none to make.
        level: Confidence level; an effect is claimed when p_adjusted is below 1 - level.

    Returns:
        The effects; NotEnough("arms") below two arms, NotEnough("goal_known") where the goal cannot be told.

    Raises:
        ValueError: The control is no arm, or a metric is not known.

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6. Guardrails are
        not in its family: each is a condition that must hold, so that testing more of them makes no false gain.
    """
    for given in (moments, control, metrics):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(moments, Moments)
    assert isinstance(control, str)
    assert not isinstance(metrics, NotEnough)
    if control not in moments.names:
        msg = f"control arm {control!r} is not among the arms {', '.join(moments.names)}"
        raise ValueError(msg)
    if len(moments.names) < 2:
        return NotEnough("arms", len(moments.names), 2)
    wanted = goal_metrics(moments, metrics if goal == AUTO or not metrics else [*metrics, goal])
    decides = goal_of(wanted, moments, goal)
    if isinstance(decides, NotEnough):
        return decides
    ordered = sorted(wanted, key=lambda one: one.name != decides)
    rows = [row for one in ordered for row in _rows(moments, one, control, GOAL, level)]
    rows += [row for one in guardrail_metrics(moments) for row in _rows(moments, one, control, GUARDRAIL, level)]
    status, reason = _status(validity), None if validity is None else validity.reason
    withheld = reason if status != "valid" else None
    table = _judged(pd.DataFrame(rows), level, failed=withheld)
    return Effects(
        table=table,
        control=control,
        level=level,
        unit=moments.unit,
        goal=decides,
        status=status,
        withheld=withheld,
    )


def _rows(moments: Moments, metric: Metric, control: str, role: str, level: float) -> list[dict[str, object]]:
    """One metric of every arm."""
    kind = kind_of(metric, moments)
    return [
        {
            "metric": metric.name,
            "arm": arm,
            "role": role,
            "kind": kind,
            **asdict(comparison(moments, metric, arm=arm, control=control, level=level)),
        }
        for arm in moments.names
        if arm != control
    ]


def _status(validity: Validity | NotEnough | None) -> Status:
    """Whether the test may be called; one whose checks cannot be made may not."""
    if validity is None:
        return "valid"
    return "invalid" if isinstance(validity, NotEnough) else validity.status


def _judged(table: pd.DataFrame, level: float, *, failed: str | None) -> pd.DataFrame:
    """The table with p-values adjusted and every claim decided."""
    goals = table["role"] == GOAL
    p_adjusted = holm_adjusted(table["p"].where(goals).to_numpy(dtype=float))
    reasons = [
        failed or refusal or ((None if found else "not_significant") if goal else GUARDRAIL)
        for refusal, found, goal in zip(table["reason"], p_adjusted < 1 - level, goals, strict=True)
    ]
    table = table.assign(p_adjusted=p_adjusted, claimed=[reason is None for reason in reasons])
    table["reason"] = pd.Series(reasons, index=table.index, dtype=object)
    return table[list(COLUMNS)]


def _known(number: float) -> float | None:
    """The number, or None for NaN."""
    return None if math.isnan(number) else float(number)
