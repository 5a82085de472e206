"""One metric of one arm of a test against the arm left alone, with or without what was known before."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from retention_lib.models.experiments.metrics import Metric
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.noise import Noise, difference_noise
from retention_lib.models.experiments.refusals import least, refusal
from retention_lib.models.experiments.slopes import overall_slope
from retention_lib.models.intervals import normal_quantile

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates


_ROUNDING = 1e-7


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A metric of an arm against control; NaN = cannot be computed, for the reason given.

    Attributes:
        base: Units of the arm with a value (count).
        control_base: Those of the control.
        control_mean: Mean (or ratio) of the control, as it was.
        arm_mean: Control mean + effect: that of the arm, had it started like the control.
        effect: The difference, adjusted for what was known before where that is known, else plain.
        low: Lower bound of its interval (Welch).
        high: Upper bound.
        error: Its standard error.
        freedom: Degrees of freedom (Welch and Satterthwaite).
        p: Two-sided p-value.
        relative: Effect / control mean; NaN unless the control mean is above 0.
        relative_low: Lower bound by the delta method.
        relative_high: Upper bound.
        plain_effect: The difference without adjustment.
        plain_low: Its lower bound.
        plain_high: Its upper bound.
        variance_reduction: Share of the variance that the adjustment saved; NaN where nothing was adjusted.
        detectable: Smallest true effect found in 80 of 100 such tests at the level.
        reason: Why there is no interval: "customers_per_arm", "few_conversions", "few_orders", "zero_variance"; None.
    """

    base: int
    control_base: int
    control_mean: float
    arm_mean: float
    effect: float
    low: float = math.nan
    high: float = math.nan
    error: float = math.nan
    freedom: float = math.nan
    p: float = math.nan
    relative: float = math.nan
    relative_low: float = math.nan
    relative_high: float = math.nan
    plain_effect: float = math.nan
    plain_low: float = math.nan
    plain_high: float = math.nan
    variance_reduction: float = math.nan
    detectable: float = math.nan
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """Both arms' sums of a metric, and of what was known before where it is adjusted.

    Pooling and the delta method are tea-tasting's; its own test is not called, as it also takes the logarithm of the
    means' ratio, which is out of range where a mean is near 0, as a profit may be.
    """

    arm: Aggregates
    control: Aggregates
    metric: Metric
    adjusted: bool

    def names(self) -> tuple[str, str | None, str | None, str | None]:
        """Above and below in the metric, above and below in what was known before."""
        before = self.metric.before if self.adjusted else ()
        return (self.metric.column, self.metric.per, *(*before, None, None)[:2])  # type: ignore[return-value]

    @cached_property
    def slope(self) -> float:
        """How much the metric rises with what was known before, over both arms."""
        above, below, known, per = self.names()
        return overall_slope(self.control + self.arm, above, known, below=below, per=per) if known else 0.0

    @property
    def effect(self) -> float:
        """Arm less control, less what the arm was ahead before."""
        above, below, known, per = self.names()
        ahead = self.arm.mean(known) / self.arm.mean(per) - self.control.mean(known) / self.control.mean(per)
        plain = self.arm.mean(above) / self.arm.mean(below) - self.control.mean(above) / self.control.mean(below)
        return float(plain - self.slope * ahead)

    def variance(self, side: Aggregates) -> float:
        """Of one unit's adjusted value."""
        above, below, known, per = self.names()
        covariance = side.ratio_cov(above, below, known, per)
        spread = side.ratio_var(above, below) + self.slope**2 * side.ratio_var(known, per)
        return max(float(spread - 2 * self.slope * covariance), 0.0)

    @property
    def noise(self) -> Noise:
        """How far the effect is off by chance."""
        return difference_noise(
            [self.variance(one) for one in (self.arm, self.control)], [self.arm.count(), self.control.count()]
        )

    def relative_error(self, ratio: float) -> float:
        """Standard error of the adjusted arm over the control as it was, by the delta method."""
        above, below, known, per = self.names()
        control = self.control
        spread = control.ratio_var(above, below) * ratio**2 + control.ratio_var(known, per) * self.slope**2
        spread -= 2 * ratio * self.slope * control.ratio_cov(above, below, known, per)
        variance = self.variance(self.arm) / self.arm.count() + max(float(spread), 0.0) / control.count()
        return math.sqrt(variance) / float(control.mean(above) / control.mean(below))


def comparison(moments: Moments, metric: Metric, *, arm: str, control: str, level: float = 0.95) -> Comparison:
    """What an arm changed in a metric, by intention to treat.

    Welch's interval and test, for ratios by the delta method, adjusted for the same metric before the test (CUPED)
    where all units of both arms have it; the variance of a 0/1 metric that is not adjusted is share * (1 - share). The
    relative interval is the delta method's for the ratio of the adjusted arm to the control as it was.

    Args:
        moments: Of all arms.
        metric: What is compared.
        arm: The arm.
        control: The arm left alone.
        level: Confidence level.

    References:
        Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
        pre-experiment data, WSDM, equations 4 to 6; Deng, Knoblich and Lu (2018), Applying the delta method in metric
        analytics, KDD, section 2; Welch (1947), Biometrika 34.
    """
    normal_quantile(level)  # refuses a level outside (0, 1)
    bases = [min(moments.spread(name, one).n for one in metric.columns) for name in (arm, control)]
    means = [_mean(moments, metric, name) for name in (arm, control)]
    told = Comparison(
        base=bases[0],
        control_base=bases[1],
        control_mean=means[1],
        arm_mean=means[0],
        effect=means[0] - means[1],
        plain_effect=means[0] - means[1],
        relative=(means[0] - means[1]) / means[1] if means[1] > 0 else math.nan,
        reason=refusal(moments, metric, (arm, control)),
    )
    if told.reason:
        return replace(told, detectable=least(moments, metric, (arm, control), level))
    return _full(moments, metric, (arm, control), told, level)


def _mean(moments: Moments, metric: Metric, arm: str) -> float:
    above = moments.mean(arm, metric.column)
    below = 1.0 if metric.per is None else moments.mean(arm, metric.per)
    return above / below if below else math.nan


def _full(moments: Moments, metric: Metric, arms: tuple[str, str], told: Comparison, level: float) -> Comparison:
    """The comparison with its intervals, adjusted where that can be."""
    plain = _sides(moments, metric, arms, adjusted=False)
    sides = _sides(moments, metric, arms, adjusted=True) if _is_known(moments, metric, arms) else plain
    sides = sides if _varies(sides, told) else plain
    if not _varies(sides, told):
        return replace(told, reason="zero_variance")
    effect, noise = sides.effect, sides.noise
    relative = effect / told.control_mean if told.control_mean > 0 else math.nan
    relative_half = math.nan if math.isnan(relative) else noise.half(level, sides.relative_error(1 + relative))
    half, plain_half = noise.half(level), plain.noise.half(level)
    return replace(
        told,
        arm_mean=told.control_mean + effect,
        effect=effect,
        low=effect - half,
        high=effect + half,
        error=noise.error,
        freedom=noise.freedom,
        p=noise.p(effect),
        plain_low=told.plain_effect - plain_half,
        plain_high=told.plain_effect + plain_half,
        variance_reduction=1 - (noise.error / plain.noise.error) ** 2 if sides.adjusted else math.nan,
        detectable=noise.detectable(level),
        relative=relative,
        relative_low=relative - relative_half,
        relative_high=relative + relative_half,
    )


def _varies(sides: _Sides, told: Comparison) -> bool:
    """Whether more than rounding is left of the spread: a ratio may be the same for everybody."""
    return sides.noise.error > _ROUNDING * abs(told.control_mean)


def _sides(moments: Moments, metric: Metric, arms: tuple[str, str], *, adjusted: bool) -> _Sides:
    """The sums of both arms; a 0/1 column's variance is share * (1 - share)."""
    columns = (*metric.columns, *(metric.before if adjusted else ()))
    found = [moments.aggregates(arm, *columns) for arm in arms]
    if columns == (metric.column,) and moments.binary(metric.column):
        for one in found:
            one.var_ = {metric.column: one.mean(metric.column) * (1 - one.mean(metric.column))}
    return _Sides(arm=found[0], control=found[1], metric=metric, adjusted=adjusted)


def _is_known(moments: Moments, metric: Metric, arms: tuple[str, str]) -> bool:
    """Whether every unit with a result has a value from before, and these differ."""
    return all(
        name in moments.columns
        and moments.spread(arm, name).n == moments.spread(arm, metric.column).n
        and moments.variance(arm, name) > 0
        and moments.mean(arm, name) > (0 if metric.per is not None else -math.inf)
        for arm in arms
        for name in metric.before
    )
