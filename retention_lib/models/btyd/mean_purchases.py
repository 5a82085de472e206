"""Purchases expected of a customer who is alive, in BG/NBD and MBG/NBD.

Given a purchase rate l and a dropout probability p, a living customer buys (1 - exp(-l p t)) / p times in t; the Gamma
posterior of l gives (1 - (1 + p z)^-k) / p with k = r + x and z = t / (alpha + T), and p is Beta(a, b). The literature
writes the mean of that with Gauss' hypergeometric function, which overflows for frequent customers; here it is
integrated. It depends on the history by k, b (both of the frequency alone) and z, and smoothly on log z: where many
customers share a frequency it is interpolated between Chebyshev's points, to ten digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 384  # trapezoid steps of the integral over the dropout probability
_SMALL = 0.5  # an a below which the tail of the integral is long
_TAIL = 36.0  # mass outside the integration window: exp(-36) of the peak
_CHUNK = 1024  # rows at a time, so that the work stays in the processor's cache
_POINTS = (24, 48, 96)  # Chebyshev's points in log z: as many as it takes
_DIGITS = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class DropoutPosteriors:
    """Beta(a, b) of the dropout probability and the shape k of the purchase rate, one a frequency.

    Attributes:
        a: First shape, common to all.
        b: Second shapes.
        shape: k.
    """

    a: float
    b: np.ndarray
    shape: np.ndarray

    def mean_purchases(self, place: np.ndarray, ratios: np.ndarray) -> np.ndarray:
        """E[(1 - (1 + p z)^-k) / p] of many rows.

        Args:
            place: Which of the posteriors each row has.
            ratios: z, one a row and horizon.

        Returns:
            Rows by horizons.
        """
        result = np.zeros(ratios.shape)
        order = np.argsort(place, kind="stable")
        found, starts = np.unique(place[order], return_index=True)
        groups = dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True)) if place.size else {}
        for points in _POINTS:
            many = np.array([at for at, rows in groups.items() if rows.size * ratios.shape[1] > points], dtype=int)
            if many.size == 0:
                break
            for at, curve in self._curves(many, [ratios[groups[at]] for at in many], points).items():
                rows = groups.pop(at)
                result[rows] = curve(ratios[rows])
        rest = np.concatenate(list(groups.values())) if groups else np.empty(0, dtype=int)
        result[rest] = self._exact(place[rest], ratios[rest])
        # Who never leaves buys k z: nobody buys more, though logarithms of the shortest times lose digits.
        return np.minimum(result, self.shape[place][:, None] * ratios)

    def _curves(self, places: np.ndarray, ratios: list[np.ndarray], points: int) -> dict[int, _Curve]:
        """Interpolated curves of the posteriors for which so many points are enough."""
        spans = np.log([_span(part) for part in ratios])
        middle, half = spans.mean(axis=1), np.maximum(np.diff(spans, axis=1)[:, 0] / 2, 1e-3)
        angles = np.pi * (np.arange(points) + 0.5) / points
        z = np.exp(middle[:, None] + half[:, None] * np.cos(angles))
        logs = np.log(self._exact(places, z))
        # discrete cosine transform: coefficients of Chebyshev's polynomials
        terms = logs @ np.cos(np.outer(angles, np.arange(points))) * (2 / points)
        terms[:, 0] /= 2
        enough = np.abs(terms[:, -3:]).max(axis=1) < _DIGITS
        return {
            int(places[i]): _Curve(middle=float(middle[i]), half=float(half[i]), terms=terms[i])
            for i in np.flatnonzero(enough)
        }

    def _exact(self, place: np.ndarray, ratios: np.ndarray) -> np.ndarray:
        """The same by integration, row by row."""
        parts = [
            _integrate(self.a, self.b[rows], self.shape[rows], ratios[i : i + _CHUNK])
            for i in range(0, place.size, _CHUNK)
            for rows in [place[i : i + _CHUNK]]
        ]
        return np.concatenate(parts) if parts else np.empty((0, ratios.shape[1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Curve:
    """The logarithm of an expectation as a polynomial of log z."""

    middle: float
    half: float
    terms: np.ndarray

    def __call__(self, ratios: np.ndarray) -> np.ndarray:
        """The expectation at z; 0 at z = 0."""
        from numpy.polynomial.chebyshev import chebval

        ahead = ratios > 0
        at = (np.log(np.where(ahead, ratios, 1.0)) - self.middle) / self.half
        return np.where(ahead, np.exp(chebval(np.where(ahead, at, 0.0), self.terms)), 0.0)


def _span(ratios: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest z above 0."""
    above = ratios[ratios > 0]
    return (float(above.min()), float(above.max())) if above.size else (1.0, 1.0)


def _integrate(a: float, b: np.ndarray, shape: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """The integral by the trapezoid rule in u = logit p, which converges exponentially.

    The chord of the integrand between p = 0 and p = 1 is integrated exactly and only the (convex) rest
    numerically: the rest vanishes at both ends, so the tails stay short when a or b is near 0. Where a is not
    small the chord starts at 0 instead of the integrand's k z, which may be a million times the result.
    """
    from scipy.special import betaln, expit

    low, high = _window(a, b, shape * ratios.max(axis=1, initial=0.0))
    step = (high - low) / _STEPS
    u = low[:, None] + step[:, None] * np.arange(_STEPS + 1)
    p, log_rest = expit(u), -np.logaddexp(0, u)
    weights = np.exp(a * (u + log_rest) + b[:, None] * log_rest - betaln(a, b)[:, None]) * step[:, None]
    result = np.empty(ratios.shape)
    for j in range(ratios.shape[1]):
        z = ratios[:, j]
        at_zero = shape * z if a < _SMALL else np.zeros_like(z)
        at_one = -np.expm1(-shape * np.log1p(z))
        values = -np.expm1(-shape[:, None] * np.log1p(p * z[:, None])) / p
        values -= at_zero[:, None] * (1 - p) + at_one[:, None] * p
        result[:, j] = (at_zero * b + at_one * a) / (a + b) + np.einsum("ij,ij->i", weights, values)
    return result


def _window(a: float, b: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where in logit p the integrand lives: sub-gamma tail bounds of the Beta density and of the rest.

    The density falls like exp(a u) to the left and exp(-b u) to the right; the rest like one power more, on
    the left only for a small a and beyond p = 1 / slope. The tighter bound of the two holds.
    """
    from scipy.special import betaln

    mode, tilted_mode = np.log(a / b), np.log((a + 1) / (b + 1))
    tail = _TAIL + np.log1p(slope)  # the integrand is at most `slope`
    below = (np.log(a) + betaln(a, b) - tail) / a  # the density is at most exp(a u) / B(a, b)
    low = np.maximum(mode - np.sqrt(2 * tail * (1 / a + 1 / b)) - tail / a, below)
    tilted_width = np.sqrt(2 * _TAIL * (1 / (a + 1) + 1 / (b + 1)))
    if a < _SMALL:
        low = np.maximum(low, np.minimum(tilted_mode, -np.log1p(slope)) - tilted_width - _TAIL / (a + 1))
    width = np.sqrt(2 * _TAIL * (1 / a + 1 / b))
    high = np.minimum(mode + width + _TAIL / b, tilted_mode + tilted_width + _TAIL / (b + 1))
    return low, high
