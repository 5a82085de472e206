"""The maximum of a likelihood in the logarithms of its parameters: Newton's method, and whether to believe it.

A model hands over its mean log-likelihood a customer with the gradient (and the Hessian, where it has one) by the
log-parameters; `maximum` climbs from deterministic starts and refuses an end that is no maximum. On a ridge that
rises to infinity (nobody ever leaves; everybody buys at one rate) the gradient vanishes although there is no maximum,
but Newton's step does not: it stays near 1 for as long as one follows. So the step is the test, never the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from retention_lib.models.btyd.purchase_model import Convergence
from retention_lib.models.fitting import log_covariance

# A parameter beyond e^14 (a million) or below e^-14, in a unit that makes it near 1, has run away for every model.
LARGEST_LOG = 14.0
_MOST_STEPS = 100
_LONGEST_STEP = 2.0
_BESIDE = 0.5
_CLOSE = 1e-7  # Newton's step at the end: parameters right to seven digits
_BELIEVED = 1e-4  # the step that rounding errors of a likelihood may leave
_DIFFERENCE = 1e-4
_SMALLEST_CURVATURE = 1e-15


@dataclass(frozen=True, kw_only=True)
class Slope:
    """A mean log-likelihood a customer at one point.

    Attributes:
        value: The mean over the customers.
        gradient: Its derivatives by the log-parameters.
        hessian: Its second derivatives by the log-parameters; None to have them from differences of the gradient.
    """

    value: float
    gradient: np.ndarray
    hessian: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Maximum:
    """The maximum of a likelihood.

    Attributes:
        parameters: Estimates, in the order and units of the likelihood.
        covariance: Covariance matrix of the *logarithms* of the parameters.
        log_likelihood: Of all customers.
        convergence: How the maximum was found and tested.
    """

    parameters: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float
    convergence: Convergence


@dataclass(frozen=True, kw_only=True)
class Held:
    """A parameter that is held.

    Attributes:
        name: Its name.
        place: Its place among the parameters.
        value: Where it is held.
        follow: Place of the parameter that grows with it.
    """

    name: str
    place: int
    value: float
    follow: int


@dataclass(frozen=True, kw_only=True)
class _End:
    """Where a climb ended; `peak` when that is a maximum."""

    logs: np.ndarray
    at: Slope
    steps: int
    peak: bool


LogLikelihood = Callable[[np.ndarray], Slope]


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """Two climbs on a likelihood that is cheaper than the one asked for, and nearly the same.

    Attributes:
        ends: Where they ended, the higher one first.
    """

    ends: tuple[_End, _End]


def rehearsed(
    log_likelihood: LogLikelihood, starts: Sequence[Sequence[float]], *, largest: float = LARGEST_LOG
) -> Rehearsed | None:
    """Climb a cheaper likelihood: on a sample of the rows, or on coarse ones.

    Args:
        log_likelihood: The cheaper one.
        starts: As for `maximum`.
        largest: As for it.

    Returns:
        The ends; None where `maximum` would give none.
    """
    ends = _two_climbs(log_likelihood, starts, largest)
    return None if ends is None else Rehearsed(ends=ends)


def maximum(
    log_likelihood: LogLikelihood,
    starts: Sequence[Sequence[float]],
    *,
    customers: float,
    rehearsed: Rehearsed | None = None,
    largest: float = LARGEST_LOG,
) -> Maximum | None:
    """The highest maximum that two starts lead to.

    Args:
        log_likelihood: Takes log-parameters; gives the mean log-likelihood a customer and its derivatives. Values that
            are not finite are taken for -infinity.
        starts: Log-parameters to start from, at least two; the third and later ones are used where earlier ones lead
            to no maximum.
        customers: Customers in the mean.
        rehearsed: From `rehearsed`, for costly ones: the starts climbed there, on all rows one climbs only from where
            they ended.
        largest: Absolute log-parameter beyond which a climb has run away.

    Returns:
        The maximum; None when no start leads to one, or when one that runs away to infinity rises above it.
    """
    pair = None if rehearsed is None else rehearsed.ends
    best = None if pair is None else _climb(log_likelihood, pair[0].logs, largest)
    if best is None or not best.peak:
        pair = _two_climbs(log_likelihood, starts, largest)
        best = None if pair is None else pair[0]
    if pair is None or best is None:
        return None
    curvature = -_central_hessian(log_likelihood, best)
    smallest = float(np.linalg.eigvalsh(curvature)[0])
    if smallest <= _SMALLEST_CURVATURE:
        return None
    return Maximum(
        parameters=tuple(float(value) for value in np.exp(best.logs)),
        covariance=log_covariance(curvature * customers),
        log_likelihood=best.at.value * customers,
        convergence=Convergence(
            iterations=best.steps,
            gradient=float(np.abs(best.at.gradient).max()),
            curvature=smallest,
            second_start=float(np.abs(pair[0].logs - pair[1].logs).max()),
        ),
    )


def maximum_held(
    log_likelihood: LogLikelihood,
    starts: Sequence[Sequence[float]],
    *,
    customers: float,
    held: Held,
    rehearsal: LogLikelihood | None = None,
) -> Maximum | None:
    """The maximum by all parameters but one, where the likelihood goes on rising with that one.

    Args:
        log_likelihood: As for `maximum`, with its Hessian.
        starts: Log-parameters to start from; the held one is not looked at, the one that follows is moved with it.
        customers: Customers in the mean.
        held: Which parameter is held, and where.
        rehearsal: A cheaper likelihood for the starts to climb, as for `rehearsed`.

    Returns:
        The maximum, with a covariance in which the held parameter is free again; None when there is none, or when the
        likelihood does not rise with the held parameter there.
    """
    free = np.arange(len(starts[0])) != held.place

    def at(logs: np.ndarray) -> np.ndarray:
        return np.insert(logs, held.place, np.log(held.value))

    def by_the_others(logs: np.ndarray, of: LogLikelihood = log_likelihood) -> Slope:
        slope = of(at(logs))
        hessian = None if slope.hessian is None else slope.hessian[np.ix_(free, free)]
        return Slope(value=slope.value, gradient=slope.gradient[free], hessian=hessian)

    moved = np.zeros(free.size)
    moved[held.follow] = np.log(held.value)
    others = [(np.asarray(start) + moved)[free] for start in starts]
    climbed = None if rehearsal is None else rehearsed(partial(by_the_others, of=rehearsal), others)
    found = maximum(by_the_others, others, customers=customers, rehearsed=climbed)
    if found is None:
        return None
    logs = at(np.log(found.parameters))
    slope = log_likelihood(logs)
    if slope.hessian is None or slope.gradient[held.place] < 0:
        return None
    return Maximum(
        parameters=(*found.parameters[: held.place], held.value, *found.parameters[held.place :]),
        covariance=log_covariance(-slope.hessian * customers),
        log_likelihood=found.log_likelihood,
        convergence=replace(found.convergence, held=(held.name,)),
    )


def _two_climbs(
    log_likelihood: LogLikelihood, starts: Sequence[Sequence[float]], largest: float
) -> tuple[_End, _End] | None:
    """Two ends at maxima, the higher first; None without any or where a ridge rises higher.

    Where only one start leads to a maximum, the second climb begins beside that maximum.
    """
    ends: list[_End] = []
    for start in starts:
        ends.append(_climb(log_likelihood, np.asarray(start, dtype=float), largest))
        if sum(end.peak for end in ends) == 2:
            break
    found = [end for end in ends if end.peak]
    beside = [_climb(log_likelihood, found[0].logs + _BESIDE, largest)] if len(found) == 1 else []
    peaks = sorted([*found, *(end for end in beside if end.peak)], key=lambda end: -end.at.value)
    if len(peaks) < 2 or any(end.at.value > peaks[0].at.value + 1e-9 for end in ends):
        return None
    return peaks[0], peaks[1]


def _climb(log_likelihood: LogLikelihood, start: np.ndarray, largest: float) -> _End:
    """Newton's method with steps cut to a length and halved until they rise."""
    logs, at = start, log_likelihood(start)
    for steps in range(_MOST_STEPS):
        if not _finite(at):
            return _End(logs=logs, at=replace(at, value=-np.inf), steps=steps, peak=False)
        step, curved = _newton(log_likelihood, logs, at)
        length = float(np.abs(step).max())
        if length < _CLOSE or np.abs(logs).max() > largest:
            inside = bool(np.abs(logs).max() <= largest)
            return _End(logs=logs, at=at, steps=steps, peak=curved and inside)
        there = _rise(log_likelihood, logs, at, step)
        if there is None:  # nothing higher within rounding
            return _End(logs=logs, at=at, steps=steps, peak=curved and length < _BELIEVED)
        logs, at = there
    return _End(logs=logs, at=at, steps=_MOST_STEPS, peak=False)


def _newton(log_likelihood: LogLikelihood, logs: np.ndarray, at: Slope) -> tuple[np.ndarray, bool]:
    """Newton's step, uphill along every axis of the curvature, and whether the surface is concave here."""
    hessian = _forward_hessian(log_likelihood, logs, at) if at.hessian is None else at.hessian
    bends, axes = np.linalg.eigh(-(hessian + hessian.T) / 2)
    step = axes @ ((axes.T @ at.gradient) / np.maximum(np.abs(bends), _SMALLEST_CURVATURE))
    return step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300)), bool(bends[0] > 0)


def _rise(
    log_likelihood: LogLikelihood, logs: np.ndarray, at: Slope, step: np.ndarray
) -> tuple[np.ndarray, Slope] | None:
    """The first point along the halved steps that is higher, or as high with a smaller gradient."""
    for halvings in range(40):
        ahead = logs + step / 2**halvings
        there = log_likelihood(ahead)
        if not _finite(there):
            continue
        gain = there.value - at.value
        level = abs(gain) <= 1e-12 * abs(at.value)
        flatter = np.abs(there.gradient).max() < np.abs(at.gradient).max()
        if (gain > 0 and not level) or (level and flatter):
            return ahead, there
    return None


def _forward_hessian(log_likelihood: LogLikelihood, logs: np.ndarray, at: Slope) -> np.ndarray:
    """Second derivatives from forward differences of the gradient."""
    sides = [log_likelihood(logs + _DIFFERENCE * axis).gradient for axis in np.eye(logs.size)]
    return (np.array(sides) - at.gradient) / _DIFFERENCE


def _central_hessian(log_likelihood: LogLikelihood, end: _End) -> np.ndarray:
    """Second derivatives, analytic or from central differences of the gradient."""
    if end.at.hessian is not None:
        return end.at.hessian
    steps = _DIFFERENCE * np.eye(end.logs.size)
    rows = [log_likelihood(end.logs + d).gradient - log_likelihood(end.logs - d).gradient for d in steps]
    return np.array(rows) / (2 * _DIFFERENCE)


def _finite(at: Slope) -> bool:
    return bool(np.isfinite(at.value) and np.isfinite(at.gradient).all())
