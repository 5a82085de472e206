"""How far the difference of two means is off by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard error and Welch and Satterthwaite's degrees of freedom of the difference of two means."""

    error: float
    freedom: float

    def half(self, level: float, error: float | None = None) -> float:
        """Half the width of an interval."""
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, 0.5 + level / 2)) * (self.error if error is None else error)

    def p(self, effect: float) -> float:
        """Two-sided p-value against no effect."""
        from scipy.special import stdtr

        return 2 * float(stdtr(self.freedom, -abs(effect) / self.error))

    def detectable(self, level: float) -> float:
        """Smallest effect found with 80 % power, where both groups vary as they did."""
        from scipy.special import stdtrit

        return self.half(level) + float(stdtrit(self.freedom, POWER)) * self.error


def difference_noise(variances: Sequence[float], sizes: Sequence[int]) -> Noise:
    """The noise of the difference of independent means.

    Args:
        variances: Of one unit, by group.
        sizes: Units of each group (count), 2 or more.

    References:
        Welch (1947), Biometrika 34; Satterthwaite (1946), Biometrics Bulletin 2.
    """
    parts = [variance / size for variance, size in zip(variances, sizes, strict=True)]
    spread = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    return Noise(error=math.sqrt(sum(parts)), freedom=sum(parts) ** 2 / spread if spread > 0 else math.inf)
