"""How what units did rises with what they did before: the slope by which differences of arms are sharpened (CUPED).

Two slopes are in use, and each is right where it stands:

- Over both arms taken as one group (`overall_slope`): Deng and others' equation 4, and what tea-tasting computes. The
  effects on metrics (`comparisons`) and their course over the days (`lasting`) take it, so that an effect is
  tea-tasting's to the digit and the line over the days meets the effect told beside it.
- Inside the arms (`contrasts`, `segments`, `subsidy` and the lists of `models.actions.gains`): that of an analysis of
  covariance. What the arms differ by has no part in it.

The first has the effect in it, times what the arms differed by before, which draws the effect towards nothing by about
1 / units of it. That does not show in the arms of a test, but it does in a segment or a list, where units are few, and
in parts of a sum, of which one (the cost of a coupon) may be nearly all effect.

References:
    Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data, WSDM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates


def overall_slope(
    both: Aggregates, above: str, known: str, *, below: str | None = None, per: str | None = None
) -> float:
    """How much a mean, or a ratio, rises with what was known before, over both arms; 0 where that never varies.

    Args:
        both: The sums of both arms, added.
        above: What is compared.
        known: The same before the test.
        below: What it is divided by, of a ratio.
        per: What that before the test is divided by.
    """
    spread = both.ratio_var(known, per)
    return float(both.ratio_cov(above, below, known, per) / spread) if spread > 0 else 0.0


def slopes(products: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes from sums about the means, place by place; 0 where what was known before never varies.

    Args:
        products: Of what is compared and what was known before.
        squares: Of what was known before.
    """
    return np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)
