"""Effects of several groups drawn towards their mean, by how much of their scatter is chance."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shrunk:
    """Effects of groups with what is known of their scatter; arrays over the groups.

    Attributes:
        value: Effects drawn towards the mean of all.
        sd: Their standard deviations.
        spread: Standard deviation of the true effects; 0 where chance explains all of the scatter.
        statistic: Cochran's Q.
        p: Its p-value: the chance of as much scatter where all groups have the same effect.
        against_others: z of each effect's difference from the precision-weighted mean of the others.
    """

    value: Floats = field(repr=False)
    sd: Floats = field(repr=False)
    spread: float
    statistic: float
    p: float
    against_others: Floats = field(repr=False)


def shrunk(effect: Floats, variance: Floats) -> Shrunk:
    """Effects drawn towards their mean.

    Args:
        effect: Of two groups or more, independent of one another.
        variance: Their squared standard errors, > 0.

    References:
        Cochran (1954), The combination of estimates from different experiments, Biometrics 10 (Q); DerSimonian and
        Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7 (the spread of true effects);
        Morris (1983), Parametric empirical Bayes inference, JASA 78 (shrinkage).
    """
    from scipy.special import chdtrc

    weights = 1 / variance
    mean = float((weights * effect).sum() / weights.sum())
    scatter = float((weights * (effect - mean) ** 2).sum())
    freedom = len(effect) - 1
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, (scatter - freedom) / scale)
    weights = 1 / (variance + between)
    centre, centre_variance = float((weights * effect).sum() / weights.sum()), 1 / float(weights.sum())
    kept = between / (between + variance)
    return Shrunk(
        value=centre + kept * (effect - centre),
        sd=np.sqrt(kept * variance + (1 - kept) ** 2 * centre_variance),
        spread=math.sqrt(between),
        statistic=scatter,
        p=float(chdtrc(freedom, scatter)),
        against_others=_against_others(effect, variance),
    )


def _against_others(effect: Floats, variance: Floats) -> Floats:
    """How far each effect lies from the precision-weighted mean of the others, in standard errors."""
    weights = 1 / variance
    others = weights.sum() - weights
    mean = ((weights * effect).sum() - weights * effect) / others
    return np.asarray((effect - mean) / np.sqrt(variance + 1 / others))
