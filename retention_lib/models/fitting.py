"""Maximum likelihood through the lifetimes fitters, and the spread of what they estimate."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# A direction of the log-parameters that the data leave open (a store where nobody ever leaves, say) has a
# flat likelihood; its standard deviation is held at this value, a factor of e^4 = 55 either way at 95 %.
LOOSEST_LOG_SD = 2.0
_LARGEST_LOG = 60.0


@dataclass(frozen=True, kw_only=True)
class LikelihoodFit:
    """The maximum of a likelihood in the logarithms of its parameters.

    Attributes:
        parameters: Estimates in the fitter's order and in the units of the data.
        covariance: Covariance matrix of the *logarithms* of the parameters.
        mean_loss: Negative log-likelihood a customer, in the fitter's own time scale.
    """

    parameters: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    mean_loss: float


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


def lifetimes_fit(fitter: str, columns: Sequence[np.ndarray], customers: np.ndarray) -> LikelihoodFit | None:
    """Fit one of the lifetimes models on distinct rows with weights.

    The weighted likelihood of distinct rows is the likelihood of the customers one by one, so the estimates
    are the same. Only the optimum and its Hessian (by automatic differentiation, in log-parameters) are taken
    from lifetimes: its `variance_matrix_` multiplies rows of the inverse Hessian by the squared parameters
    where J H^-1 J is due, so it is not even symmetric, and its likelihood is in rescaled time.

    Args:
        fitter: Name of the class in lifetimes.
        columns: The arrays the class's `fit` takes, in its order.
        customers: Customers behind each row.

    Returns:
        The fit, or None when no starting point leads to a finite maximum.
    """
    for start, tolerance in ((None, 1e-7), (0.0, 1e-6), (-1.0, 1e-6), (0.5, 1e-5)):
        model = _attempt(fitter, columns, customers, start=start, tolerance=tolerance)
        if model is not None:
            return LikelihoodFit(
                parameters=tuple(float(value) for value in model.params_),
                covariance=log_covariance(np.asarray(model._hessian_) * customers.sum()),
                mean_loss=float(model._negative_log_likelihood_),
            )
    return None


def _attempt(
    fitter: str,
    columns: Sequence[np.ndarray],
    customers: np.ndarray,
    *,
    start: float | None,
    tolerance: float,
) -> Any | None:
    """One run of the optimiser; None when it fails or ends at infinity."""
    option = pd.get_option("mode.chained_assignment")
    # On import lifetimes silences FutureWarning and sets this pandas option for the whole process; on failure
    # it prints the optimiser's state.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            import lifetimes
            from lifetimes.utils import ConvergenceError
        finally:
            pd.set_option("mode.chained_assignment", option)
        model = getattr(lifetimes, fitter)()
        size = 3 if fitter == "GammaGammaFitter" else 4
        initial = None if start is None else np.full(size, start)
        try:
            model.fit(*columns, weights=customers, initial_params=initial, tol=tolerance)
        except (ConvergenceError, np.linalg.LinAlgError):
            return None
    logs = np.log(np.asarray(model.params_, dtype=float))
    finite = np.isfinite(logs).all() and np.isfinite(model._hessian_).all()
    return model if finite and (np.abs(logs) < _LARGEST_LOG).all() else None
