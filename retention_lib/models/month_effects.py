"""What each month of the year does to a count, drawn towards nothing as far as it may be chance.

A month's actual count over the expected one has a logarithm of

    level + trend x time + effect of the month of the year + shock of that month + chance of counting,

where effects and shocks are normal with variances of their own. The two variances are found by restricted maximum
likelihood, the effects are the best linear predictions: a year that has no season gets none.

References:
    Patterson and Thompson (1971), Recovery of inter-block information, Biometrika 58.
    Self and Liang (1987), Asymptotic properties of maximum likelihood estimators under nonstandard conditions, JASA 82,
        case 5: the test of a variance that may be 0.
    Robinson (1991), That BLUP is a good thing, Statistical Science 6, equation 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EFFECT_SDS = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.6, 0.9, 1.4])
_GAIN = 1.0
"""Twice the gain in log-likelihood from which on effects are taken: chance alone reaches it in 16 of 100 steady stores,
and a forecast loses more by a season left out than by one that is small and drawn towards nothing anyway."""

_SHOCK_SDS = np.array([0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.15, 0.2, 0.3, 0.5])


@dataclass(frozen=True, kw_only=True, eq=False)
class MonthEffects:
    """Effects of the months of the year on the logarithm of a count.

    Attributes:
        effects: Of January to December; 0 where all months are alike.
        covariance: Their covariance given the data.
        effect_sd: Standard deviation of effects across months; 0 where all are alike.
        shock_sd: Standard deviation of the shocks of single months.
    """

    effects: np.ndarray
    covariance: np.ndarray
    effect_sd: float
    shock_sd: float


def month_effects(month: np.ndarray, actual: np.ndarray, expected: np.ndarray) -> MonthEffects:
    """The effects of the months of the year.

    Args:
        month: Months as a running number whose remainder by 12 is the month of the year, 0 for January.
        actual: Counts of each month, above 0.
        expected: What they would be without an effect, above 0.

    Returns:
        The effects at the variances that are likeliest; none where these explain hardly more than chance would.
    """
    ratio = np.log(actual / expected)
    time = (month - month.mean()) / 12
    fixed = np.column_stack([np.ones(len(month)), time])
    which = (month[:, None] % 12 == np.arange(12)).astype(float)
    model = _Mixed(ratio=ratio, fixed=fixed, which=which, counting=1 / actual)
    found = [(model.likelihood(effect, shock), effect, shock) for effect in _EFFECT_SDS for shock in _SHOCK_SDS]
    none = max(each for each in found if each[1] == 0)
    most = max(found)
    _, effect, shock = most if 2 * (most[0] - none[0]) > _GAIN else none
    return model.predicted(effect, shock)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Mixed:
    """A linear model with effects of months that are drawn by chance.

    Attributes:
        ratio: The outcome.
        fixed: Level and trend.
        which: Month of the year, as columns of 0 and 1.
        counting: Known variance of each outcome.
    """

    ratio: np.ndarray
    fixed: np.ndarray
    which: np.ndarray
    counting: np.ndarray

    def _precision(self, effect: float, shock: float) -> np.ndarray:
        variance = np.diag(self.counting + shock**2) + effect**2 * self.which @ self.which.T
        return np.asarray(np.linalg.inv(variance))

    def likelihood(self, effect: float, shock: float) -> float:
        """The restricted log-likelihood of two standard deviations, but for a constant."""
        precision = self._precision(effect, shock)
        within = self.fixed.T @ precision @ self.fixed
        rest = self.ratio - self.fixed @ np.linalg.solve(within, self.fixed.T @ precision @ self.ratio)
        sizes = np.linalg.slogdet(precision)[1] - np.linalg.slogdet(within)[1]
        return float((sizes - rest @ precision @ rest) / 2)

    def predicted(self, effect: float, shock: float) -> MonthEffects:
        """The best linear predictions of the effects, and their errors' covariance."""
        precision = self._precision(effect, shock)
        within = self.fixed.T @ precision @ self.fixed
        projected = precision - precision @ self.fixed @ np.linalg.solve(within, self.fixed.T @ precision)
        gain = effect**2 * self.which.T @ projected
        return MonthEffects(
            effects=gain @ self.ratio,
            covariance=effect**2 * (np.eye(12) - gain @ self.which),
            effect_sd=float(effect),
            shock_sd=float(shock),
        )
