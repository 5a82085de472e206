"""The shifted-beta-geometric model of survival by period: how many of a cohort are left after each renewal.

Each customer stays from one period to the next with a chance of his own; the chance of leaving is Beta(alpha, beta)
across customers. Those likely to leave go first, so the retention rate of the rest rises with age although nobody
changes.

References:
    Fader and Hardie (2007), "How to Project Customer Retention", Journal of Interactive Marketing 21(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd.likelihood import Slope, maximum
from retention_lib.models.btyd.purchase_model import Convergence
from retention_lib.models.intervals import log_parameter_frame, normal_quantile

NEEDED_CUSTOMERS = 30
NEEDED_PERIODS = 2
_STARTS = ((0.0, 0.0), (-1.0, 1.0), (0.5, 2.0), (1.5, 4.0))


@dataclass(frozen=True, kw_only=True)
class SurvivalByPeriod:
    """A fitted shifted-beta-geometric model.

    Attributes:
        alpha: First shape of the chance of leaving at a renewal.
        beta: Second shape.
        log_likelihood: Of all customers.
        covariance: Covariance of the logarithms of alpha and beta.
        customers: Customers at the beginning (count).
        periods: Renewals seen of the oldest cohort (count).
        convergence: Whether the fit stands at a maximum; None where the parameters were given.
    """

    alpha: float
    beta: float
    log_likelihood: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    customers: float
    periods: int
    convergence: Convergence | None = None

    def survival(self, t: ArrayLike) -> np.ndarray:
        """Share of a cohort left after t renewals.

        Args:
            t: Renewals, >= 0.

        Returns:
            Shares in [0, 1], in the shape of `t`: B(alpha, beta + t) / B(alpha, beta).
        """
        from scipy.special import betaln

        times = np.asarray(t, dtype=float)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + times) - betaln(self.alpha, self.beta)))

    def retention_rate(self, t: ArrayLike) -> np.ndarray:
        """Share of those left after t - 1 renewals that make the next one.

        Args:
            t: Number of the renewal, >= 1.

        Returns:
            Shares in [0, 1], in the shape of `t`: (beta + t - 1) / (alpha + beta + t - 1).
        """
        before = self.beta + np.asarray(t, dtype=float) - 1
        return before / (self.alpha + before)

    def survival_frame(self, periods: int, *, level: float = 0.95) -> pd.DataFrame:
        """The survival curve with its intervals, for parameters only: of a large cohort like this one.

        Args:
            periods: Renewals looked ahead from the beginning.
            level: Confidence level.

        Returns:
            One row a renewal from 0 on: period, survival, low, high, retention_rate (missing at 0). The bounds are
            those of log(-log S), by the delta method.
        """
        from scipy.special import digamma

        t = np.arange(1, periods + 1)
        by_both = digamma(self.alpha + self.beta) - digamma(self.alpha + self.beta + t)
        by_beta = by_both + digamma(self.beta + t) - digamma(self.beta)
        slopes = np.stack([self.alpha * by_both, self.beta * by_beta], axis=1)
        logs = np.log(self.survival(t))
        deviation = np.sqrt(np.einsum("ti,ij,tj->t", slopes, np.array(self.covariance), slopes))
        half = np.exp(normal_quantile(level) * deviation / -logs)
        return pd.DataFrame(
            {
                "period": np.arange(periods + 1),
                "survival": np.exp(np.append(0.0, logs)),
                "low": np.exp(np.append(0.0, logs * half)),
                "high": np.exp(np.append(0.0, logs / half)),
                "retention_rate": np.append(np.nan, self.retention_rate(t)),
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Parameters with 95 % intervals on the log scale: columns parameter, value, low, high."""
        return log_parameter_frame(["alpha", "beta"], [self.alpha, self.beta], self.covariance)


def fit_sbg(survivors: ArrayLike | NotEnough) -> SurvivalByPeriod | NotEnough:
    """Fit the shifted-beta-geometric model by maximum likelihood.

    Args:
        survivors: Customers left after 0, 1, 2, ... renewals: one cohort, or one row a cohort with NaN where it is not
            old enough yet (cohorts are taken to be alike).

    Returns:
        The model; `NotEnough` under two renewals ("survival_periods"), under 30 customers ("survival_customers"), or
        when the likelihood has no finite maximum ("survival_fit": nobody or everybody left, or every renewal lost the
        same share, so that customers do not differ).

    Raises:
        ValueError: A count that is negative or higher than the one before, or a gap between two counts.
    """
    if isinstance(survivors, NotEnough):
        return survivors
    cohorts = _checked(np.atleast_2d(np.asarray(survivors, dtype=float)))
    kept = np.nansum(cohorts[:, 1:], axis=0)
    at_risk = np.where(np.isfinite(cohorts[:, 1:]), cohorts[:, :-1], 0.0).sum(axis=0)
    renewals = int((at_risk > 0).sum())
    customers = float(np.nansum(cohorts[:, 0]))
    if renewals < NEEDED_PERIODS:
        return NotEnough("survival_periods", renewals, NEEDED_PERIODS)
    if customers < NEEDED_CUSTOMERS:
        return NotEnough("survival_customers", customers, NEEDED_CUSTOMERS)
    likelihood = _Renewals(kept=kept[:renewals], lost=(at_risk - kept)[:renewals], customers=customers)
    found = maximum(likelihood, _STARTS, customers=customers)
    if found is None:
        return NotEnough("survival_fit", 0, 1)
    (alpha, beta), ((first, both), (_, second)) = found.parameters, found.covariance
    return SurvivalByPeriod(
        alpha=alpha,
        beta=beta,
        log_likelihood=found.log_likelihood,
        covariance=((first, both), (both, second)),
        customers=customers,
        periods=renewals,
        convergence=found.convergence,
    )


def _checked(cohorts: np.ndarray) -> np.ndarray:
    """Refuse tables that are no survivors."""
    known = np.isfinite(cohorts)
    gap = ~known[:, :-1] & known[:, 1:]
    rises = known[:, 1:] & (cohorts[:, 1:] > cohorts[:, :-1])
    for row, column in np.argwhere(gap | rises | (known & (cohorts < 0))[:, 1:]):
        msg = (
            f"cohort {row}: {cohorts[row, column + 1]:g} customers left after {column + 1} renewals and "
            f"{cohorts[row, column]:g} before; survivors may not rise, be negative or have gaps"
        )
        raise ValueError(msg)
    return cohorts


@dataclass(frozen=True, kw_only=True, eq=False)
class _Renewals:
    """The mean log-likelihood a customer at log-parameters (alpha, beta).

    Renewal t is made with the chance (beta + t - 1) / (alpha + beta + t - 1) by those who made the ones before, so the
    likelihood (B3) of Fader and Hardie is a product of binomials: their recursion (7), multiplied out.

    Attributes:
        kept: Customers who made each renewal.
        lost: Customers who left at it.
        customers: Customers at the beginning.
    """

    kept: np.ndarray
    lost: np.ndarray
    customers: float

    def __call__(self, logs: np.ndarray) -> Slope:
        """Value, gradient and Hessian.

        Args:
            logs: Logarithms of alpha and beta.
        """
        alpha, beta = np.exp(logs)
        before = beta + np.arange(self.kept.size)
        at_risk, whole = self.kept + self.lost, alpha + before
        value = self.kept @ np.log(before) + self.lost.sum() * np.log(alpha) - at_risk @ np.log(whole)
        both, bend = at_risk @ (1 / whole), at_risk @ (1 / whole**2)
        gradient = np.array([alpha * (self.lost.sum() / alpha - both), beta * (self.kept @ (1 / before) - both)])
        hessian = np.full((2, 2), alpha * beta * bend)
        hessian[0, 0] = gradient[0] + alpha**2 * bend - self.lost.sum()
        hessian[1, 1] = gradient[1] + beta**2 * (bend - self.kept @ (1 / before**2))
        return Slope(
            value=float(value) / self.customers, gradient=gradient / self.customers, hessian=hessian / self.customers
        )
