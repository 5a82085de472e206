"""BG/NBD and MBG/NBD: customers who leave after a purchase, with a chance of their own.

References:
    Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way" (BG/NBD).
    Batislam, Denizel and Filiztekin (2007); Wagner and Hoppe (2008), erratum (MBG/NBD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.btyd.mean_purchases import DropoutPosteriors
from retention_lib.models.btyd.purchase_model import PurchaseModel

_SMALLEST_CHANCE = 1e-12  # of leaving: once in a million million purchases is never
_MOST_PURCHASES = 1e15  # where a count of purchases still is a whole number


@dataclass(frozen=True, kw_only=True)
class BetaGeometric(PurchaseModel):
    """A fitted model of repeat purchases.

    Purchases come at a rate of Gamma(r, alpha) across customers; after each one (MBG/NBD: also after the very
    first) the customer leaves for good with a probability of Beta(a, b) across customers.

    Attributes:
        name: BG/NBD or MBG/NBD.
        r: Shape of the purchase rate.
        alpha: Scale of the purchase rate, in the time unit of the data.
        a: First shape of the dropout probability.
        b: Second shape of the dropout probability.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    r: float
    alpha: float
    a: float
    b: float

    @property
    def _first(self) -> int:
        """Chances to leave at the very first purchase: one in MBG/NBD."""
        return 0 if self.name == "BG/NBD" else 1

    def expected_purchases(self, t: ArrayLike) -> np.ndarray:
        """Expected repeat purchases of a new customer in the time t after the first one.

        Args:
            t: Times since the first purchase, >= 0.

        Returns:
            Expectations in the shape of `t`; equation (9) of Fader, Hardie and Lee for BG/NBD.
        """
        times = np.asarray(t, dtype=float)
        ratios = times.reshape(-1, 1) / self.alpha
        posterior = DropoutPosteriors(a=self.a, b=np.array([self.b + self._first]), shape=np.array([self.r]))
        # MBG/NBD: who left after the first purchase does not come back
        surviving = self.b / (self.a + self.b) if self._first else 1.0
        purchases = posterior.mean_purchases(np.zeros(len(ratios), dtype=int), ratios)
        return surviving * purchases[:, 0].reshape(times.shape)

    def expected_purchases_by(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizons: ArrayLike
    ) -> np.ndarray:
        """Expected purchases of each customer up to several horizons at once.

        Args:
            frequency: Repeat purchases.
            recency: Time from first to last purchase.
            T: Time from the first purchase to the end of observation.
            horizons: Times ahead, counted from the end of observation.

        Returns:
            Customers by horizons, cumulative purchases.
        """
        x, t_x, age = (np.ravel(column) for column in np.broadcast_arrays(*_floats(frequency, recency, T)))
        pairs = Distinct.of(x, age)  # what a living customer buys does not depend on the recency
        counts, place = np.unique(pairs.columns[0], return_inverse=True)
        posteriors = DropoutPosteriors(a=self.a, b=self.b + counts + self._first, shape=self.r + counts)
        ratios = np.asarray(horizons, dtype=float)[None, :] / (self.alpha + pairs.columns[1])[:, None]
        purchases = posteriors.mean_purchases(place, ratios)[pairs.place]
        purchases *= self.probability_alive(x, t_x, age)[:, None]
        return purchases

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> np.ndarray:
        """Probability that a customer has not left by the end of observation.

        BG/NBD says 1 for everyone without a repeat purchase, because nobody can leave before buying again:
        never use it for churn. MBG/NBD is free of this defect.

        Args:
            frequency: Repeat purchases.
            recency: Time from first to last purchase.
            T: Time from the first purchase to the end of observation.

        Returns:
            Probabilities in the shape of the inputs broadcast.
        """
        from scipy.special import expit

        x, t_x, age = np.broadcast_arrays(*_floats(frequency, recency, T))
        purchases = np.maximum(x, 1) - 1 if self.name == "BG/NBD" else x
        # log odds of having left: Fader and Hardie, note 021; Batislam et al. (2007), appendix A, eq. (5)
        silence = (self.r + x) * np.log((self.alpha + age) / (self.alpha + t_x))
        left = np.log(self.a) - np.log(self.b + purchases) + silence
        alive = expit(-left)
        return np.where(x == 0, 1.0, alive) if self.name == "BG/NBD" else alive

    def chance_of_no_purchase(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizons: ArrayLike
    ) -> np.ndarray:
        """Chance that a customer buys nothing in the time ahead, given the history.

        A customer alive at T has a purchase rate of Gamma(r + x, alpha + T) whatever the dropout probability, which
        enters the likelihood as a factor of its own; he leaves at purchases only, so the next one comes at that rate:
        P(X = 0) = 1 - P(alive) (1 - ((alpha + T) / (alpha + T + horizon))^(r + x)). Exact, and finite for everyone.

        Args:
            frequency: Repeat purchases, whole numbers >= 0.
            recency: Time from first to last purchase, 0 <= recency <= T.
            T: Time from the first purchase to the end of observation.
            horizons: Times ahead, >= 0, counted from the end of observation, in any shape that goes with the others.

        Returns:
            Chances in [0, 1], in the shape of the inputs broadcast; 1 for a horizon of 0.

        References:
            Fader, Hardie and Lee (2005), equations 3 and 7; Batislam et al. (2007), appendix A.
        """
        x, age, ahead = _floats(frequency, T, horizons)
        buys_if_alive = -np.expm1(-(self.r + x) * np.log1p(ahead / (self.alpha + age)))
        return 1.0 - self.probability_alive(frequency, recency, T) * buys_if_alive

    def _wait(self, history: tuple[np.ndarray, np.ndarray, np.ndarray], share: float, most: float) -> np.ndarray:
        """The same in closed form: the next purchase of one alive is a Lomax time, cut off at `most`."""
        x, _, age = history
        within = -np.expm1(-(self.r + x) * np.log1p(most / (self.alpha + age)))
        return (self.alpha + age) * np.expm1(-np.log1p(-share * within) / (self.r + x))

    def simulated_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike, rng: np.random.Generator
    ) -> np.ndarray:
        """Purchases in the time ahead, drawn given the history.

        Of one alive the purchase rate is Gamma(r + x, alpha + T) and the dropout probability Beta(a, b + s), s the
        chances to leave survived; they are independent. He makes the purchases that come, up to the one at which he
        leaves, whose number is geometric: exact, nothing is approximated.

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
        coming = rng.poisson(np.minimum(rate * ahead, _MOST_PURCHASES))
        leaving = rng.geometric(np.maximum(rng.beta(self.a, self.b + x + self._first), _SMALLEST_CHANCE))
        return np.where(alive, np.minimum(coming, leaving), 0)


def _floats(*columns: ArrayLike) -> tuple[np.ndarray, ...]:
    """Columns as float arrays."""
    return tuple(np.asarray(column, dtype=float) for column in columns)
