"""The spread of estimates by maximum likelihood, and the likelihoods of lifetimes to check ours by."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from types import ModuleType

import numpy as np
import pandas as pd

# A direction of the log-parameters that the data leave open (a store where nobody ever leaves, say) has a
# flat likelihood; its standard deviation is held at this value, a factor of e^4 = 55 either way at 95 %.
LOOSEST_LOG_SD = 2.0


def log_covariance(hessian: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """Covariance of log-parameters from the Hessian of the negative log-likelihood.

    Args:
        hessian: Second derivatives of the whole sample's negative log-likelihood by the log-parameters.

    Returns:
        The inverse, with every eigenvalue of the Hessian held above `1 / LOOSEST_LOG_SD**2`.
    """
    eigenvalues, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    held = np.maximum(eigenvalues, 1 / LOOSEST_LOG_SD**2)
    covariance = (vectors / held) @ vectors.T
    return tuple(tuple(float(cell) for cell in row) for row in covariance)


def lifetimes_mean_log_likelihood(
    fitter: str, parameters: Sequence[float], columns: Sequence[np.ndarray], customers: np.ndarray
) -> float:
    """The mean log-likelihood a customer that a lifetimes model gives itself at given parameters.

    Args:
        fitter: Name of the class in lifetimes.
        parameters: Its parameters, in its order.
        columns: The arrays the class's `fit` takes, in its order, in the unit of time of the parameters.
        customers: Customers behind each row.
    """
    with _quiet_lifetimes() as lifetimes:
        loss = getattr(lifetimes, fitter)._negative_log_likelihood(np.log(parameters), *columns, customers, 0.0)
    return -float(loss)


def lifetimes_pareto_log_likelihoods(
    parameters: Sequence[float], frequency: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """The log-likelihood of each history that lifetimes' Pareto/NBD gives itself at given parameters.

    Args:
        parameters: r, alpha, s, beta.
        frequency: Repeat purchases.
        recency: Time from first to last purchase, in the unit of alpha and beta.
        age: Time from the first purchase to the end of observation (T), same unit.

    Returns:
        One a history; not finite where its hypergeometric functions overflow.
    """
    with _quiet_lifetimes() as lifetimes:
        theirs = lifetimes.ParetoNBDFitter._conditional_log_likelihood(list(parameters), frequency, recency, age)
    return np.asarray(theirs, dtype=float)


@contextlib.contextmanager
def _quiet_lifetimes() -> Iterator[ModuleType]:
    """The library, its warnings held back.

    On import lifetimes silences FutureWarning and sets a pandas option for the whole process.
    """
    option = pd.get_option("mode.chained_assignment")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            import lifetimes
        finally:
            pd.set_option("mode.chained_assignment", option)
        yield lifetimes
