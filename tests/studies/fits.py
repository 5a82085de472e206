"""The statistics of oracles: estimates with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from retention_lib.estimates import Estimate
from retention_lib.models.intervals import normal_quantile, wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Model = Callable[[Floats], tuple[Floats, Floats]]
"""From parameters to what is expected and its gradient (observations by parameters)."""

LEVEL = 0.95
_Z = normal_quantile(LEVEL)
_STEPS, _NEAR, _NOTHING = 100, 1e-8, 1e-12


def share(count: float, base: float) -> Estimate:
    """A share with Wilson's interval."""
    found = wilson(count, base, level=LEVEL)
    if not isinstance(found, Estimate):
        raise ValueError(f"{count} of {base} is no share")
    return found


def counted(observed: float, expected: float) -> Estimate:
    """The ratio of a Poisson count to what was expected, with the exact interval.

    References:
        Garwood (1936), Fiducial limits for the Poisson distribution, Biometrika 28.
    """
    tail = (1 - LEVEL) / 2
    low = chi2.ppf(tail, 2 * observed) / 2 if observed else 0.0
    high = chi2.ppf(1 - tail, 2 * observed + 2) / 2
    return Estimate(observed / expected, low=low / expected, high=high / expected, level=LEVEL, n=observed)


def normal(value: float, error: float, n: float) -> Estimate:
    """An estimate with the interval of the normal distribution."""
    return Estimate(float(value), low=float(value - _Z * error), high=float(value + _Z * error), level=LEVEL, n=n)


def exactly(value: float, n: float, *, within: float = 0.0) -> Estimate:
    """A number that holds but for rounding, which moves it by so much at most."""
    return Estimate(float(value), low=float(value - within), high=float(value + within), level=LEVEL, n=n)


def moved(found: Estimate, change: Callable[[float], float]) -> Estimate:
    """An estimate on another scale; a falling change turns the bounds round."""
    if found.low is None or found.high is None:
        raise ValueError("an estimate without an interval cannot be moved")
    bounds = sorted((change(found.low), change(found.high)))
    return replace(found, value=change(found.value), low=bounds[0], high=bounds[1])


def poisson_fit(model: Model, start: list[float], observed: Floats, cluster: Ints | None = None) -> list[Estimate]:
    """Parameters of a model of counts by maximum likelihood.

    Args:
        model: Expected counts and their gradient.
        start: Where to begin.
        observed: The counts.
        cluster: The customer of each, from 0: observations of one may overlap, so that their scores are added before
            they are squared; each is on its own if omitted.
    """
    customer = np.arange(len(observed)) if cluster is None else cluster
    return event_fit(
        Events(rates=model, customer=customer, count=observed), Spans(totals=model, customer=customer), start
    )


@dataclass(frozen=True, kw_only=True)
class Events:
    """What happened, as a model sees it.

    Attributes:
        rates: From parameters to the rate at each event, up to a factor without parameters.
        customer: Whose event it was, from 0.
        count: How many events each stands for.
    """

    rates: Model
    customer: Ints
    count: Floats


@dataclass(frozen=True, kw_only=True)
class Spans:
    """The time in which events might have happened, as a model sees it.

    Attributes:
        totals: From parameters to the events expected in each span.
        customer: Whose time it was, from 0.
    """

    totals: Model
    customer: Ints


def event_fit(events: Events, spans: Spans, start: list[float]) -> list[Estimate]:
    """Parameters of the rate of events by maximum likelihood (Newton's method), with errors between customers.

    References:
        Andersen, Borgan, Gill and Keiding (1993), Statistical models based on counting processes, section VI.1; the
        errors are those of White (1982), Econometrica 50.
    """

    def likelihood(theta: Floats) -> float:
        rate, total = events.rates(theta)[0], spans.totals(theta)[0]
        if not (rate[events.count > 0] > 0).all():
            return -math.inf
        return float(events.count @ np.log(np.maximum(rate, _NOTHING)) - total.sum())

    theta = np.array(start, dtype=np.float64)
    for _ in range(_STEPS):
        scores, information = _scores(events, spans, theta)
        step = np.linalg.solve(information, scores.sum(axis=0))
        while likelihood(theta + step) < likelihood(theta) and np.abs(step).max() > _NEAR:
            step = step / 2
        theta = theta + step
        if np.abs(step).max() <= _NEAR:
            break
    else:
        raise ValueError("the fit has not come to rest")
    scores, information = _scores(events, spans, theta)
    bread = np.linalg.inv(information)
    errors = np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread))
    return [normal(value, error, events.count.sum()) for value, error in zip(theta, errors, strict=True)]


def _scores(events: Events, spans: Spans, theta: Floats) -> tuple[Floats, Floats]:
    """The score of each customer, and the information of all."""
    rate, slope = events.rates(theta)
    relative = slope / np.maximum(rate, _NOTHING)[:, None]
    customers = 1 + int(max(events.customer.max(initial=0), spans.customer.max(initial=0)))
    columns = [
        np.bincount(events.customer, weights=events.count * seen, minlength=customers)
        - np.bincount(spans.customer, weights=expected, minlength=customers)
        for seen, expected in zip(relative.T, spans.totals(theta)[1].T, strict=True)
    ]
    return np.column_stack(columns), relative.T @ (events.count[:, None] * relative)


def glm(
    family: Literal["poisson", "logistic", "gamma"],
    observed: Floats,
    columns: list[Floats],
    *,
    offset: Floats | None = None,
    robust: bool = False,
) -> list[Estimate]:
    """Coefficients of a generalised linear model, without that of its constant.

    Args:
        family: `poisson` and `gamma` with the logarithm as link; `logistic`.
        observed: What is explained.
        columns: By what, the constant aside.
        offset: Added to the linear predictor as it is.
        robust: Take the errors from the residuals, for what is not distributed like that. A Poisson regression of a
            yes or no then gives ratios of chances (Zou 2004, American Journal of Epidemiology 159).
    """
    from statsmodels import api

    families = {
        "poisson": api.families.Poisson(),
        "logistic": api.families.Binomial(),
        "gamma": api.families.Gamma(api.families.links.Log()),
    }
    model = api.GLM(observed, api.add_constant(np.column_stack(columns)), family=families[family], offset=offset)
    found = model.fit(cov_type="HC0" if robust else "nonrobust")
    return [normal(value, error, len(observed)) for value, error in zip(found.params[1:], found.bse[1:], strict=True)]


def spread(values: Floats, noise: float) -> Estimate:
    """The standard deviation of normal values of which each also carries noise of a known variance.

    Args:
        values: The values.
        noise: The mean variance of their noise.
    """
    freedom = len(values) - 1
    total = float(values.var(ddof=1))
    tail = (1 - LEVEL) / 2
    variances = (total, freedom * total / chi2.ppf(1 - tail, freedom), freedom * total / chi2.ppf(tail, freedom))
    value, low, high = (math.sqrt(max(variance - noise, 0.0)) for variance in variances)
    return Estimate(value, low=low, high=high, level=LEVEL, n=len(values))
