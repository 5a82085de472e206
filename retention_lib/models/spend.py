"""What a customer is expected to spend a purchase: the Gamma-Gamma model, or by frequency where spend depends on it.

The Gamma-Gamma model supposes that spend does not depend on how often a customer buys. Where the data contradict that
(the test of `gamma_gamma.frequency_spend_correlation`), the forecast is `by_frequency`:

- The mean spend of customers with x repeat purchases, seen for a time T, is a curve exp(a + b log(x + 1/2) + c log(T +
  u)), fitted by quasi-likelihood, so that it meets the means whatever the distribution (u: mean time a purchase).
- A customer's own mean is drawn towards the curve, as far as the Gamma-Gamma model fitted to spend relative to the
  curve says: credibility (Buehlmann and Straub 1970), with the customer's weight p x / (p x + q - 1).
- What counts is the spend of a purchase *to come*, and among customers with one history those who will buy more also
  spend more (or less). Once the next purchase is made, the customer has x + 1: E[rate x spend | x] / E[rate | x] =
  E[spend | x + 1], whatever the rates, while purchases are Poisson. So the result is multiplied by curve(x + 1) /
  curve(x), and a customer without a repeat purchase is taken at curve(1).

On simulated stores with a known truth the total then errs by 1 % or less on average at every strength of dependence
tried, where the Gamma-Gamma errs by up to 8 %, and the value customer by customer is closer.

References:
    Buehlmann and Straub (1970), "Glaubwuerdigkeit fuer Schadensaetze".
    McCullagh and Nelder (1989), "Generalized Linear Models", chapter 9 (quasi-likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.gamma_gamma import SpendModel, fit_gamma_gamma, repeat_buyers
from retention_lib.models.intervals import normal_quantile

Kind = Literal["gamma_gamma", "by_frequency", "alike"]

_STEPS = 100
_CLOSE = 1e-10
_FLATTEST = 0.01  # ages whose logarithms vary less than this tell nothing
_LEAST_SHAPE = 0.25  # the variance of spend is finite only for q > 2; nearer to that it is held here


@dataclass(frozen=True, kw_only=True)
class SpendCurve:
    """Mean spend a purchase by frequency and age.

    Attributes:
        level: Logarithm of the mean spend at the centre of the repeat buyers' histories.
        by_frequency: Exponent of frequency + 1/2.
        by_age: Exponent of age + `age_unit`; 0 where ages are not given or do not vary.
        covariance: Of (level, by_frequency, by_age), allowing for any distribution of spend.
        centre: Means of log(frequency + 1/2) and of log(age + `age_unit`) among the repeat buyers.
        age_unit: Mean time a repeat purchase.
        most_purchases: Largest frequency fitted on.
        seldom: Repeat purchases of the tenth of repeat buyers who bought least (their most).
        often: Repeat purchases of the tenth of repeat buyers who bought most (their least).
        ages: Smallest and largest age fitted on.
    """

    level: float
    by_frequency: float
    by_age: float
    covariance: tuple[tuple[float, ...], ...]
    centre: tuple[float, float]
    age_unit: float
    most_purchases: float
    ages: tuple[float, float]
    seldom: int = 1
    often: int = 1

    def spend(self, frequency: ArrayLike, age: ArrayLike | None = None) -> np.ndarray:
        """Mean spend of customers with so many repeat purchases.

        Args:
            frequency: Repeat purchases; below 1 and above the most fitted on it stays level.
            age: T of each; None for that of the repeat buyers' centre.

        Returns:
            Currency a purchase.
        """
        x = np.clip(np.asarray(frequency, dtype=float), 1, self.most_purchases)
        logs = self.level + self.by_frequency * (np.log(x + 0.5) - self.centre[0])
        if age is not None and self.by_age != 0:
            T = np.clip(np.asarray(age, dtype=float), *self.ages)
            logs = logs + self.by_age * (np.log(T + self.age_unit) - self.centre[1])
        return np.exp(logs)


@dataclass(frozen=True, kw_only=True)
class SpendForecast:
    """Expected spend of a purchase to come.

    Attributes:
        kind: "gamma_gamma" where spend does not depend on frequency, else "by_frequency"; "alike" where customers
            moreover differ by no more than chance, and the same is expected of all.
        gamma_gamma: The Gamma-Gamma model fitted to spend as it is, whatever the kind.
        relative: The Gamma-Gamma model of spend relative to the curve, which weighs a customer's own mean; the same as
            `gamma_gamma` where there is no curve.
        curve: Mean spend by frequency; None where spend does not depend on it.
    """

    kind: Kind
    gamma_gamma: SpendModel
    relative: SpendModel
    curve: SpendCurve | None = None

    @property
    def dependence(self) -> Estimate:
        """Correlation of spend and frequency; `claimed` when spend depends on frequency."""
        return self.gamma_gamma.dependence

    @property
    def customers(self) -> int:
        """Repeat buyers fitted on."""
        return self.gamma_gamma.customers

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike, T: ArrayLike | None = None) -> np.ndarray:
        """Expected spend of a purchase to come, of each customer.

        Args:
            frequency: Repeat purchases.
            monetary_value: Mean spend of the repeat purchases; ignored (may be NaN) where frequency is 0.
            T: Time from the first purchase to the end of observation, in the unit of the fit; used where spend depends
                on frequency and the fit knew it. None takes the repeat buyers' usual age.

        Returns:
            Currency a purchase, positive and finite.
        """
        if self.curve is None:
            return self.gamma_gamma.expected_spend(frequency, monetary_value)
        x = np.asarray(frequency, dtype=float)
        usual, next_one = self.curve.spend(x, T), self.curve.spend(x + 1, T)
        own = np.where(x > 0, np.asarray(monetary_value, dtype=float), 0.0)
        weight = self.relative.own_weight(x)
        return np.where(x > 0, next_one / usual, 1.0) * (weight * own + (1 - weight) * usual)

    def expected_of(self, rows: pd.DataFrame) -> np.ndarray:
        """Expected spend of a purchase to come, of each row of histories.

        Args:
            rows: Columns frequency, monetary_value; T and `net` (net amount so far) where known.

        Returns:
            Currency a purchase, before what is sent back without an order's name (`margins.Margin.kept_share`).
        """
        return self.expected_spend(rows["frequency"], self.own_means(rows), rows.get("T"))

    def own_means(self, rows: pd.DataFrame) -> np.ndarray:
        """Each customer's own mean spend as far as it is told; where it is not, what is usual for the history.

        Args:
            rows: As for `expected_of`.

        Returns:
            Currency a purchase. Customers whose net amount is not positive have sent back what they bought, so their
            own mean tells nothing; how much is sent back is in the share kept by all.
        """
        own = rows["monetary_value"].to_numpy(dtype=float)
        if "net" not in rows:
            return own
        model, frequency = self.gamma_gamma, rows["frequency"]
        usual = model.expected_spend(0, 0.0) if self.curve is None else self.curve.spend(frequency, rows.get("T"))
        return np.where(rows["net"].to_numpy(dtype=float) > 0, own, usual)

    def spend_variance(self, frequency: ArrayLike, monetary_value: ArrayLike, T: ArrayLike | None = None) -> np.ndarray:
        """Variance of the amount of *one* purchase to come, given the history: the purchase's own and the customer's.

        Args:
            frequency: Repeat purchases.
            monetary_value: Mean spend of the repeat purchases.
            T: As for `expected_spend`.

        Returns:
            Currency squared. A purchase is Gamma(p, nu) with nu ~ Gamma(A, ..), A = p x + q, so it is mean^2 x
            ((A - 1) / p + 1) / (A - 2); it is infinite up to A = 2, and A - 2 is held at 1/4 or more.
        """
        mean = self.expected_spend(frequency, monetary_value, T)
        shape = self.relative.p * np.asarray(frequency, dtype=float) + self.relative.q
        beyond = np.maximum(shape - 2, _LEAST_SHAPE)
        return mean**2 * ((beyond + 1) / self.relative.p + 1) / beyond

    def customer_variance(
        self, frequency: ArrayLike, monetary_value: ArrayLike, T: ArrayLike | None = None
    ) -> np.ndarray:
        """Variance of a customer's own mean spend, given the history: the part of `spend_variance` all purchases share.

        Args:
            frequency: Repeat purchases.
            monetary_value: Mean spend of the repeat purchases.
            T: As for `expected_spend`.

        Returns:
            Currency squared: mean^2 / (A - 2), with A as there.
        """
        mean = self.expected_spend(frequency, monetary_value, T)
        shape = self.relative.p * np.asarray(frequency, dtype=float) + self.relative.q
        return mean**2 / np.maximum(shape - 2, _LEAST_SHAPE)

    def simulated_spend(
        self,
        frequency: ArrayLike,
        monetary_value: ArrayLike,
        purchases: ArrayLike,
        rng: np.random.Generator,
        T: ArrayLike | None = None,
    ) -> np.ndarray:
        """Money of so many purchases of each customer, drawn from its distribution given the history.

        Args:
            frequency: Repeat purchases.
            monetary_value: Mean spend of the repeat purchases.
            purchases: Purchases to come, whole numbers >= 0.
            rng: Source of randomness.
            T: As for `expected_spend`.

        Returns:
            Currency in all; 0 where there is no purchase.
        """
        mean = self.expected_spend(frequency, monetary_value, T)
        count = np.asarray(purchases, dtype=float)
        p, shape = self.relative.p, self.relative.p * np.asarray(frequency, dtype=float) + self.relative.q
        # Sum of the amounts: Gamma(p n) / nu with nu ~ Gamma(A), scaled so that the mean of one is `mean`.
        amounts = rng.gamma(np.maximum(p * count, 1e-9)) / rng.gamma(np.broadcast_to(shape, count.shape))
        return np.where(count > 0, mean * (shape - 1) / p * amounts, 0.0)

    def draws(self, rng: np.random.Generator, n: int) -> list[SpendForecast]:
        """Forecasts with parameters drawn from their sampling distribution.

        Args:
            rng: Source of randomness.
            n: Number of forecasts.
        """
        relative = self.relative.draws(rng, n)
        if self.curve is None:
            return [replace(self, gamma_gamma=model, relative=model) for model in relative]
        centre = [self.curve.level, self.curve.by_frequency, self.curve.by_age]
        drawn = rng.multivariate_normal(centre, np.array(self.curve.covariance), size=n, method="eigh")
        curves = [
            replace(self.curve, level=float(level), by_frequency=float(slope), by_age=float(age))
            for level, slope, age in drawn
        ]
        return [replace(self, relative=model, curve=curve) for model, curve in zip(relative, curves, strict=True)]

    def to_frame(self) -> pd.DataFrame:
        """Parameters with 95 % intervals: columns parameter, value, low, high; the curve's exponents after p, q, v."""
        frame = self.relative.to_frame()
        if self.curve is None:
            return frame
        values = np.array([np.exp(self.curve.level), self.curve.by_frequency, self.curve.by_age])
        spread = normal_quantile(0.95) * np.sqrt(np.diag(np.array(self.curve.covariance)))
        low, high = values - spread, values + spread
        low[0], high[0] = values[0] * np.exp(-spread[0]), values[0] * np.exp(spread[0])
        names = ["mean_spend", "by_frequency", "by_age"]
        curve = pd.DataFrame({"parameter": names, "value": values, "low": low, "high": high})
        return pd.concat([frame, curve], ignore_index=True)


def expected_spend_model(spend: pd.DataFrame | NotEnough) -> SpendForecast | NotEnough:
    """The Gamma-Gamma model where spend does not depend on frequency, else the forecast by frequency.

    Args:
        spend: Columns frequency, monetary_value (mean net spend of the repeat purchases), customers, and T where known:
            without it a forecast by frequency errs more on the total where customers' ages differ.

    Returns:
        The forecast; `NotEnough` as in `gamma_gamma.fit_gamma_gamma`.
    """
    if isinstance(spend, NotEnough):
        return spend
    plain = fit_gamma_gamma(spend)
    if isinstance(plain, NotEnough):
        return plain
    if not plain.dependence.claimed:
        return SpendForecast(kind="alike" if plain.alike else "gamma_gamma", gamma_gamma=plain, relative=plain)
    return _by_frequency(spend, plain)


def _by_frequency(spend: pd.DataFrame, plain: SpendModel) -> SpendForecast | NotEnough:
    """The curve with the plain model's weights, the model of spend relative to it, and the curve with its weights."""
    curve = _curve(spend, plain)
    if isinstance(curve, NotEnough):
        return curve
    usual = curve.spend(spend["frequency"], spend.get("T"))
    shares = spend[["frequency", "customers"]].assign(monetary_value=spend["monetary_value"] / usual)
    relative = fit_gamma_gamma(shares)
    if isinstance(relative, NotEnough):
        return relative
    curve = _curve(spend, relative)
    if isinstance(curve, NotEnough):
        return curve
    return SpendForecast(kind="by_frequency", gamma_gamma=plain, relative=relative, curve=curve)


def _curve(spend: pd.DataFrame, model: SpendModel) -> SpendCurve | NotEnough:
    """Quasi-likelihood with a logarithmic link; a mean of x purchases has the precision of its own weight."""
    x, m, customers = repeat_buyers(spend)
    seen = (spend["frequency"] > 0) & (spend["monetary_value"] > 0)
    age = spend.loc[seen, "T"].to_numpy(dtype=float) if "T" in spend else np.zeros_like(x)
    unit = float((customers * age).sum() / (customers * x).sum())
    logs = np.column_stack([np.log(x + 0.5), np.log(age + unit) if unit > 0 else np.zeros_like(x)])
    centre = np.average(logs, axis=0, weights=customers)
    told = np.sqrt(np.average((logs - centre) ** 2, axis=0, weights=customers)) > (0, _FLATTEST)
    design = np.column_stack([np.ones_like(x), (logs - centre)[:, told]])
    weights = customers * model.own_weight(x)
    bread = np.linalg.inv((design * weights[:, None]).T @ design)
    fitted = np.zeros(design.shape[1])
    fitted[0] = np.log(np.average(m, weights=weights))
    for _ in range(_STEPS):
        rest = m / np.exp(design @ fitted) - 1
        step = bread @ (design.T @ (weights * rest))
        fitted = fitted + step * min(1.0, 1.0 / np.abs(step).max())
        if np.abs(step).max() < _CLOSE:
            break
    else:
        return NotEnough("spend_model_fit", 0, 1)
    # White (1980), as for the test of dependence: the spread of the means as it is, not as a model has it.
    meat = (design * (customers * (model.own_weight(x) * rest) ** 2)[:, None]).T @ design
    places = [0, *(1 + np.flatnonzero(told))]
    covariance, coefficients = np.zeros((3, 3)), np.zeros(3)
    covariance[np.ix_(places, places)], coefficients[places] = bread @ meat @ bread, fitted
    return SpendCurve(
        level=float(coefficients[0]),
        by_frequency=float(coefficients[1]),
        by_age=float(coefficients[2]),
        covariance=tuple(tuple(float(cell) for cell in row) for row in covariance),
        centre=(float(centre[0]), float(centre[1])),
        age_unit=unit,
        most_purchases=float(x.max()),
        ages=(float(age.min()), float(age.max())),
        seldom=_quantile(x, customers, 0.1),
        often=_quantile(x, customers, 0.9),
    )


def _quantile(x: np.ndarray, customers: np.ndarray, share: float) -> int:
    """The frequency that so large a share of customers do not exceed."""
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(customers[order]) / customers.sum()
    return int(x[order][np.searchsorted(reached, share)])
