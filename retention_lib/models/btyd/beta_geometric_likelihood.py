"""The likelihood of BG/NBD and MBG/NBD with its derivatives, on distinct rows.

With s the chances to leave that a customer survived (x in BG/NBD; x + 1 in MBG/NBD, where one can leave after the very
first purchase too) and l = r + x, both likelihoods are

    G(l) / G(r) a^r (a + T)^-l  B(a, b + s) / B(a, b)  (1 + e^d),  e^d = a / (b + s - 1) ((a + T) / (a + t_x))^l,

e^d being the odds of having left at the last purchase (none for s = 0).

References:
    Fader, Hardie and Lee (2005), equation (6); Batislam, Denizel and Filiztekin (2007), equation (3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.models.btyd.likelihood import Slope

_BLOCK = 8_192  # rows at a time, so that the work stays in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class BetaGeometricLikelihood:
    """The mean log-likelihood a customer at log-parameters (r, alpha, a, b).

    Attributes:
        counts: Distinct values of the frequency.
        share: Share of the customers with each of them.
        place: Which of them each row has.
        recency: Time from first to last purchase, one a row.
        age: Time from the first purchase to the end of observation, one a row.
        weights: Share of the customers behind each row.
        first: Whether a customer can leave after the very first purchase (1, MBG/NBD) or not (0, BG/NBD).
    """

    counts: np.ndarray
    share: np.ndarray
    place: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weights: np.ndarray
    first: int

    @classmethod
    def of(
        cls, frequency: np.ndarray, recency: np.ndarray, age: np.ndarray, customers: np.ndarray, *, first: int
    ) -> BetaGeometricLikelihood:
        """From distinct rows.

        Args:
            frequency: Repeat purchases.
            recency: Time from first to last purchase.
            age: Time from the first purchase to the end of observation.
            customers: Customers behind each row.
            first: 1 for MBG/NBD, 0 for BG/NBD.
        """
        counts, place = np.unique(frequency, return_inverse=True)
        weights = customers / customers.sum()
        share = np.bincount(place, weights=weights)
        return cls(counts=counts, share=share, place=place, recency=recency, age=age, weights=weights, first=first)

    def every(self, step: int) -> BetaGeometricLikelihood:
        """The same on a systematic sample of the rows.

        Args:
            step: Every how many rows one is taken.
        """
        return self.of(
            self.counts[self.place[::step]],
            self.recency[::step],
            self.age[::step],
            self.weights[::step],
            first=self.first,
        )

    def __call__(self, logs: np.ndarray) -> Slope:
        """Value, gradient and Hessian.

        Args:
            logs: Logarithms of r, alpha, a, b.
        """
        with np.errstate(all="ignore"):
            theta = np.exp(logs)
            value, gradient, hessian = self._by_frequency(*theta)
            rows_value, rows_gradient, rows_hessian = self._by_row(*theta)
        gradient, hessian = gradient + rows_gradient, hessian + rows_hessian
        by_logs = hessian * np.outer(theta, theta) + np.diag(theta * gradient)
        return Slope(value=value + rows_value, gradient=theta * gradient, hessian=by_logs)

    def _by_frequency(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray, np.ndarray]:
        """The factors without a time in them: G(r + x) / G(r) a^r B(a, b + s) / B(a, b)."""
        from scipy.special import digamma, gammaln, polygamma

        x, s, share = self.counts, self.counts + self.first, self.share
        value = share @ (gammaln(r + x) - gammaln(r)) + r * np.log(alpha)
        value += share @ (gammaln(b + s) - gammaln(b) - gammaln(a + b + s) + gammaln(a + b))
        joint = digamma(a + b) - share @ digamma(a + b + s)
        shape = share @ digamma(r + x) - digamma(r) + np.log(alpha)
        gradient = np.array([shape, r / alpha, joint, joint + share @ digamma(b + s) - digamma(b)])
        bent = float(polygamma(1, a + b) - share @ polygamma(1, a + b + s))
        hessian = np.zeros((4, 4))
        hessian[0, 0] = share @ polygamma(1, r + x) - polygamma(1, r)
        hessian[0, 1] = hessian[1, 0] = 1 / alpha
        hessian[1, 1] = -r / alpha**2
        hessian[2:, 2:] = bent
        hessian[3, 3] += share @ polygamma(1, b + s) - polygamma(1, b)
        return float(value), gradient, hessian

    def _by_row(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray, np.ndarray]:
        """The factors with a time in them: (a + T)^-(r + x) (1 + e^d), summed over blocks of rows."""
        value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
        for start in range(0, self.age.size, _BLOCK):
            part = self._of_rows(slice(start, start + _BLOCK), r, alpha, a, b)
            value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
        return value, gradient, hessian

    def _of_rows(self, rows: slice, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray, np.ndarray]:
        """The same of some rows."""
        place, recency, age, weights = self.place[rows], self.recency[rows], self.age[rows], self.weights[rows]
        s = self.counts + self.first
        before = b + np.maximum(s, 1) - 1
        base = np.where(s > 0, np.log(a) - np.log(before), -np.inf)[place]
        survived, shape = -1 / before[place], (r + self.counts)[place]
        late, early = 1 / (alpha + age), 1 / (alpha + recency)
        log_late = np.log(late)
        silence, closer = np.log(early) - log_late, late - early
        odds = base + shape * silence
        small = np.exp(-np.abs(odds))
        left = np.where(odds > 0, 1.0, small) / (1 + small)  # chance of having left, given the history
        value = weights @ (shape * log_late + np.maximum(odds, 0) + np.log1p(small))
        of_odds = np.stack([silence, shape * closer, np.full_like(silence, 1 / a), survived])
        shares, split = weights * left, weights * left * small / (1 + small)
        split = np.where(odds > 0, split, weights * left / (1 + small))
        gradient = of_odds @ shares
        gradient[:2] += weights @ log_late, -weights @ (shape * late)
        hessian = (of_odds * split) @ of_odds.T
        hessian[0, 1] += shares @ closer - weights @ late
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += shares @ (shape * (early**2 - late**2)) + weights @ (shape * late**2)
        hessian[2, 2] -= shares.sum() / a**2
        hessian[3, 3] += shares @ survived**2
        return float(value), gradient, hessian
