"""What the arms of a test did: effects with intervals, and whether they may be claimed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, unit_of
from retention_lib.models.experiments.sample_ratio import MINIMUM_EXPECTED, SampleRatio
from retention_lib.models.intervals import holm_adjusted, normal_quantile

MINIMUM_CUSTOMERS = 30
POWER_QUANTILE = 0.8416212335729143  # standard normal, 80 %


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmEffects:
    """Effects of every arm against control, metric by metric.

    Attributes:
        table: One row a metric and arm, in the order given: arm, metric, base, control_base (customers or
            households), members (customers of the arm per unit), binary (True for a metric of 0 and 1),
            control_mean, arm_mean, effect (arm minus control), low, high, relative (effect / control mean),
            relative_low, relative_high, detectable (the smallest true effect found with 80 % power), p
            (two-sided), p_adjusted (Holm over all rows), claimed, reason (why not: "sample_ratio_broken",
            "customers_per_arm", "zero_variance", "few_conversions", "not_significant"; missing = claimed).
            NaN = cannot be computed, with the reason beside it; relative is NaN when the control mean is 0,
            effect when an arm is empty.
        control: Name of the control arm.
        level: Confidence level of the intervals.
        unit: What was counted: `customer` or `household`.
    """

    table: pd.DataFrame
    control: str
    level: float
    unit: str = "customer"

    def effect(self, metric: str, arm: str) -> Estimate | NotEnough:
        """One effect: value = arm minus control, n = customers of both.

        Returns:
            The effect, without bounds where they are refused; NotEnough("customers_per_arm") when the arm
            or the control is empty.

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
        bounds = {name: _known(row[name]) for name in ("low", "high", "p", "p_adjusted")}
        return Estimate(
            float(row["effect"]),
            level=None if bounds["low"] is None else self.level,
            n=int(row["base"] + row["control_base"]),
            claimed=bool(row["claimed"]),
            reason=row["reason"],
            **bounds,
        )

    def to_frame(self) -> pd.DataFrame:
        """The table of effects."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class _Moments:
    """Units, customers a unit, mean and variance of one metric in one arm; successes only of a binary metric."""

    n: int
    members: float
    mean: float
    variance: float
    binary: bool

    @property
    def few_conversions(self) -> bool:
        """Whether the normal approximation of a binary metric is out of reach."""
        return self.binary and self.n * min(self.mean, 1 - self.mean) < MINIMUM_EXPECTED - 0.5


def arm_effects(
    moments: pd.DataFrame | NotEnough,
    *,
    control: str,
    level: float = 0.95,
    ratio: SampleRatio | NotEnough | None = None,
) -> ArmEffects | NotEnough:
    """The effect of every arm against control on every metric, by intention to treat.

    Welch's unpooled interval and test; the variance of a binary metric is share * (1 - share). Relative
    intervals by the delta method. No interval and no p-value is given where the approximation is out of
    reach: fewer than 30 customers in an arm (five conversions and five others of a binary metric), or a
    metric that does not vary.

    Args:
        moments: Columns arm, metric, n (customers assigned), total and total_squares (sums of the metric
            and of its square over them), binary (True for a metric of 0 and 1); where n counts households, also
            unit (`household`) and members (customers assigned in them).
        control: The arm to compare with.
        level: Confidence level; an effect is claimed when p_adjusted is below 1 - level.
        ratio: The check of the split; a broken one, or one that could not be made, withholds every claim.

    Returns:
        The effects; NotEnough("arms") below two arms.

    Raises:
        ValueError: The control arm is not there, a metric lacks it, a metric and arm come twice, or a
            moment is not finite.

    References:
        Welch (1947), Biometrika 34; Holm (1979), Scand. J. Statistics 6.
    """
    if isinstance(moments, NotEnough):
        return moments
    arms = list(dict.fromkeys(moments["arm"]))
    if len(arms) < 2:
        return NotEnough("arms", len(arms), 2)
    if control not in arms:
        msg = f"control arm {control!r} is not among the arms {', '.join(map(str, arms))}"
        raise ValueError(msg)
    normal_quantile(level)
    if moments.duplicated(["metric", "arm"]).any():
        msg = "moments hold a metric and arm twice; give one row for each"
        raise ValueError(msg)
    rows = _comparisons(moments, arms, control, level)
    if not rows:
        return NotEnough("arms", 1, 2)
    table = _judged(pd.DataFrame(rows), level, valid=_holds(ratio))
    return ArmEffects(table=table, control=control, level=level, unit=unit_of(moments))


def effect_figures(
    effects: ArmEffects | NotEnough, *, metrics: Sequence[str] | None = None
) -> dict[str, Estimate | NotEnough]:
    """The effects by figure id, `<metric>_effect_<arm>`.

    Args:
        effects: From `arm_effects`.
        metrics: Only these, in this order; all if omitted.

    Returns:
        One entry a metric and arm; empty when there are no effects.
    """
    if isinstance(effects, NotEnough):
        return {}
    rows = list(zip(effects.table["metric"], effects.table["arm"], strict=True))
    wanted = list(dict.fromkeys(metrics if metrics is not None else effects.table["metric"]))
    return {
        f"{metric}_effect_{arm}": effects.effect(metric, arm)
        for name in wanted
        for metric, arm in rows
        if metric == name
    }


def _holds(ratio: SampleRatio | NotEnough | None) -> bool:
    """Whether the split allows a claim; without a check it is taken to hold."""
    return ratio is None or (isinstance(ratio, SampleRatio) and not ratio.broken)


def _comparisons(moments: pd.DataFrame, arms: list[str], control: str, level: float) -> list[dict[str, object]]:
    """The rows of the table of effects, metric by metric and arm by arm in the order given."""
    read = {(row["metric"], row["arm"]): _moments(row) for row in moments.to_dict("records")}
    rows = []
    for metric in dict.fromkeys(moments["metric"]):
        if (metric, control) not in read:
            msg = f"metric {metric!r} has no row for the control arm {control!r}"
            raise ValueError(msg)
        others = [arm for arm in arms if arm != control and (metric, arm) in read]
        rows += [
            {"arm": arm, "metric": metric, **_comparison(read[metric, arm], read[metric, control], level)}
            for arm in others
        ]
    return rows


def _moments(row: Mapping[Hashable, Any]) -> _Moments:
    """Mean and variance of one row of sums."""
    n, total, squares = (float(row[name]) for name in ("n", "total", "total_squares"))
    binary = bool(row["binary"])
    place = f"metric {row['metric']!r} of arm {row['arm']!r}"
    if n == 0:
        # Nobody in the arm has a value, and so it has no sums.
        return _Moments(n=0, members=1.0, mean=math.nan, variance=0.0, binary=binary)
    if not all(map(math.isfinite, (n, total, squares))) or n < 0:
        msg = f"{place} has sums that are no numbers: check for missing values in the metric"
        raise ValueError(msg)
    if binary and not 0 <= total <= n:
        msg = f"{place} is called binary but sums to {total} over {n} customers"
        raise ValueError(msg)
    mean = total / n
    spread = squares - total * mean
    # What is left of the squares after the subtraction is rounding when it is 1e-12 of them.
    variance = spread / (n - 1) if n > 1 and spread > 1e-12 * squares else 0.0
    members = float(row.get("members", n)) / n
    variance = mean * (1 - mean) if binary else variance
    return _Moments(n=int(n), members=members, mean=mean, variance=variance, binary=binary)


def _refusal(arm: _Moments, control: _Moments) -> str | None:
    """Why two arms cannot be compared, if so."""
    smallest = min(arm.n, control.n)
    if smallest < 2 or (smallest < MINIMUM_CUSTOMERS and not arm.binary):
        return "customers_per_arm"
    if arm.binary and (arm.few_conversions or control.few_conversions):
        # Below ten customers an arm could not have five conversions and five others.
        return "customers_per_arm" if smallest < 2 * MINIMUM_EXPECTED else "few_conversions"
    if arm.variance == 0 or control.variance == 0:
        return "zero_variance"
    return None


def _comparison(arm: _Moments, control: _Moments, level: float) -> dict[str, object]:
    """One row of the table of effects, before the correction for several comparisons."""
    effect = arm.mean - control.mean
    row: dict[str, object] = {
        "base": arm.n,
        "control_base": control.n,
        "members": arm.members,
        "binary": arm.binary,
        "control_mean": control.mean,
        "arm_mean": arm.mean,
        "effect": effect,
        "relative": effect / control.mean if control.mean != 0 else math.nan,
        "reason": _refusal(arm, control),
    }
    missing = ("low", "high", "relative_low", "relative_high", "detectable", "p")
    if row["reason"] is not None:
        return {**row, **dict.fromkeys(missing, math.nan)}
    return {**row, **_welch(arm, control, level), **_relative_bounds(arm, control, level)}


def _welch(arm: _Moments, control: _Moments, level: float) -> dict[str, float]:
    """Interval, p-value and detectable effect of the difference of two means."""
    from scipy.special import stdtr, stdtrit

    effect = arm.mean - control.mean
    error, freedom = _error(arm.variance / arm.n, control.variance / control.n, arm, control)
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    # Both groups are taken to vary as they did: the usual plan, with the normal quantiles.
    detectable = (normal_quantile(level) + POWER_QUANTILE) * error
    p = 2 * float(stdtr(freedom, -abs(effect) / error))
    return {"low": effect - half, "high": effect + half, "detectable": detectable, "p": p}


def _relative_bounds(arm: _Moments, control: _Moments, level: float) -> dict[str, float]:
    """Interval of arm mean / control mean - 1 by the delta method."""
    from scipy.special import stdtrit

    if control.mean == 0:
        return {"relative_low": math.nan, "relative_high": math.nan}
    ratio = arm.mean / control.mean
    freedom = _error(arm.variance / arm.n, control.variance / control.n, arm, control)[1]
    variance = arm.variance / arm.n + control.variance / control.n * ratio**2
    half = float(stdtrit(freedom, 0.5 + level / 2)) * math.sqrt(variance) / abs(control.mean)
    return {"relative_low": ratio - 1 - half, "relative_high": ratio - 1 + half}


def _error(first: float, second: float, arm: _Moments, control: _Moments) -> tuple[float, float]:
    """Standard error and Welch and Satterthwaite's degrees of freedom from the variances of two means."""
    freedom = (first + second) ** 2 / (first**2 / (arm.n - 1) + second**2 / (control.n - 1))
    return math.sqrt(first + second), freedom


def _judged(table: pd.DataFrame, level: float, *, valid: bool) -> pd.DataFrame:
    """The table with p-values adjusted and every claim decided."""
    p_adjusted = holm_adjusted(table["p"].to_numpy(dtype=float))
    significant = p_adjusted < 1 - level
    reasons = [
        "sample_ratio_broken" if not valid else refusal or (None if found else "not_significant")
        for refusal, found in zip(table["reason"], significant, strict=True)
    ]
    table = table.assign(p_adjusted=p_adjusted, claimed=[reason is None for reason in reasons])
    table["reason"] = pd.Series(reasons, index=table.index, dtype=object)
    order = [
        "arm",
        "metric",
        "base",
        "control_base",
        "members",
        "binary",
        "control_mean",
        "arm_mean",
        "effect",
        "low",
        "high",
    ]
    order += [
        "relative",
        "relative_low",
        "relative_high",
        "detectable",
        "p",
        "p_adjusted",
        "claimed",
        "reason",
    ]
    return table[order]


def _known(number: float) -> float | None:
    """The number, or None for NaN."""
    return None if math.isnan(number) else float(number)
