"""The likelihood of Pareto/NBD with its derivatives, on distinct rows.

With k = r + x, a customer's likelihood is G(k) / G(r) alpha^r beta^s D, where D adds up having lived on to T and having
left at some u between t_x and T:

    D = (alpha + T)^-k (beta + T)^-s + s * integral from t_x to T of (alpha + u)^-k (beta + u)^-(s + 1) du.

By parts beyond T, it falls into a term of (x, T) and one of (x, t_x), both positive,

    D =   k * integral from T on of (alpha + u)^-(k + 1) (beta + u)^-s du
        + s * integral from t_x on of (alpha + u)^-k (beta + u)^-(s + 1) du,

so that integrals are taken for distinct pairs, far fewer than rows. For customers without a repeat purchase the
infinite integrals converge too slowly where r and s are small; there the first form is taken, of T alone.

References:
    Schmittlein, Morrison and Colombo (1987), appendix; Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD
    Model and Related Expressions", equation (18).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from retention_lib.models.btyd.counted import Counted
from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.btyd.likelihood import Slope
from retention_lib.models.btyd.power_integrals import Moments, Powers, moments

_FURTHEST = 30.0  # logarithm of a parameter beyond which nothing is computed: the likelihood counts as -infinity


@dataclass(frozen=True, kw_only=True, eq=False)
class _Term:
    """A term of D at each pair.

    Attributes:
        logs: Its logarithm.
        gradient: Derivatives of that by the log-parameters, pairs by 4.
        hessian: Second derivatives, pairs by 4 by 4.
    """

    logs: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class ParetoLikelihood:
    """The mean log-likelihood a customer at log-parameters (r, alpha, s, beta).

    Attributes:
        frequency: Distinct frequencies.
        share: Share of the customers with each of them.
        ages: Distinct T of the rows without a repeat purchase.
        late: Distinct pairs (x, T) of the others.
        last: Distinct pairs (x, t_x) of the others.
        once: Share of the customers behind each row without a repeat purchase.
        again: Share of the customers behind each of the others.
    """

    frequency: np.ndarray
    share: np.ndarray
    ages: Distinct
    late: Distinct
    last: Distinct
    once: np.ndarray
    again: np.ndarray

    @classmethod
    def of(cls, rows: Counted) -> ParetoLikelihood:
        """From distinct rows."""
        x, weights, more = rows.frequency, rows.customers / rows.total, rows.frequency > 0
        frequency, place = np.unique(x, return_inverse=True)
        return cls(
            frequency=frequency,
            share=np.bincount(place, weights=weights),
            ages=Distinct.of(rows.age[~more]),
            late=Distinct.of(x[more], rows.age[more]),
            last=Distinct.of(x[more], rows.recency[more]),
            once=weights[~more],
            again=weights[more],
        )

    def __call__(self, logs: np.ndarray) -> Slope:
        """Value, gradient and Hessian.

        Args:
            logs: Logarithms of r, alpha, s, beta.
        """
        if np.abs(logs).max() > _FURTHEST:
            return Slope(value=-np.inf, gradient=np.zeros(4), hessian=np.zeros((4, 4)))
        theta = np.exp(logs)
        (ages,), (late_x, late), (last_x, last) = self.ages.columns, self.late.columns, self.last.columns
        early = _left(theta, np.zeros_like(ages), np.zeros_like(ages), ages)
        later = _left(theta, last_x, last, np.full_like(last, np.inf))
        parts = (
            _common(theta, self.frequency, self.share),
            _mixture(self.once, _lived(theta, ages), early, self.ages.place, self.ages.place),
            _mixture(self.again, _survived(theta, late_x, late), later, self.late.place, self.last.place),
        )
        return Slope(
            value=float(sum(part.value for part in parts)),
            gradient=np.sum([part.gradient for part in parts], axis=0),
            hessian=np.sum([part.hessian for part in parts if part.hessian is not None], axis=0),
        )


def _common(theta: np.ndarray, frequency: np.ndarray, share: np.ndarray) -> Slope:
    """The factors without a time: G(r + x) / G(r) alpha^r beta^s."""
    from scipy.special import digamma, gammaln, polygamma

    r, alpha, s, beta = theta
    value = share @ (gammaln(r + frequency) - gammaln(r)) + r * np.log(alpha) + s * np.log(beta)
    by_r = r * (share @ (digamma(r + frequency) - digamma(r)) + np.log(alpha))
    gradient = np.array([by_r, r, s * np.log(beta), s])
    hessian = np.diag([by_r + r**2 * (share @ (polygamma(1, r + frequency) - polygamma(1, r))), 0, gradient[2], 0])
    hessian[0, 1] = hessian[1, 0] = r
    hessian[2, 3] = hessian[3, 2] = s
    return Slope(value=float(value), gradient=gradient, hessian=hessian)


def _mixture(weights: np.ndarray, alive: _Term, left: _Term, at_alive: np.ndarray, at_left: np.ndarray) -> Slope:
    """The weighted sum of log(alive + left) over rows that know their place in either term."""
    first = alive.logs[at_alive]
    odds = left.logs[at_left] - first
    small = np.exp(-np.abs(odds))
    value = weights @ (first + np.maximum(odds, 0) + np.log1p(small))
    gone = np.where(odds > 0, 1.0, small) / (1 + small)
    stayed = np.where(odds > 0, small, 1.0) / (1 + small)
    by_alive = np.bincount(at_alive, weights=weights * stayed, minlength=alive.logs.size)
    by_left = np.bincount(at_left, weights=weights * gone, minlength=left.logs.size)
    apart = alive.gradient[at_alive] - left.gradient[at_left]
    bend = (apart * (weights * gone * stayed)[:, None]).T @ apart
    return Slope(
        value=float(value),
        gradient=by_alive @ alive.gradient + by_left @ left.gradient,
        hessian=np.tensordot(by_alive, alive.hessian, 1) + np.tensordot(by_left, left.hessian, 1) + bend,
    )


def _lived(theta: np.ndarray, age: np.ndarray) -> _Term:
    """(alpha + T)^-r (beta + T)^-s: the integrand at one point."""
    r, alpha, s, beta = theta
    log_a, log_b = np.log1p(age / alpha), np.log1p(age / beta)
    features = np.stack([log_a, alpha / (alpha + age), log_b, beta / (beta + age)], axis=1)
    at_point = Moments(logs=-r * log_a - s * log_b, means=features, squares=features[:, :, None] * features[:, None, :])
    return _term(theta, np.zeros_like(age), np.full_like(age, r), np.full_like(age, s), at_point)


def _survived(theta: np.ndarray, frequency: np.ndarray, start: np.ndarray) -> _Term:
    """The term of those who live on: k * integral from `start` on of (alpha + u)^-(k + 1) (beta + u)^-s."""
    r, _, s, _ = theta
    k = r + frequency
    term = _integral(theta, start, k + 1, np.full_like(k, s), np.full_like(k, np.inf))
    term.gradient[:, 0] += r / k
    term.hessian[:, 0, 0] += r / k - (r / k) ** 2
    return replace(term, logs=term.logs + np.log(k))


def _left(theta: np.ndarray, frequency: np.ndarray, start: np.ndarray, length: np.ndarray) -> _Term:
    """The term of those who leave: s * integral of a length from `start` on of (alpha + u)^-k (beta + u)^-(s + 1)."""
    r, _, s, _ = theta
    term = _integral(theta, start, r + frequency, np.full_like(start, s + 1), length)
    term.gradient[:, 2] += 1
    return replace(term, logs=term.logs + np.log(s))


def _integral(theta: np.ndarray, start: np.ndarray, p: np.ndarray, q: np.ndarray, length: np.ndarray) -> _Term:
    """The integral of (alpha + u)^-p (beta + u)^-q from `start` on."""
    powers = Powers(a=theta[1] + start, b=theta[3] + start, p=p, q=q, upper=length)
    return _term(theta, start, p, q, moments(powers))


def _term(theta: np.ndarray, start: np.ndarray, p: np.ndarray, q: np.ndarray, found: Moments) -> _Term:
    """Derivatives of the log of an integral: means of the integrand's, and the spread of its first ones.

    With f the features of `Moments` and u = start + v, the log of the integrand, -p log(alpha + u) - q log(beta + u),
    has the derivatives -r (log a + f_1), -p alpha / a f_2, -s (log b + f_3), -q beta / b f_4: p - r and q - s are
    constants.
    """
    r, alpha, s, beta = theta
    a, b = alpha + start, beta + start
    scale = -np.stack([np.full_like(a, r), p * alpha / a, np.full_like(a, s), q * beta / b], axis=1)
    gradient = scale * found.means
    spread = found.squares - found.means[:, :, None] * found.means[:, None, :]
    hessian = scale[:, :, None] * scale[:, None, :] * spread
    for i, shape, exponent, side in ((0, r, p, a), (2, s, q, b)):
        gradient[:, i] -= shape * np.log(side)
        squares = scale[:, i + 1] ** 2 / exponent * found.squares[:, i + 1, i + 1]
        hessian[:, i, i] += gradient[:, i]
        hessian[:, i + 1, i + 1] += gradient[:, i + 1] + squares
        hessian[:, i, i + 1] += gradient[:, i + 1] * shape / exponent
        hessian[:, i + 1, i] = hessian[:, i, i + 1]
    return _Term(logs=found.logs - p * np.log(a) - q * np.log(b), gradient=gradient, hessian=hessian)
