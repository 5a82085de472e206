"""Integrals of a product of two powers, the only ones that the Pareto/NBD model needs.

    J(a, b, p, q, u) = integral from 0 to u of (1 + v / a)^-p (1 + v / b)^-q dv

Written with hypergeometric functions, as in the literature, they overflow for frequent customers. Here v = h (e^y - 1)
with h = 1 / (max(p, 1) / a + max(q, 1) / b): in y the integrand is analytic up to a distance of pi from the real axis,
and its logarithm is concave, whatever the parameters. So Gauss and Legendre's rule converges exponentially, and the
point beyond which nothing is left is found by Newton's method. Every factor lies in [0, 1]: nothing can overflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_TAIL = 34.0  # what is left out: exp(-34) of the integrand at its beginning
_CHUNK = 16_384  # nodes at a time, so that the work stays in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class Powers:
    """The integrals J(a, b, p, q, upper), one a row.

    Attributes:
        a: First scale, > 0.
        b: Second scale, > 0.
        p: First exponent, >= 0.
        q: Second exponent, >= 0.
        upper: End of the integral, >= 0; infinite only where p + q is 1.5 or more.
    """

    a: np.ndarray
    b: np.ndarray
    p: np.ndarray
    q: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Integrals with the moments of four features under the integrand as a density of v.

    The features are log(1 + v / a), a / (a + v), log(1 + v / b), b / (b + v).

    Attributes:
        logs: Logarithms of the integrals, one a row; -infinity for an integral over nothing.
        means: Rows by 4.
        squares: Mean products of two features, rows by 4 by 4.
    """

    logs: np.ndarray
    means: np.ndarray
    squares: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """Some rows at the nodes of the rule.

    Attributes:
        rows: Their places.
        features: The features (log(1 + v / a) first, then log(1 + v / b)), each rows by nodes.
        times: v, rows by nodes.
        weights: The integrand times the rule's weights, rows by nodes.
        totals: The integrals.
    """

    rows: np.ndarray
    log_a: np.ndarray
    log_b: np.ndarray
    times: np.ndarray
    weights: np.ndarray
    totals: np.ndarray


def log_integrals(powers: Powers) -> np.ndarray:
    """Logarithms of the integrals, right to eleven digits or so.

    Args:
        powers: The integrals.

    Returns:
        One a row; -infinity for an integral over nothing.
    """
    totals = np.empty(powers.a.shape)
    for part in _parts(powers):
        totals[part.rows] = part.totals
    with np.errstate(divide="ignore"):
        return np.log(totals)


def moments(powers: Powers) -> Moments:
    """The integrals with what their derivatives take.

    Args:
        powers: The integrals.
    """
    n = powers.a.size
    totals, means, squares = np.empty(n), np.empty((n, 4)), np.empty((n, 4, 4))
    for part in _parts(powers):
        a, b = powers.a[part.rows, None], powers.b[part.rows, None]
        features = (part.log_a, a / (a + part.times), part.log_b, b / (b + part.times))
        density = part.weights / np.maximum(part.totals, 1e-300)[:, None]
        totals[part.rows] = part.totals
        for i, feature in enumerate(features):
            weighted = density * feature
            means[part.rows, i] = weighted.sum(axis=1)
            for j in range(i + 1):
                squares[part.rows, i, j] = squares[part.rows, j, i] = np.einsum("ij,ij->i", weighted, features[j])
    with np.errstate(divide="ignore"):
        return Moments(logs=np.log(totals), means=means, squares=squares)


def _parts(powers: Powers) -> Iterator[_Part]:
    """Rows of about one length at the nodes of one rule, in pieces that fit the cache."""
    scale = 1 / (np.maximum(powers.p, 1) / powers.a + np.maximum(powers.q, 1) / powers.b)
    ends = _ends(powers, scale)
    order = np.argsort(ends, kind="stable")
    done = 0
    while done < order.size:
        nodes = _nodes(float(ends[order[min(done + _CHUNK // 32, order.size) - 1]]))
        rows = order[done : done + max(1, _CHUNK // nodes)]
        nodes = _nodes(float(ends[rows[-1]]))
        done += rows.size
        places, rule = _rule(nodes)
        y = ends[rows, None] * places
        times = scale[rows, None] * np.expm1(y)
        log_a, log_b = (np.log1p(times / side[rows, None]) for side in (powers.a, powers.b))
        y -= powers.p[rows, None] * log_a
        y -= powers.q[rows, None] * log_b
        weights = np.exp(y) * rule * (ends * scale)[rows, None]
        yield _Part(rows=rows, log_a=log_a, log_b=log_b, times=times, weights=weights, totals=weights.sum(axis=1))


def _ends(powers: Powers, scale: np.ndarray) -> np.ndarray:
    """Where in y the integral ends, or nothing is left of the integrand.

    Its logarithm is y - p log(1 + v / a) - q log(1 + v / b), concave and 0 at y = 0. As 1 + v / a >= e^y h / a, it is
    below -34 at the first guess of the infinite integrals; from there Newton's steps come down and never pass the root.
    """
    a, b, p, q = powers.a, powers.b, powers.p, powers.q
    with np.errstate(divide="ignore", over="ignore"):
        guess = (_TAIL + p * np.log(a / scale) + q * np.log(b / scale)) / (p + q - 1)
        whole = np.log1p(powers.upper / scale)
    ends = np.where(np.isfinite(powers.upper) & ((p + q <= 1) | (whole < guess)), whole, guess)
    for _ in range(5):
        times = scale * np.expm1(ends)
        left = p * np.log1p(times / a) + q * np.log1p(times / b) - ends - _TAIL
        slope = p * (times + scale) / (a + times) + q * (times + scale) / (b + times) - 1
        ends = np.where(left > 0, ends - left / np.where(left > 0, slope, 1.0), ends)
    return ends


def _nodes(end: float) -> int:
    """Nodes for a length in y, by trial against a rule of 400 nodes over random parameters: an error below 1e-11."""
    return 8 * int(np.ceil((20 + 2.2 * end) / 8))


@lru_cache(maxsize=128)
def _rule(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Legendre's nodes and weights on [0, 1]."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return (places + 1) / 2, weights / 2
