"""A customer's favourite of the hours round the clock, or of the weekdays, drawn towards what all customers do."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import mean_interval

WITHIN_HOURS = 2
"""A message comes at a good hour when the customer buys or reads within so many hours of its sending."""

FEWEST = 30
"""Customers whose habits are held against what they did next."""

USUAL_STRENGTH = 10.0
"""Moments that all customers count for where too few have two of their own to tell it."""

NO_HOUR, ANY_DAY = 10, 0
"""The hour where a store's hours are not known, and the weekday where its days are not: the first that comes."""

Kind = Literal["openings", "purchases"]

_NEAR = {-2: 1 / 9, -1: 2 / 9, 0: 3 / 9, 1: 2 / 9, 2: 1 / 9}
_STRENGTHS = (0.5, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)
_ROWS_AT_ONCE = 100_000


def spread_over_hours(counts: np.ndarray) -> np.ndarray:
    """Moments by hour, each spread over the hours near it, round the clock.

    Args:
        counts: Customers by 24 hours.

    Returns:
        The same shape: a third stays in its hour, two ninths go to either neighbour, one ninth to those beyond.
    """
    single = counts.astype(np.float32)
    parts = [np.float32(weight) * np.roll(single, hours, axis=-1) for hours, weight in _NEAR.items()]
    return np.asarray(np.sum(parts, axis=0, dtype=np.float32))


def around_hours(shares: np.ndarray) -> np.ndarray:
    """What lies within two hours of each full hour: in the two hours before it and the two after.

    Args:
        shares: By 24 hours, the last axis.
    """
    return np.asarray(sum(np.roll(shares, hours, axis=-1) for hours in range(1 - WITHIN_HOURS, WITHIN_HOURS + 1)))


def strength(counts: np.ndarray, base: np.ndarray, *, round_the_clock: bool) -> float:
    """How many moments of a customer's own all customers count for.

    That number under which each customer's moments are foretold best by the others of the same customer
    (leave-one-out likelihood of a Dirichlet prior around the base).

    Args:
        counts: Customers by slots (hours, weekdays), counts.
        base: Share of each slot among all customers.
        round_the_clock: Whether moments are spread over neighbouring slots, as hours are.

    Returns:
        One of some numbers from 0.5 to 987; `USUAL_STRENGTH` where fewer than 30 customers have two moments.

    References:
        Geisser and Eddy (1979), A predictive approach to model selection, JASA 74 (the predictive likelihood).
    """
    total = counts.sum(axis=1)
    several = total > 1
    if several.sum() < FEWEST:
        return USUAL_STRENGTH
    own = counts[several].astype(np.float64)
    spread, prior = (spread_over_hours(own), spread_over_hours(base)) if round_the_clock else (own, base)
    itself = _NEAR[0] if round_the_clock else 1.0
    who, slot = np.nonzero(own)
    others, known, expected = spread[who, slot] - itself, total[several][who] - 1, prior[slot]
    fits = [own[who, slot] @ np.log((others + s * expected) / (known + s)) for s in _STRENGTHS]
    return float(_STRENGTHS[int(np.argmax(fits))])


def favourite_hours(counts: np.ndarray, base: np.ndarray, *, strength: float, allowed: np.ndarray) -> np.ndarray:
    """The full hour around which the largest share of a customer's moments is expected.

    Args:
        counts: Customers by 24 hours.
        base: Share of each hour among all customers.
        strength: Moments that the base counts for.
        allowed: Hours to choose from, ascending; of equal ones the first.

    Returns:
        One hour a customer (int8).
    """
    prior = np.float32(strength) * spread_over_hours(base)
    found = np.empty(len(counts), dtype=np.int8)
    for first in range(0, len(counts), _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        near = around_hours(spread_over_hours(counts[part]) + prior)
        # sums that are equal but for rounding are equal
        found[part] = allowed[near[:, allowed].round(4).argmax(axis=1)]
    return found


def favourite_weekdays(counts: np.ndarray, base: np.ndarray, *, strength: float) -> np.ndarray:
    """The weekday on which the largest share of a customer's purchases is expected, 1 to 7 (int8).

    Args:
        counts: Customers by 7 weekdays.
        base: Share of each weekday among all customers.
        strength: Purchases that the base counts for.
    """
    expected = counts.astype(np.float32) + np.float32(strength) * base.astype(np.float32)
    return (expected.round(4).argmax(axis=1) + 1).astype(np.int8)


def met_around(then: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Share of each customer's moments within two hours of a message sent at a full hour, round the clock.

    Args:
        then: Customers by 24 hours, counts; each has at least one.
        sent: A full hour for each customer.
    """
    return np.asarray(around_hours(then)[np.arange(len(then)), sent] / then.sum(axis=1))


def met_on(then: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Share of each customer's purchases on a weekday.

    Args:
        then: Customers by 7 weekdays, counts; each has at least one.
        weekday: A weekday for each customer, 1 to 7.
    """
    return np.asarray(then[np.arange(len(then)), weekday - 1] / then.sum(axis=1))


def paired_gain(own: np.ndarray, base: np.ndarray, *, level: float = 0.95) -> Estimate | NotEnough:
    """How much more of what customers do is met by one rule than by another, each customer counted alike under both.

    Args:
        own: Share met by the first rule, one a customer.
        base: Share met by the second, of the same customers.
        level: Confidence level.

    Returns:
        Mean difference with Student's interval of the paired differences, without one where all are equal;
        NotEnough("customers_at_it_again") below 30 customers.
    """
    n = len(own)
    if n < FEWEST:
        return NotEnough("customers_at_it_again", n, FEWEST)
    gain = own - base
    return mean_interval(float(gain.mean()), float(gain.var(ddof=1)), n, level=level)


def base_of_hours(grid: pd.DataFrame, kind: Kind, column: str) -> np.ndarray:
    """Share of each hour among all moments of a kind.

    Args:
        grid: Columns kind, weekday, hour and the counted ones.
        kind: Openings or purchases.
        column: The counted column.

    Returns:
        24 shares; zeros where no hour is known.
    """
    timed = grid[(grid["kind"] == kind) & (grid["hour"] >= 0)]
    return _shares(timed.groupby("hour")[column].sum().reindex(range(24), fill_value=0))


def base_of_weekdays(grid: pd.DataFrame, column: str) -> np.ndarray:
    """Share of each weekday among all purchases.

    Args:
        grid: As for `base_of_hours`.
        column: The counted column.

    Returns:
        7 shares, Monday first; zeros where nothing was bought.
    """
    bought = grid[grid["kind"] == "purchases"]
    return _shares(bought.groupby("weekday")[column].sum().reindex(range(1, 8), fill_value=0))


def best_hour(base: np.ndarray, allowed: np.ndarray) -> int:
    """The full hour around which most lies, the first of equal ones; 10 o'clock where nothing is known.

    Args:
        base: 24 shares.
        allowed: Hours to choose from, ascending.
    """
    if not base.any():
        return NO_HOUR if NO_HOUR in allowed else int(allowed[0])
    return int(allowed[around_hours(base)[allowed].round(9).argmax()])


def best_weekday(base: np.ndarray) -> int:
    """The weekday with most purchases, 1 = Monday to 7, the first of equal ones; 0 where nothing is known.

    Args:
        base: 7 shares.
    """
    return int(base.round(9).argmax()) + 1 if base.any() else ANY_DAY


def _shares(counts: pd.Series) -> np.ndarray:
    values = counts.to_numpy(dtype=float)
    return np.asarray(values / max(1.0, values.sum()))
