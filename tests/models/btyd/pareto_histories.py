"""What the tests of Pareto/NBD share: models at given parameters, simulated customers, the likelihood by quadrature."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.special import gammaln

from retention_lib.models.btyd import ParetoNBD


def pareto(r: float, alpha: float, s: float, beta: float) -> ParetoNBD:
    """A model at given parameters."""
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return ParetoNBD(r=r, alpha=alpha, s=s, beta=beta, log_likelihood=0.0, covariance=zeros, customers=1)


def simulated_customers(truth: ParetoNBD, age: np.ndarray, ahead: float, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of the process, purchase by purchase: the history up to T and the purchases in the time ahead."""
    size = age.size
    rate, leaving = rng.gamma(truth.r, 1 / truth.alpha, size), rng.gamma(truth.s, 1 / truth.beta, size)
    end = np.minimum(age + ahead, rng.exponential(1, size) / np.maximum(leaving, 1e-300))
    clock, x, t_x, later = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    there = np.ones(size, dtype=bool)
    while there.any():
        clock = np.where(there, clock + rng.exponential(1, size) / np.maximum(rate, 1e-300), clock)
        there &= clock <= end
        seen = there & (clock <= age)
        x, t_x, later = x + seen, np.where(seen, clock, t_x), later + (there & ~seen)
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": age, "later": later})


def log_likelihood(model: ParetoNBD, x: float, t_x: float, age: float) -> float:
    """A customer's log-likelihood by adaptive quadrature over the time of leaving, as the model is defined."""
    r, alpha, s, beta = model.parameters.values()
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    lived = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return float(constant + lived + np.logaddexp(0, log_odds_of_having_left(model, x, t_x, age)))


def log_odds_of_having_left(model: ParetoNBD, x: float, t_x: float, age: float) -> float:
    """Log odds of having left between t_x and T, by quadrature on a logarithmic scale, near its steep end at t_x."""
    r, alpha, s, beta = model.parameters.values()
    if age - t_x < 1e-300:
        return -np.inf
    steep = 1 / ((r + x) / (alpha + t_x) + (s + 1) / (beta + t_x))

    def integrand(y: float) -> float:
        u = t_x + steep * np.expm1(y)
        fallen = -(r + x) * np.log((alpha + u) / (alpha + t_x)) - (s + 1) * np.log((beta + u) / (beta + t_x))
        return float(np.exp(fallen + y))

    edges = np.linspace(0, np.log1p((age - t_x) / steep), 9)
    total = sum(
        quad(integrand, low, high, epsabs=0, epsrel=1e-12, limit=200)[0] for low, high in itertools.pairwise(edges)
    )
    silence = (r + x) * np.log((alpha + age) / (alpha + t_x)) + s * np.log((beta + age) / (beta + t_x))
    return float(np.log(total * steep * s / (beta + t_x)) + silence)
