"""What every fitted model of repeat purchases can say, whatever its process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.models.intervals import log_parameter_frame

ModelName = Literal["BG/NBD", "MBG/NBD", "Pareto/NBD"]

_HALVINGS = 50  # of the longest wait: exact to rounding


@dataclass(frozen=True, kw_only=True)
class Convergence:
    """Whether a fit stands at a maximum of its likelihood.

    Attributes:
        iterations: Steps of the optimiser (count).
        gradient: Largest absolute derivative of the mean log-likelihood a customer by a log-parameter.
        curvature: Smallest eigenvalue of the Hessian of the negative mean log-likelihood a customer, by log-parameters.
        second_start: Largest absolute difference of a log-parameter found from a second start.
        reference: Absolute difference of the mean log-likelihood a customer at these parameters from that of the
            lifetimes library, on a sample of the rows; None where that was not asked or overflows.
        held: Parameters held at the edge of what is searched, as customers differ less than the data can tell; the
            maximum is one by the others.
    """

    iterations: int
    gradient: float
    curvature: float
    second_start: float
    reference: float | None = None
    held: tuple[str, ...] = ()


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

    @abstractmethod
    def chance_of_no_purchase(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizons: ArrayLike
    ) -> np.ndarray:
        """Chance that a customer buys nothing in the time ahead, given the history; finite for every history.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizons: Times ahead, >= 0, counted from the end of observation: one for all, one a customer, or any shape
                that goes with the others (`x[:, None]`, `t_x[:, None]`, `T[:, None]`, `horizons[None, :]` give
                customers by horizons).

        Returns:
            Chances in [0, 1], in the shape of the inputs broadcast; 1 for a horizon of 0.
        """

    @abstractmethod
    def simulated_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike, rng: np.random.Generator
    ) -> np.ndarray:
        """Purchases in the time ahead, drawn given the history: what a customer with this history may do.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizon: Time ahead, >= 0, one for all or one a customer.
            rng: Source of randomness.

        Returns:
            One whole number of purchases a customer, in the shape of the inputs broadcast; the parameters are taken
            for known (draw them with `draws`).
        """

    def next_purchase(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, most: float, level: float = 0.8
    ) -> pd.DataFrame:
        """When each customer buys next, if he buys again within `most`.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            most: The longest time ahead that is looked at, > 0.
            level: Chance, in (0, 1), that the next purchase of one who buys again lies between `low` and `high`.

        Returns:
            One row a customer: chance_of_another (of a purchase within `most`), and of the time from the end of
            observation to the next purchase, given that there is one within `most`: median, low, high.
        """
        x, t_x, age = (np.ravel(column).astype(float) for column in np.broadcast_arrays(frequency, recency, T))
        another = 1 - self.chance_of_no_purchase(x, t_x, age, most)
        shares = {"median": 0.5, "low": (1 - level) / 2, "high": (1 + level) / 2}
        waits = {name: self._wait((x, t_x, age), share, most) for name, share in shares.items()}
        return pd.DataFrame({"chance_of_another": another, **waits})

    def _wait(self, history: tuple[np.ndarray, np.ndarray, np.ndarray], share: float, most: float) -> np.ndarray:
        """Time by which this share of those who buy within `most` have done so, by halving."""
        x, t_x, age = history
        chance = share * (1 - self.chance_of_no_purchase(x, t_x, age, most))
        low, high = np.zeros(chance.shape), np.full(chance.shape, float(most))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            early = 1 - self.chance_of_no_purchase(x, t_x, age, middle) < chance
            low, high = np.where(early, middle, low), np.where(early, high, middle)
        return high

    def alive_path(self, purchases: ArrayLike, until: float, *, step: float = 1.0) -> pd.DataFrame:
        """The chance that one customer has not left, day by day as it was known then.

        Args:
            purchases: Times of all purchases of the customer, the first included, from any origin.
            until: Last time looked at, not before the first purchase.
            step: Time between two looks.

        Returns:
            One row a look, from the first purchase to `until`: time (from the first purchase), purchases (repeat
            purchases so far), probability_alive.

        Raises:
            ValueError: No purchase, or `until` before the first one.
        """
        times = np.unique(np.asarray(purchases, dtype=float))
        if not times.size or until < times[0]:
            msg = (
                f"{times.size} purchases up to {until:g}: a path begins at the first purchase; give one before its end"
            )
            raise ValueError(msg)
        looks = np.arange(int(np.floor((until - times[0]) / step + 1e-9)) + 1) * step
        last = np.searchsorted(times - times[0], looks, side="right") - 1
        alive = self.probability_alive(last, times[last] - times[0], looks)
        return pd.DataFrame({"time": looks, "purchases": last, "probability_alive": alive})

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
        return log_parameter_frame(self.PARAMETERS, list(self.parameters.values()), self.covariance)
