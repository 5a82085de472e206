"""Pareto/NBD: customers who leave at any time, each at a rate of his own.

References:
    Schmittlein, Morrison and Colombo (1987), "Counting Your Customers: Who Are They and What Will They Do Next?"
    Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.btyd.power_integrals import Powers, log_integrals
from retention_lib.models.btyd.purchase_model import ModelName, PurchaseModel

_MOST_PURCHASES = 1e15  # where a count of purchases still is a whole number
_MOST_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class ParetoNBD(PurchaseModel):
    """A fitted Pareto/NBD model.

    Purchases come at a rate of Gamma(r, alpha) across customers, and customers leave for good at a rate of
    Gamma(s, beta) across customers, whether or not they have just bought.

    Attributes:
        name: Pareto/NBD.
        r: Shape of the purchase rate.
        alpha: Scale of the purchase rate, in the time unit of the data.
        s: Shape of the rate of leaving.
        beta: Scale of the rate of leaving, in the time unit of the data.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    name: ModelName = "Pareto/NBD"
    r: float
    alpha: float
    s: float
    beta: float

    def expected_purchases(self, t: ArrayLike) -> np.ndarray:
        """Expected repeat purchases of a new customer in the time t after the first one.

        Args:
            t: Times since the first purchase, >= 0.

        Returns:
            Expectations in the shape of `t`; Fader and Hardie's equation (27), also where s is 1.
        """
        return self.r / self.alpha * self._time_lived(np.asarray(self.beta), np.asarray(t, dtype=float))

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
            Customers by horizons, cumulative purchases; Fader and Hardie's equation (41), also where s is 1.
        """
        x, t_x, age = (np.ravel(column) for column in np.broadcast_arrays(*_floats(frequency, recency, T)))
        rate = self.probability_alive(x, t_x, age) * (self.r + x) / (self.alpha + age)
        lived = self._time_lived((self.beta + age)[:, None], np.asarray(horizons, dtype=float)[None, :])
        return rate[:, None] * lived

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> np.ndarray:
        """Probability that a customer has not left by the end of observation, exact for every history.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.

        Returns:
            Probabilities in the shape of the inputs broadcast; Fader and Hardie's equations (36) and (37).
        """
        columns = np.broadcast_arrays(*_floats(frequency, recency, T))
        rows = Distinct.of(*(column.ravel() for column in columns))
        x, t_x, age = rows.columns
        alive, more = np.empty(x.size), x > 0
        alive[~more] = self._alive_once(age[~more])
        alive[more] = self._alive_again(x[more], t_x[more], age[more])
        return alive[rows.place].reshape(columns[0].shape)

    def chance_of_no_purchase(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizons: ArrayLike
    ) -> np.ndarray:
        """Chance that a customer buys nothing in the time ahead, given the history.

        Of one alive at T the purchase rate is Gamma(r + x, alpha + T) and the rate of leaving Gamma(s, beta + T),
        independent; the chance that a purchase comes at v and that he has not left is
        (r + x) / a (1 + v / a)^-(r + x + 1) (1 + v / b)^-s dv, with a = alpha + T and b = beta + T.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizons: Times ahead, >= 0, counted from the end of observation, in any shape that goes with the others.

        Returns:
            Chances in [0, 1], in the shape of the inputs broadcast; 1 for a horizon of 0.
        """
        columns = np.broadcast_arrays(*_floats(frequency, T, horizons))
        rows = Distinct.of(*(column.ravel() for column in columns))
        x, age, ahead = rows.columns
        buys = np.exp(self._log_buys(x, age, ahead))[rows.place].reshape(columns[0].shape)
        return 1.0 - self.probability_alive(frequency, recency, T) * np.minimum(buys, 1.0)

    def simulated_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike, rng: np.random.Generator
    ) -> np.ndarray:
        """Purchases in the time ahead, drawn given the history: exact, nothing is approximated.

        Of one alive the purchase rate is Gamma(r + x, alpha + T) and the rate of leaving Gamma(s, beta + T),
        independent; he buys until he leaves.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizon: Time ahead, >= 0, one for all or one a customer.
            rng: Source of randomness.

        Returns:
            One whole number of purchases a customer, in the shape of the inputs broadcast.
        """
        x, t_x, age, ahead = np.broadcast_arrays(*_floats(frequency, recency, T, horizon))
        alive = rng.random(x.shape) < self.probability_alive(x, t_x, age)
        rate = rng.gamma(self.r + x) / (self.alpha + age)
        leaving = rng.gamma(self.s, size=x.shape) / (self.beta + age)
        until = rng.standard_exponential(x.shape)
        lived = np.where(until < leaving * ahead, until / np.maximum(leaving, np.finfo(float).tiny), ahead)
        return np.where(alive, rng.poisson(np.minimum(rate * lived, _MOST_PURCHASES)), 0)

    def _wait(self, history: tuple[np.ndarray, np.ndarray, np.ndarray], share: float, most: float) -> np.ndarray:
        """The same by Newton's steps: the chance is concave in time, so that they come from below and never overshoot.

        Having left by the end of observation divides out; what is left depends on x and T only.
        """
        rows = Distinct.of(history[0], history[2])
        x, age = rows.columns
        a, b, wait = self.alpha + age, self.beta + age, np.zeros_like(age)
        bought = share * np.exp(self._log_buys(x, age, np.full_like(age, most)))
        for _ in range(_MOST_STEPS):
            missing = bought - np.exp(self._log_buys(x, age, wait))
            pace = (self.r + x) / a * np.exp(-(self.r + x + 1) * np.log1p(wait / a) - self.s * np.log1p(wait / b))
            step = np.maximum(missing, 0.0) / np.maximum(pace, np.finfo(float).tiny)
            wait = np.minimum(wait + step, most)
            if (step <= 1e-12 * wait).all():
                break
        return wait[rows.place]

    def _time_lived(self, scale: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Expected time until a customer leaves or the horizon ends: the integral of (1 + v / b)^-s."""
        from scipy.special import exprel

        logs = np.log1p(ahead / scale)
        # Nobody lives longer than the horizon, however the shortest of times are rounded.
        return np.minimum(scale * logs * exprel((1 - self.s) * logs), ahead)

    def _alive_once(self, age: np.ndarray) -> np.ndarray:
        """P(alive) without a repeat purchase: the odds of having left by T are one finite integral."""
        from scipy.special import expit

        r, alpha, s, beta = (np.full_like(age, value) for value in self.parameters.values())
        left = log_integrals(Powers(a=alpha, b=beta, p=r, q=s + 1, upper=age))
        odds = np.log(s / beta) + left + r * np.log1p(age / alpha) + s * np.log1p(age / beta)
        return np.asarray(expit(-odds))

    def _alive_again(self, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
        """P(alive) after repeat purchases, from the two terms of `pareto_likelihood` over the chance to live on."""
        late, last = Distinct.of(x, age), Distinct.of(x, t_x)
        x_late, t_late = late.columns
        lived = self._log_buys(x_late, t_late, np.full_like(t_late, np.inf))[late.place]
        k, t = self.r + last.columns[0], last.columns[1]
        ends = np.full_like(k, np.inf)
        powers = Powers(a=self.alpha + t, b=self.beta + t, p=k, q=np.full_like(k, self.s + 1), upper=ends)
        left = (np.log(self.s / powers.b) + log_integrals(powers))[last.place]
        silence = (self.r + x) * np.log1p((age - t_x) / (self.alpha + t_x))
        silence += self.s * np.log1p((age - t_x) / (self.beta + t_x))
        return np.minimum(np.exp(-np.logaddexp(lived, left + silence)), 1.0)

    def _log_buys(self, x: np.ndarray, age: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Logarithm of the chance that a customer alive at T buys in the time ahead, before he leaves."""
        k = self.r + x
        powers = Powers(a=self.alpha + age, b=self.beta + age, p=k + 1, q=np.full_like(k, self.s), upper=ahead)
        return np.log(k / powers.a) + log_integrals(powers)


def _floats(*columns: ArrayLike) -> tuple[np.ndarray, ...]:
    """Columns as float arrays."""
    return tuple(np.asarray(column, dtype=float) for column in columns)
