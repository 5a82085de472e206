"""What every fitted model of repeat purchases can say, whatever its process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

ModelName = Literal["BG/NBD", "MBG/NBD", "Pareto/NBD"]


@dataclass(frozen=True, kw_only=True)
class Convergence:
    """Whether a fit stands at a maximum of its likelihood.

    Attributes:
        iterations: Steps of the optimiser (count).
        gradient: Largest absolute derivative of the mean log-likelihood a customer by a log-parameter.
        curvature: Smallest eigenvalue of the Hessian of the negative mean log-likelihood a customer, by log-parameters.
        second_start: Largest absolute difference of a log-parameter found from a second start.
    """

    iterations: int
    gradient: float
    curvature: float
    second_start: float


@dataclass(frozen=True, kw_only=True)
class PurchaseModel(ABC):
    """A fitted model of repeat purchases.

    Attributes:
        name: The model's usual name.
        log_likelihood: Of all customers, in the time unit of the data.
        covariance: Covariance of the logarithms of `parameters` at the maximum, in their order.
        customers: Customers fitted on.
        convergence: Whether the fit stands at a maximum; None where the parameters were given, not fitted.
    """

    PARAMETERS: ClassVar[tuple[str, ...]]

    name: ModelName
    log_likelihood: float
    covariance: tuple[tuple[float, ...], ...]
    customers: int
    convergence: Convergence | None = None

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.PARAMETERS}

    @abstractmethod
    def expected_purchases(self, t: ArrayLike) -> np.ndarray:
        """Expected repeat purchases of a new customer in the time t after the first one.

        Args:
            t: Times since the first purchase, >= 0.

        Returns:
            Expectations in the shape of `t`.
        """

    @abstractmethod
    def expected_purchases_by(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizons: ArrayLike
    ) -> np.ndarray:
        """Expected purchases of each customer up to several horizons at once, finite for every history.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizons: Times ahead, counted from the end of observation.

        Returns:
            Customers by horizons, cumulative purchases.
        """

    @abstractmethod
    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> np.ndarray:
        """Probability that a customer has not left by the end of observation.

        Args:
            frequency: Repeat purchases.
            recency: Time from first to last purchase.
            T: Time from the first purchase to the end of observation.

        Returns:
            Probabilities in the shape of the inputs broadcast.
        """

    def conditional_expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: float
    ) -> np.ndarray:
        """Expected purchases of each customer in the next `horizon`, given the history.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizon: Time ahead, >= 0.

        Returns:
            One expectation a customer, in the shape of the inputs broadcast.
        """
        shape = np.broadcast_shapes(np.shape(frequency), np.shape(recency), np.shape(T))
        return self.expected_purchases_by(frequency, recency, T, [horizon])[:, 0].reshape(shape)

    def draws(self, rng: np.random.Generator, n: int) -> list[Self]:
        """Models with parameters drawn from their sampling distribution.

        Args:
            rng: Source of randomness.
            n: Number of models.

        Returns:
            Models whose log-parameters are normal around the estimates, with the inverse Hessian of the
            log-likelihood as covariance.
        """
        centre = np.log(list(self.parameters.values()))
        logs = rng.multivariate_normal(centre, np.array(self.covariance), size=n, method="eigh")
        return [self._at(row) for row in np.exp(logs)]

    def _at(self, parameters: np.ndarray) -> Self:
        """The same model at other parameters."""
        named: dict[str, Any] = dict(zip(self.PARAMETERS, (float(value) for value in parameters), strict=True))
        return replace(self, **named)

    def to_frame(self) -> pd.DataFrame:
        """Parameters with 95 % intervals on the log scale: columns parameter, value, low, high."""
        values = np.array(list(self.parameters.values()))
        spread = np.exp(1.959964 * np.sqrt(np.diag(np.array(self.covariance))))
        return pd.DataFrame(
            {"parameter": self.PARAMETERS, "value": values, "low": values / spread, "high": values * spread}
        )
