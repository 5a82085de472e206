"""A normal model of what lists gained: offers, scenarios and lists differ, and what lies back counts less."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retention_lib.models.actions.playbook_terms import NO_OFFER

Floats: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[str, str]
"""A scenario and an offer."""

GENERAL, OFFER, SCENARIO, BOTH, LIST = 0.2, 0.3, 0.2, 0.15, 0.15
"""Shares of the variance of a list's gain, before any is seen: common to all lists; to those with its offer, if it has
one; to those of its scenario; to those of both; its own."""

SHARED_CONTROL = 0.5
"""Correlation of the errors of two offers of one test, which share their control; 1/2 for arms of one size."""

DOUBT = 0.5
"""Standard deviation of the logarithm of the spread before any list is seen: by a factor of 1.6 either way."""

_REACH, _STEPS = 3.0, 25


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What is believed of lists before any is judged, and for how long one counts.

    Attributes:
        scale: Standard deviation of the relative gain of a list, > 0: 0.3 takes it that 95 of 100 lists gain or lose
            less than 59 % of what their customers would have brought anyway.
        mean: Its middle.
        half_life_months: Months after which a list counts half, > 0.
    """

    scale: float = 0.3
    mean: float = 0.0
    half_life_months: float = 6.0

    def __post_init__(self) -> None:
        """Refuse a memory that is none.

        Raises:
            ValueError: The scale or the half-life is not above 0.
        """
        if not (self.scale > 0 and self.half_life_months > 0):
            msg = f"scale and half_life_months are above 0, not {self.scale} and {self.half_life_months}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Gains:
    """The relative gains of lists that are over.

    Attributes:
        pairs: Scenario and offer of each.
        tests: The test of each: two offers of one test share their control.
        values: The gains.
        errors: Their standard errors, > 0.
        age_months: How long ago each was judged.
    """

    pairs: tuple[Pair, ...]
    tests: tuple[str, ...]
    values: Floats
    errors: Floats
    age_months: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Believed:
    """What is believed of some pairs of scenario and offer.

    Attributes:
        mean: Of the relative gain, pair by pair.
        covariance: Of the gains averaged over lists to come.
        own: Variance by which a single list differs from that average.
    """

    mean: Floats
    covariance: Floats
    own: float

    @property
    def next_covariance(self) -> Floats:
        """Covariance of the gains of the next lists, one a pair."""
        return self.covariance + self.own * np.eye(len(self.mean))


def believed(gains: Gains, pairs: Sequence[Pair], memory: Memory) -> Believed:
    """What the gains of lists that are over teach of others.

    A list's gain is a normal deviate around the mean of its scenario with its offer, which differs from the mean of all
    by what is common to the offer, to the scenario, and to both. The variances have fixed proportions and a common
    scale; that is unknown, its logarithm normal around the one believed, and summed over. Of a list t months old the
    variance, its own and that of its error, is taken 2^(t / half-life) times.

    Args:
        gains: Of the lists.
        pairs: Of which something is to be told.
        memory: What is believed before.

    References:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., sections 5.4 and 15.1 (normal hierarchical models);
        Ibrahim and Chen (2000), Statistical Science 15 (power priors: old data count less).
    """
    if not gains.pairs:
        return _given_scale(gains, pairs, memory, memory.scale).believed
    steps = np.linspace(-_REACH, _REACH, _STEPS)
    scales = memory.scale * np.exp(DOUBT * steps - DOUBT**2)
    fits = [_given_scale(gains, pairs, memory, float(scale)) for scale in scales]
    logs = np.array([fit.log for fit in fits]) - steps**2 / 2
    weights = np.exp(logs - logs.max())
    return _averaged([fit.believed for fit in fits], weights / weights.sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """What is believed given a scale, and the logarithm of the likelihood of that scale."""

    believed: Believed
    log: float


def _given_scale(gains: Gains, pairs: Sequence[Pair], memory: Memory, scale: float) -> _Fit:
    """The posterior of a Gaussian process with a known covariance."""
    among = scale**2 * alike(pairs, pairs)
    own = LIST * scale**2
    if not gains.pairs:
        return _Fit(believed=Believed(mean=np.full(len(pairs), memory.mean), covariance=among, own=own), log=0.0)
    covariance = scale**2 * alike(gains.pairs, gains.pairs) + _noise(gains, memory, own)
    across = scale**2 * alike(pairs, gains.pairs)
    root = np.linalg.cholesky(covariance)
    apart = np.linalg.solve(root, gains.values - memory.mean)
    seen = np.linalg.solve(root, across.T)
    log = -float(np.log(np.diag(root)).sum()) - float(apart @ apart) / 2
    told = Believed(mean=memory.mean + seen.T @ apart, covariance=among - seen.T @ seen, own=own)
    return _Fit(believed=told, log=log)


def alike(first: Sequence[Pair], second: Sequence[Pair]) -> Floats:
    """What the mean gains of pairs have in common, as a share of the variance of a list's gain.

    Messages without an offer have no offer in common: what one says is not what another says.

    Args:
        first: Pairs, the rows.
        second: Pairs, the columns.
    """
    same = [
        np.array([one[at] for one in first], dtype=object)[:, None]
        == np.array([two[at] for two in second], dtype=object)
        for at in (0, 1)
    ]
    scenario, offer = (np.asarray(found, dtype=float) for found in same)
    named = np.array([one[1] != NO_OFFER for one in first], dtype=float)[:, None]
    lent = offer * np.maximum(scenario, named)
    return np.asarray(GENERAL + SCENARIO * scenario + OFFER * lent + BOTH * scenario * offer, dtype=float)


def _noise(gains: Gains, memory: Memory, own: float) -> Floats:
    """Covariance of what is no gain of the pair: the lists' own, and their errors; larger the older."""
    aged = np.exp2(gains.age_months / memory.half_life_months)
    tests = np.array(gains.tests, dtype=object)
    shared = np.where(tests[:, None] == tests[None, :], SHARED_CONTROL, 0.0)
    np.fill_diagonal(shared, 1.0)
    errors = gains.errors * np.sqrt(aged)
    return np.asarray(shared * np.outer(errors, errors) + np.diag(own * aged), dtype=float)


def _averaged(found: Sequence[Believed], weights: Floats) -> Believed:
    """A mixture of beliefs, by its mean and covariance."""
    mean = np.asarray(sum(w * one.mean for w, one in zip(weights, found, strict=True)), dtype=float)
    covariance = np.zeros((len(mean), len(mean)))
    for weight, one in zip(weights, found, strict=True):
        covariance += weight * (one.covariance + np.outer(one.mean - mean, one.mean - mean))
    return Believed(
        mean=mean, covariance=covariance, own=math.fsum(w * one.own for w, one in zip(weights, found, strict=True))
    )
