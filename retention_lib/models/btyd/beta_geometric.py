"""BG/NBD and MBG/NBD: customers who leave after a purchase, with a chance of their own.

References:
    Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way" (BG/NBD).
    Batislam, Denizel and Filiztekin (2007); Wagner and Hoppe (2008), erratum (MBG/NBD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.models.btyd.purchase_model import ModelName, PurchaseModel
from retention_lib.models.estimates import NotEnough
from retention_lib.models.fitting import lifetimes_fit

NEEDED_REPEATERS = 30
_FITTERS: dict[ModelName, str] = {"BG/NBD": "BetaGeoFitter", "MBG/NBD": "ModifiedBetaGeoFitter"}
_STEPS = 128  # trapezoid steps of the integral over the dropout probability
_TAIL = 36.0  # mass outside the integration window: exp(-36) of the peak
_CHUNK = 2048  # rows at a time, so that the work stays in the processor's cache


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

    def expected_purchases(self, t: ArrayLike) -> np.ndarray:
        """Expected repeat purchases of a new customer in the time t after the first one.

        Args:
            t: Times since the first purchase, >= 0.

        Returns:
            Expectations in the shape of `t`; equation (9) of Fader, Hardie and Lee for BG/NBD.
        """
        times = np.asarray(t, dtype=float)
        flat = np.atleast_1d(times).ravel()
        first = 0.0 if self.name == "BG/NBD" else 1.0
        surviving = 1.0 if self.name == "BG/NBD" else self.b / (self.a + self.b)
        b = np.full(flat.size, self.b + first)
        purchases = surviving * _mean_purchases(self.a, b, np.full(flat.size, self.r), flat[:, None] / self.alpha)
        return purchases[:, 0].reshape(times.shape)

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
        ratios = np.asarray(horizons, dtype=float)[None, :] / (self.alpha + age)[:, None]
        first = 0.0 if self.name == "BG/NBD" else 1.0
        alive = self.probability_alive(x, t_x, age)
        return alive[:, None] * _mean_purchases(self.a, self.b + x + first, self.r + x, ratios)

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


def fit_bg_nbd(counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit the BG/NBD model of Fader, Hardie and Lee (2005).

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The model; `NotEnough` under 30 customers with a repeat purchase ("repeat_customers") or when the
        likelihood has no finite maximum ("purchase_model_fit").

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase.
    """
    return _fit("BG/NBD", counts)


def fit_mbg_nbd(counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit the MBG/NBD model of Batislam, Denizel and Filiztekin (2007).

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The model; `NotEnough` as in `fit_bg_nbd`.

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase.
    """
    return _fit("MBG/NBD", counts)


def _fit(name: ModelName, counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit either model on the distinct rows."""
    if isinstance(counts, NotEnough):
        return counts
    x, t_x, age = _floats(counts["frequency"], counts["recency"], counts["T"])
    customers = counts["customers"].to_numpy(dtype=float)
    repeaters = float(customers[x > 0].sum())
    if repeaters < NEEDED_REPEATERS:
        return NotEnough("repeat_customers", repeaters, NEEDED_REPEATERS)
    _check(x, t_x, age)
    fit = lifetimes_fit(_FITTERS[name], (x, t_x, age), customers)
    if fit is None:
        return NotEnough("purchase_model_fit", 0, 1)
    r, alpha, a, b = fit.parameters
    # lifetimes divides time by the largest T, which adds log(max T) to the log-density of every purchase.
    log_likelihood = -fit.mean_loss * customers.sum() - np.log(age.max()) * (customers * x).sum()
    return BetaGeometric(
        name=name,
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=float(log_likelihood),
        covariance=fit.covariance,
        customers=int(customers.sum()),
    )


def _floats(*columns: ArrayLike) -> tuple[np.ndarray, ...]:
    """Columns as float arrays."""
    return tuple(np.asarray(column, dtype=float) for column in columns)


def _check(frequency: np.ndarray, recency: np.ndarray, T: np.ndarray) -> None:
    """Refuse histories that cannot be."""
    broken = (recency > T) | (recency < 0) | ((frequency == 0) & (recency != 0)) | ~np.isfinite(T)
    if broken.any():
        at = int(np.argmax(broken))
        msg = (
            f"row {at}: frequency {frequency[at]:g}, recency {recency[at]:g}, T {T[at]:g} is no purchase "
            "history; recency must lie in [0, T] and be 0 without a repeat purchase"
        )
        raise ValueError(msg)


def _mean_purchases(a: float, b: np.ndarray, shape: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """E[(1 - (1 + p z)^-k) / p] for p ~ Beta(a, b): the purchases of a living customer.

    Given a purchase rate l and a dropout probability p, a living customer buys (1 - exp(-l p t)) / p times in
    t; the Gamma posterior of l gives (1 - (1 + p z)^-k) / p with k = r + x and z = t / (alpha + T).

    Args:
        a: First shape, common to all rows.
        b: Second shape of each row.
        shape: k of each row.
        ratios: z, rows by horizons.

    Returns:
        Rows by horizons.
    """
    starts = range(0, len(b), _CHUNK)
    parts = [_integrate(a, b[i : i + _CHUNK], shape[i : i + _CHUNK], ratios[i : i + _CHUNK]) for i in starts]
    return np.concatenate(parts) if parts else np.empty((0, ratios.shape[1]))


def _integrate(a: float, b: np.ndarray, shape: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """The integral by the trapezoid rule in u = logit p, which converges exponentially.

    The chord of the integrand between p = 0 and p = 1 is integrated exactly and only the (convex) rest
    numerically: the rest vanishes at both ends, so the tails stay short when a or b is near 0.
    """
    from scipy.special import betaln, expit

    low, high = _window(a, b, shape * ratios.max(axis=1, initial=0.0))
    step = (high - low) / _STEPS
    u = low[:, None] + step[:, None] * np.arange(_STEPS + 1)
    p, log_rest = expit(u), -np.logaddexp(0, u)
    weights = np.exp(a * (u + log_rest) + b[:, None] * log_rest - betaln(a, b)[:, None]) * step[:, None]
    result = np.empty(ratios.shape)
    for j in range(ratios.shape[1]):
        z = ratios[:, j]
        at_zero, at_one = shape * z, -np.expm1(-shape * np.log1p(z))
        values = -np.expm1(-shape[:, None] * np.log1p(p * z[:, None])) / p
        values -= at_zero[:, None] * (1 - p) + at_one[:, None] * p
        result[:, j] = (at_zero * b + at_one * a) / (a + b) + np.einsum("ij,ij->i", weights, values)
    return result


def _window(a: float, b: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where in logit p the integrand lives: sub-gamma tail bounds of the Beta density and of the rest.

    The density falls like exp(a u) to the left and exp(-b u) to the right; the rest like one power more, on
    the left only beyond p = 1 / slope. The tighter bound of the two holds.
    """
    mode, tilted_mode = np.log(a / b), np.log((a + 1) / (b + 1))
    width = np.sqrt(2 * _TAIL * (1 / a + 1 / b))
    tilted_width = np.sqrt(2 * _TAIL * (1 / (a + 1) + 1 / (b + 1)))
    low = np.maximum(
        mode - width - _TAIL / a, np.minimum(tilted_mode, -np.log1p(slope)) - tilted_width - _TAIL / (a + 1)
    )
    high = np.minimum(mode + width + _TAIL / b, tilted_mode + tilted_width + _TAIL / (b + 1))
    return low, high
