"""What is believed of a campaign's profit before it is measured: the usual size, or what the store's past tests show.

Profits are told as shares of the gross profit that a customer left alone brings in the same days, so that tests of
other lengths and of other customers can be learned from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.posteriors import Prior

PAST_TESTS = 3
"""Tests of the store from which on their results are learned from."""

MEAN, SCALE = 0.0, 0.2
"""What is believed without past tests: on average a campaign just pays back what it costs, and 95 of 100 earn or lose
less than 39 % of what a customer left alone brings (Student's t with 4 degrees of freedom)."""

_SHARED = 0.5
"""Correlation of the errors of two arms of a test, which share their control; 1/2 for arms of one size."""

_MIDDLE = 0.5
"""Standard deviation of the middle of a store's campaigns before any is seen, as a share of the scale."""

_DOUBT = 0.5
"""Standard deviation of the logarithm of their spread before any is seen: by a factor of 1.6 either way."""

_CENTRE = math.sqrt((1 - _MIDDLE**2) / math.exp(2 * _DOUBT**2))
"""Where that spread lies, as a share of the scale: so that middle and spread together make the scale exactly."""

_REACH, _STEPS = 4.0, 161

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ProfitPrior:
    """What is believed of the profit per contact of a campaign.

    Attributes:
        mean: Its middle, as a share of the gross profit of a customer left alone.
        sd: Its standard deviation, as such a share, > 0.
        source: `default`, or `past_tests` where the store's own tests moved it.
        tests: Past tests it has learned from (count).
        default_mean: The middle before these.
        default_sd: The standard deviation before these.
    """

    mean: float = MEAN
    sd: float = SCALE
    source: Literal["default", "past_tests"] = "default"
    tests: int = 0
    default_mean: float = MEAN
    default_sd: float = SCALE

    def on(self, amount: float) -> Prior:
        """The same in money a contact.

        Args:
            amount: Gross profit of a customer left alone (money), > 0.
        """
        return Prior(mean=self.mean * amount, sd=self.sd * amount)

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([vars(self)])


def profit_prior(past: pd.DataFrame | NotEnough | None, *, mean: float = MEAN, scale: float = SCALE) -> ProfitPrior:
    """What the store's past tests make of the usual belief.

    The profits of the past tests are taken for draws from a normal distribution of unknown middle m and spread s, each
    measured with its error; two arms of one test share half of theirs. Beforehand m is taken to lie around `mean` and s
    around two thirds of `scale`, so that a campaign of which nothing is known has the mean and the standard deviation
    of the default. What is handed out is the mean and the standard deviation of the next campaign's profit, given the
    past ones: with few or rough tests it stays near the default.

    Args:
        past: One row an arm of a past test: test, contacts, profit and standard_error (money a contact), valid (bool),
            control_gross_profit (money a customer left alone). Invalid tests and those without an error are left out.
        mean: The middle that is believed without past tests, as a share of a left-alone customer's gross profit.
        scale: The standard deviation that is believed without them, as such a share, > 0.

    Returns:
        The belief; the default below three valid past tests, or where these are `NotEnough`.

    Raises:
        ValueError: `scale` is not above 0.

    References:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 5.4 (normal hierarchical model).
    """
    if not scale > 0:
        msg = f"the scale of a belief is above 0, not {scale}"
        raise ValueError(msg)
    default = ProfitPrior(mean=mean, sd=scale, default_mean=mean, default_sd=scale)
    if past is None or isinstance(past, NotEnough):
        return default
    rows = _usable(past)
    tests = int(rows["test"].nunique())
    if tests < PAST_TESTS:
        return default
    found = _learned(rows, mean, scale)
    return replace(default, mean=found.mean, sd=found.sd, source="past_tests", tests=tests)


def _usable(past: pd.DataFrame) -> pd.DataFrame:
    """The arms of valid tests, with profit and error as shares of the control's gross profit."""
    known = past["valid"].astype(bool) & (past["standard_error"] > 0) & (past["control_gross_profit"] > 0)
    rows = past[known & past["profit"].notna()]
    scale = rows["control_gross_profit"].astype(float)
    return rows.assign(share=rows["profit"].astype(float) / scale, error=rows["standard_error"].astype(float) / scale)


def _learned(rows: pd.DataFrame, mean: float, scale: float) -> Prior:
    """Mean and standard deviation of the next campaign's profit, by sums over a grid of log(s)."""
    found, errors = rows["share"].to_numpy(dtype=float), rows["error"].to_numpy(dtype=float)
    tests = rows["test"].astype(str).to_numpy()
    shared = np.where(tests[:, None] == tests[None, :], _SHARED, 0.0)
    noise = np.outer(errors, errors) * (shared + (1 - _SHARED) * np.eye(len(errors)))
    steps = np.linspace(-_REACH, _REACH, _STEPS)
    spreads = _CENTRE * scale * np.exp(_DOUBT * steps)
    fits = [_given_spread(found - mean, noise + spread**2 * np.eye(len(found)), _MIDDLE * scale) for spread in spreads]
    logs, middles, doubts = np.array(fits).T
    weights = np.exp(logs - steps**2 / 2 - (logs - steps**2 / 2).max())
    weights /= weights.sum()
    middle = mean + float(weights @ middles)
    variance = float(weights @ (spreads**2 + doubts + (mean + middles - middle) ** 2))
    return Prior(mean=middle, sd=math.sqrt(variance))


def _given_spread(apart: Floats, covariance: Floats, doubt: float) -> list[float]:
    """Log likelihood of a spread, and given it mean and variance of how far the middle is from the default."""
    root = np.linalg.cholesky(covariance)
    ones, found = (np.linalg.solve(root, column) for column in (np.ones(len(apart)), apart))
    precision = float(ones @ ones) + doubt**-2
    shift = float(ones @ found) / precision
    quadratic = float(found @ found) - shift**2 * precision
    log = -np.log(np.diag(root)).sum() - 0.5 * math.log(precision * doubt**2) - quadratic / 2
    return [float(log), shift, 1 / precision]
