"""What a test of the next campaigns can show in which a part of those to be mailed is left alone by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, figures_frame
from retention_lib.models.intervals import normal_quantile

POWER = 0.8
"""Share of such tests that find a change of the detectable size."""

LEFT_ALONE = 0.1
"""Share of the units that is left alone."""

WANTED = 0.05
"""Rise of sales that a test should be able to show (share)."""

_LEVEL = 0.95
_CLOSE_TO_NONE = 1e-9


@dataclass(frozen=True, kw_only=True)
class PlannedTest:
    """The test proposed for the next campaigns.

    Attributes:
        units: Customers or households drawn, mailed and left alone together: as many as were compared this time.
        left_alone: Of them, those left alone (count).
        detectable: Smallest rise of sales that is found in `POWER` of such tests (share).
        detectable_halves: The same where half of the units are left alone.
        wanted: Rise of sales that one would like to see (share).
        needed: Units it takes for that, with the same share left alone (count).
    """

    units: int
    left_alone: int
    detectable: float
    detectable_halves: float
    wanted: float
    needed: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def planned_test(measured: Estimate, *, treated: int, controls: int, share: float = LEFT_ALONE) -> PlannedTest:
    """What a test with a random share left alone shows, from how much sales scattered in a comparison.

    With s the standard error of the measured log ratio of sales, of n_T treated and n_C controls, a test of N units of
    which the share q is left alone has the standard error

        s(N, q) = s sqrt(1 / (N (1 - q)) + 1 / (N q)) / sqrt(1 / n_T + 1 / n_C),

    and finds a rise of exp((z_0.975 + z_0.8) s(N, q)) - 1 or more in 80 % of cases, two-sided at 5 %: about 2.8
    standard errors. Both groups are taken to scatter alike, weeks to be as many as in the comparison.

    Args:
        measured: The relative effect with its interval, which is symmetric on the log scale.
        treated: Units treated in that comparison (count, 2 or more).
        controls: Units left alone in it (count, 1 or more).
        share: Share to be left alone, in (0, 1).

    References:
        Bloom (1995), Minimum detectable effects, Evaluation Review 19, equation 1.
    """
    from scipy.stats import t as student

    low, high = (math.log1p(max(bound or 0.0, _CLOSE_TO_NONE - 1)) for bound in (measured.low, measured.high))
    error = (high - low) / (2 * float(student.ppf(0.5 + (measured.level or _LEVEL) / 2, treated - 1)))
    one = error / math.sqrt(1 / treated + 1 / controls)
    errors = normal_quantile(_LEVEL) + float(student.ppf(POWER, np.inf))
    left_alone = round(treated * share)

    def detectable(part: float) -> float:
        return math.expm1(errors * one / math.sqrt(treated * part * (1 - part)))

    return PlannedTest(
        units=treated,
        left_alone=left_alone,
        detectable=detectable(share),
        detectable_halves=detectable(0.5),
        wanted=WANTED,
        needed=math.ceil((errors * one / math.log1p(WANTED)) ** 2 / (share * (1 - share))),
    )
