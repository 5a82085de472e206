"""What is known of an effect once it is weighed with what was known before: a heavy-tailed prior, by quadrature.

An estimate and its standard error say how likely the data are under every effect (a normal likelihood); the prior says
how large such effects usually are. Its tails are those of Student's t with 4 degrees of freedom and not of the normal,
so that a large effect that is measured well is believed and not drawn to zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile

Floats = NDArray[np.float64]

DEGREES_OF_FREEDOM = 4.0
"""Of the prior: the smallest whole number with a finite variance and kurtosis that still is far from normal."""

LEVEL = 0.95

_CELLS = 64
_REACH = 10.0
_CORE = 4.0


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is believed of an effect before it is measured: Student's t around `mean`.

    Attributes:
        mean: The middle, in the unit of the effect.
        sd: Standard deviation, in the unit of the effect, > 0.
        df: Degrees of freedom, > 2; few mean heavy tails.
    """

    mean: float = 0.0
    sd: float = 0.15
    df: float = DEGREES_OF_FREEDOM

    def __post_init__(self) -> None:
        """Refuse a prior that is none.

        Raises:
            ValueError: `sd` is not above 0, `df` not above 2, or a field is not finite.
        """
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd > 0 and 2 < self.df < math.inf):
            msg = f"a prior needs a finite mean, sd > 0 and finite df > 2, not {self.mean}, {self.sd} and {self.df}"
            raise ValueError(msg)

    @property
    def scale(self) -> float:
        """Scale of the t distribution, whose standard deviation is scale x sqrt(df / (df - 2))."""
        return self.sd * math.sqrt((self.df - 2) / self.df)

    @property
    def low(self) -> float:
        """Lower bound of the central 95 %."""
        return 2 * self.mean - self.high

    @property
    def high(self) -> float:
        """Upper bound of the central 95 %."""
        from scipy.special import stdtrit

        return self.mean + self.scale * float(stdtrit(self.df, 0.5 + LEVEL / 2))

    def log_density(self, at: Floats) -> Floats:
        """Logarithm of the density, but for a constant.

        Args:
            at: Effects.
        """
        return -(self.df + 1) / 2 * np.log1p(((at - self.mean) / self.scale) ** 2 / self.df)


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """What is believed of an effect once it is measured.

    Attributes:
        mean: Its mean.
        sd: Its standard deviation.
        low: Lower bound of the central interval.
        high: Upper bound of the central interval.
        level: Probability between the bounds.
        prior: What was believed before.
        edges: Effects in rising order, dense where the mass is.
        cumulated: Probability up to each of them, from 0 to 1.
    """

    mean: float
    sd: float
    low: float
    high: float
    level: float
    prior: Prior
    edges: Floats = field(repr=False)
    cumulated: Floats = field(repr=False)

    def chance_positive(self, threshold: float = 0.0) -> float:
        """The probability that the effect is larger than a threshold.

        Args:
            threshold: In the unit of the effect.
        """
        return float(1 - np.interp(threshold, self.edges, self.cumulated))

    def draws(self, rng: np.random.Generator, n: int) -> Floats:
        """Effects drawn from the posterior, independent of one another.

        Args:
            rng: Draws them.
            n: How many.
        """
        return _inverse(rng.random(n), self.edges, self.cumulated)

    def to_frame(self) -> pd.DataFrame:
        """One row: mean, sd, low, high, level, chance_positive, and the prior's mean, sd and df."""
        before = {"prior_mean": self.prior.mean, "prior_sd": self.prior.sd, "prior_df": self.prior.df}
        names = ("mean", "sd", "low", "high", "level")
        told = {name: getattr(self, name) for name in names}
        return pd.DataFrame([told | {"chance_positive": self.chance_positive()} | before])


def posterior_of(estimate: float, se: float, prior: Prior, *, level: float = LEVEL) -> Posterior:
    """The posterior of an effect from its estimate, by quadrature.

    posterior(x) is proportional to t((x - mean) / scale; df) x normal(estimate; x, se).

    Args:
        estimate: Of the effect, on a scale on which its error is normal (for a relative effect: its logarithm).
        se: Its standard error, > 0.
        prior: What was believed before.
        level: Probability of the central interval.

    Raises:
        ValueError: The estimate is not finite, or `se` not finite and above 0.

    References:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., sections 10.1 (numerical integration) and
        17.2 (t distributions for robust inference).
    """
    if not (math.isfinite(estimate) and math.isfinite(se) and se > 0):
        msg = f"a posterior needs a finite estimate and a finite standard error above 0, not {estimate} and {se}"
        raise ValueError(msg)
    edges = _edges(estimate, se, prior)
    middles = (edges[:-1] + edges[1:]) / 2
    at_edges, at_middles = (_log_posterior(at, estimate, se, prior) for at in (edges, middles))
    top = max(at_edges.max(), at_middles.max())
    outer, inner = np.exp(at_edges - top), np.exp(at_middles - top)
    # Moments about the estimate, so that a small error beside a large effect loses no digits.
    total, first, second = (
        _simpson(edges, outer * (edges - estimate) ** k, inner * (middles - estimate) ** k).sum() for k in range(3)
    )
    cumulated = np.concatenate([[0.0], np.minimum(_simpson(edges, outer, inner).cumsum() / total, 1.0)])
    low, high = _inverse(np.array([0.5 - level / 2, 0.5 + level / 2]), edges, cumulated)
    return Posterior(
        mean=float(estimate + first / total),
        sd=math.sqrt(max(float(second / total - (first / total) ** 2), 0.0)),
        low=float(low),
        high=float(high),
        level=level,
        prior=prior,
        edges=edges,
        cumulated=cumulated,
    )


def relative_posterior(effect: Estimate | NotEnough, prior: Prior) -> Posterior | NotEnough:
    """The posterior of the logarithm of 1 + a relative effect.

    Args:
        effect: How much more in [-1, inf), as .08 for 8 %, with its interval.
        prior: Of the logarithm.

    Returns:
        The posterior; the `NotEnough` that came in; NotEnough("effect_interval") where the effect has no interval of
        some width above -1, so that its error is not known.
    """
    if isinstance(effect, NotEnough):
        return effect
    if effect.low is None or effect.high is None or effect.level is None or not -1 < effect.low < effect.high:
        return NotEnough("effect_interval", 0, 1)
    se = (math.log1p(effect.high) - math.log1p(effect.low)) / 2 / normal_quantile(effect.level)
    return posterior_of(math.log1p(effect.value), se, prior)


def _log_posterior(at: Floats, estimate: float, se: float, prior: Prior) -> Floats:
    return prior.log_density(at) - ((at - estimate) / se) ** 2 / 2


def _simpson(edges: Floats, at_edges: Floats, at_middles: Floats) -> Floats:
    """The integral over each cell."""
    return np.diff(edges) / 6 * (at_edges[:-1] + 4 * at_middles + at_edges[1:])


def _edges(estimate: float, se: float, prior: Prior) -> Floats:
    """Edges of cells that are narrow beside the standard error, and beside the prior's scale where it peaks."""
    by_error = estimate + se * np.arange(-_REACH, _REACH + 0.5, 0.5)
    span = max(abs(by_error[0] - prior.mean), abs(by_error[-1] - prior.mean)) / prior.scale
    core = np.arange(0.0, _CORE, 0.25)
    tail = np.geomspace(_CORE, max(span, _CORE) * 1.01, 1 + math.ceil(6 * math.log(max(span / _CORE, math.e))))
    steps = np.concatenate([core, tail])
    by_prior = prior.mean + prior.scale * np.concatenate([-steps[::-1], steps])
    low, high = min(by_error[0], prior.mean - _CORE * prior.scale), max(by_error[-1], prior.mean + _CORE * prior.scale)
    knots = np.unique(np.concatenate([by_error, by_prior]))
    knots = knots[(knots >= low) & (knots <= high)]
    inside = knots[:-1, None] + np.diff(knots)[:, None] * (np.arange(_CELLS) / _CELLS)
    return np.append(inside.ravel(), knots[-1])


def _inverse(shares: Floats, edges: Floats, cumulated: Floats) -> Floats:
    """The effects up to which given shares of the probability lie."""
    rising = np.append(True, np.diff(cumulated) > 0)
    return np.interp(shares, cumulated[rising], edges[rising])
