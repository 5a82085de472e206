"""Spend a purchase: the Gamma-Gamma model, and whether spend depends on frequency.

The model supposes that it does not; where it does, `models.spend` forecasts otherwise. Where all customers spend alike
(q rises without end), or each always the same (p does), the likelihood has no maximum, but a limit, which is taken.

References:
    Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", note 025.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd.likelihood import Held, Maximum, Slope, maximum, maximum_held, rehearsed
from retention_lib.models.btyd.purchase_model import Convergence
from retention_lib.models.intervals import log_parameter_frame

NEEDED_BUYERS = 30
_REHEARSED_ROWS = 5_000
SPEND_DEPENDS = "spend_depends_on_frequency"
_CLAIM_P = 0.05
# Log p, q, v in units of the mean spend; each start has that mean, v = (q - 1) / p.
_STARTS = tuple(tuple(np.log([p, q, (q - 1) / p])) for p, q in ((1.0, 3.0), (4.0, 2.0), (0.3, 10.0), (20.0, 30.0)))
_STEADY = Held(name="p", place=0, value=1000.0, follow=2)
_LARGEST_LOG_SHAPE = 14.0
_EDGE = 1e4  # q, over the shape of a purchase, where customers are alike: none's own mean tells anything
_SAME = 1e-9  # amounts that differ less, relatively, are equal but for rounding


@dataclass(frozen=True, kw_only=True)
class SpendModel:
    """A fitted Gamma-Gamma model, with the dependence of spend on frequency beside it.

    A purchase of a customer is Gamma(p, nu), and nu is Gamma(q, v) across customers.

    Attributes:
        p: Shape of a purchase.
        q: Shape of the customers' rates, above 1.
        v: Scale of the customers' rates, in currency.
        log_likelihood: Of all customers.
        covariance: Covariance of (log p, log q, log v) at the maximum.
        customers: Customers fitted on: repeat buyers with a positive mean spend.
        dependence: Correlation of spend and frequency among them; `claimed` when spend depends on frequency.
        convergence: Whether the fit stands at a maximum; None where the parameters were given, not fitted.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    covariance: tuple[tuple[float, ...], ...]
    customers: int
    dependence: Estimate
    convergence: Convergence | None = None

    @property
    def alike(self) -> bool:
        """Whether customers do not differ in what they spend a purchase by more than chance: q is held."""
        return self.convergence is not None and "q" in self.convergence.held

    def own_weight(self, frequency: ArrayLike) -> np.ndarray:
        """Weight of a customer's own mean against that of all: p x / (p x + q - 1).

        Args:
            frequency: Repeat purchases.

        Returns:
            Weights in [0, 1), 0 without a repeat purchase.
        """
        seen = self.p * np.asarray(frequency, dtype=float)
        return seen / (seen + self.q - 1)

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike) -> np.ndarray:
        """Expected spend a purchase of each customer: equation (5) of note 025.

        Args:
            frequency: Repeat purchases; 0 gives the mean of all customers.
            monetary_value: Mean spend of the repeat purchases; ignored (may be NaN) where frequency is 0.

        Returns:
            Currency a purchase: the customer's own mean drawn towards the mean of all.
        """
        x = np.asarray(frequency, dtype=float)
        own = np.where(x > 0, np.asarray(monetary_value, dtype=float), 0.0)
        return self.p * (self.v + x * own) / (self.p * x + self.q - 1)

    def draws(self, rng: np.random.Generator, n: int) -> list[SpendModel]:
        """Models with parameters drawn from their sampling distribution.

        Args:
            rng: Source of randomness.
            n: Number of models.

        Returns:
            Models with normal log-parameters; a draw with q <= 1, which has no mean spend, is drawn anew from
            the others.
        """
        centre = np.log([self.p, self.q, self.v])
        rows = rng.multivariate_normal(centre, np.array(self.covariance), size=2 * n, method="eigh")
        rows = rows[rows[:, 1] > 0]
        chosen = rows[np.arange(n) % len(rows)] if len(rows) else np.tile(centre, (n, 1))
        return [replace(self, p=float(p), q=float(q), v=float(v)) for p, q, v in np.exp(chosen)]

    def to_frame(self) -> pd.DataFrame:
        """Parameters with 95 % intervals on the log scale: columns parameter, value, low, high."""
        return log_parameter_frame(["p", "q", "v"], [self.p, self.q, self.v], self.covariance)


def fit_gamma_gamma(spend: pd.DataFrame | NotEnough) -> SpendModel | NotEnough:
    """Fit the Gamma-Gamma model to the repeat buyers.

    Args:
        spend: Columns frequency, monetary_value (mean spend of the repeat purchases), customers; rows without
            a repeat purchase or with a mean of 0 are left out.

    Returns:
        The model; `NotEnough` under 30 repeat buyers ("repeat_buyers"), or when q <= 1, where the mean spend is
        infinite ("spend_mean_finite"). Where the likelihood has no finite maximum, the better of its two limits, p or q
        being held: each customer spends always the same, or all spend alike.
    """
    if isinstance(spend, NotEnough):
        return spend
    x, m, customers = repeat_buyers(spend)
    if (count := float(customers.sum())) < NEEDED_BUYERS:
        return NotEnough("repeat_buyers", count, NEEDED_BUYERS)
    unit = float(np.average(m, weights=customers))  # the optimiser starts near 1: fit in units of the mean
    step = x.size // _REHEARSED_ROWS
    sample = _Likelihood(x[::step], m[::step] / unit, customers[::step]) if step > 1 else None
    climbed = None if sample is None else rehearsed(sample, _STARTS)
    likelihood = _Likelihood(x, m / unit, customers)
    fit = maximum(likelihood, _STARTS, customers=count, rehearsed=climbed)
    fit = fit or _limit(likelihood, x, m / unit, customers)
    p, q, v = fit.parameters
    if q <= 1:
        return NotEnough("spend_mean_finite", q, 1)
    return SpendModel(
        p=p,
        q=q,
        v=v * unit,
        log_likelihood=float(fit.log_likelihood - np.log(unit) * count),
        covariance=fit.covariance,
        customers=int(count),
        dependence=_correlation(x, m, customers),
        convergence=fit.convergence,
    )


def frequency_spend_correlation(spend: pd.DataFrame | NotEnough) -> Estimate | NotEnough:
    """Correlation of mean spend and log frequency among repeat buyers.

    Spend enters in currency, not in logs or ranks: under independence the *mean* of a customer's average does
    not depend on how many purchases it averages, but its median and its logarithm do, so that tests on these
    reject in every large store. The p-value allows for the unequal spread.

    Args:
        spend: As for `fit_gamma_gamma`.

    Returns:
        Pearson's correlation with the p-value of a heteroskedasticity-robust test of no dependence; `claimed`
        when p < .05; `reason` "spend_depends_on_frequency" then. `NotEnough` under 30 repeat buyers.
    """
    if isinstance(spend, NotEnough):
        return spend
    x, m, customers = repeat_buyers(spend)
    if customers.sum() < NEEDED_BUYERS:
        return NotEnough("repeat_buyers", float(customers.sum()), NEEDED_BUYERS)
    return _correlation(x, m, customers)


def repeat_buyers(spend: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, mean spend and customers of the rows with a repeat purchase and a positive mean.

    Args:
        spend: As for `fit_gamma_gamma`.
    """
    seen = ((spend["frequency"] > 0) & (spend["monetary_value"] > 0)).to_numpy()
    columns = (spend[name].to_numpy()[seen] for name in ("frequency", "monetary_value", "customers"))
    x, m, customers = (column.astype(float) for column in columns)
    return x, m, customers


def _limit(likelihood: _Likelihood, x: np.ndarray, m: np.ndarray, customers: np.ndarray) -> Maximum:
    """The better of the two limits: all customers alike, or each steady."""
    limits = [_all_alike(x, m, customers)]
    if np.ptp(m) > _SAME * m.max():
        # v goes with 1 / p; the one who holds p moves it the other way
        starts = [(0.0, q, np.log(np.expm1(q)) - 2 * np.log(_STEADY.value)) for _, q, _ in _STARTS]
        steady = maximum_held(likelihood, starts, customers=float(customers.sum()), held=_STEADY)
        limits += [] if steady is None else [steady]
    return max(limits, key=lambda each: each.log_likelihood)


def _all_alike(x: np.ndarray, m: np.ndarray, customers: np.ndarray) -> Maximum:
    """The limit of q without end: all purchases are Gamma(p, p / mean), a sum of x of them Gamma(p x, p / mean)."""
    from scipy.optimize import brentq
    from scipy.special import digamma, gammaln

    count, purchases = float(customers.sum()), float(customers @ x)
    mean = float((customers * x) @ m) / purchases

    def slope(log_shape: float) -> float:
        seen = np.exp(log_shape) * x
        return float((customers * x) @ (np.log(seen) - digamma(seen) + np.log(m / mean))) / purchases

    edge = _LARGEST_LOG_SHAPE
    log_shape = edge if slope(edge) >= 0 else float(brentq(slope, -edge, edge, xtol=1e-10))
    p = float(np.exp(log_shape))
    q = _EDGE * max(p, 1.0)
    seen = p * x
    logs = seen * np.log(seen * m / mean) - gammaln(seen) - np.log(m) - seen * m / mean
    # p and q are taken as they are; v has the error of the mean.
    error = 1 / (p * purchases)
    return Maximum(
        parameters=(p, q, (q - 1) / p * mean),
        covariance=((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, error)),
        log_likelihood=float(customers @ logs),
        convergence=Convergence(
            iterations=0,
            gradient=abs(slope(log_shape)) * p * purchases / count,
            curvature=p * purchases / count,
            second_start=0.0,
            held=("q",) if log_shape < edge else ("p", "q"),
        ),
    )


class _Likelihood:
    """Mean log-likelihood a customer in (log p, log q, log v): equation (1a) of note 025, with both derivatives.

    Gamma functions are of the frequency alone, so they are taken once for each distinct one; what is left for every
    row is a logarithm and a few products.
    """

    def __init__(self, x: np.ndarray, m: np.ndarray, customers: np.ndarray) -> None:
        self._distinct, self._place = np.unique(x, return_inverse=True)
        self._share = customers / customers.sum()
        self._of_distinct = np.bincount(self._place, weights=self._share)
        self._x, self._total = x, x * m
        self._log_total = np.bincount(self._place, weights=self._share * np.log(x * m))
        self._log_mean = float(self._share @ np.log(m))

    def __call__(self, logs: np.ndarray) -> Slope:
        """Value, gradient and Hessian at log-parameters."""
        from scipy.special import digamma, gammaln, polygamma

        p, q, v = (float(value) for value in np.exp(logs))
        x, share, log_v = self._distinct, self._of_distinct, float(logs[2])
        shape = p * x + q
        # Of every row: log(v + x z), v / (v + x z) and their sums over the rows of one frequency.
        log_scale = self._sums(np.log(v + self._total))
        ours = v / (v + self._total)
        own, bend = self._sums(ours), self._sums(ours * (1 - ours))
        value = share @ (gammaln(shape) - gammaln(p * x)) - gammaln(q) + q * log_v - shape @ log_scale
        value += p * (x @ self._log_total) - self._log_mean
        by_p = p * (x @ (share * (digamma(shape) - digamma(p * x)) + self._log_total - log_scale))
        by_q = q * (share @ digamma(shape) - digamma(q) + log_v - log_scale.sum())
        by_v = q - shape @ own
        of_shape = share * polygamma(1, shape)
        pp = by_p + p**2 * (x**2 @ (of_shape - share * polygamma(1, p * x)))
        qq = by_q + q**2 * (of_shape.sum() - polygamma(1, q))
        pq, pv, qv, vv = p * q * (x @ of_shape), -p * (x @ own), q * (1 - own.sum()), -shape @ bend
        hessian = np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]], dtype=float)
        return Slope(value=float(value), gradient=np.array([by_p, by_q, by_v], dtype=float), hessian=hessian)

    def _sums(self, rows: np.ndarray) -> Any:
        """Sums over the rows of each frequency, by share of customers."""
        return np.bincount(self._place, weights=self._share * rows)


def _correlation(x: np.ndarray, m: np.ndarray, customers: np.ndarray) -> Estimate:
    """Weighted Pearson correlation of m and log x, robust p-value."""
    from scipy.stats import norm

    n = customers.sum()
    if np.ptp(x) == 0 or np.ptp(m) <= _SAME * m.max():
        return Estimate(0.0, n=float(n), p=1.0, claimed=False)
    log_x = np.log(x) - np.average(np.log(x), weights=customers)
    spend = m - np.average(m, weights=customers)
    size = np.sqrt((customers * log_x**2).sum() * (customers * spend**2).sum())
    if size <= 0:
        return Estimate(0.0, n=float(n), p=1.0, claimed=False)
    slope = (customers * log_x * spend).sum() / (customers * log_x**2).sum()
    residual = spend - slope * log_x
    # White (1980): the sandwich variance of the slope of m on log x
    error = np.sqrt((customers * (log_x * residual) ** 2).sum()) / (customers * log_x**2).sum()
    p = float(2 * norm.sf(abs(slope) / error)) if error > 0 else 0.0
    claimed = p < _CLAIM_P
    value = float((customers * log_x * spend).sum() / size)
    return Estimate(value, n=float(n), p=p, claimed=claimed, reason=SPEND_DEPENDS if claimed else None)
