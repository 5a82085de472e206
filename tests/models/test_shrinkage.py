"""Effects drawn towards their mean, against a textbook meta-analysis and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from retention_lib.models.shrinkage import shrunk

BCG = np.array(
    [
        *[(4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761)],
        *[(180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232)],
        *[(17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825)],
    ],
    dtype=float,
)
"""Trials of the BCG vaccine (Colditz et al. 1994): ill and well, vaccinated and not."""


def test_the_spread_of_the_vaccine_trials_is_the_published_one() -> None:
    """metafor's documentation: Q = 152.2330 and, by DerSimonian and Laird, tau squared = 0.3088."""
    ill, well, control_ill, control_well = BCG.T
    effect = np.log(ill / (ill + well)) - np.log(control_ill / (control_ill + control_well))
    variance = 1 / ill - 1 / (ill + well) + 1 / control_ill - 1 / (control_ill + control_well)
    found = shrunk(effect, variance)
    assert found.statistic == pytest.approx(152.2330, abs=5e-5)
    assert found.spread**2 == pytest.approx(0.3088, abs=5e-5)
    assert found.p < 1e-20


def test_two_groups_by_hand() -> None:
    """Effects 0 and 4 with variance 1: mean 2, Q = 8, spread^2 = (8 - 1) / (2 - 1) = 7, kept 7/8 of the distance."""
    found = shrunk(np.array([0.0, 4.0]), np.array([1.0, 1.0]))
    assert found.statistic == pytest.approx(8)
    assert found.spread == pytest.approx(np.sqrt(7))
    assert found.value == pytest.approx([2 - 7 / 4, 2 + 7 / 4])
    assert found.sd == pytest.approx(np.full(2, np.sqrt(7 / 8 + (1 / 8) ** 2 * 4)))
    assert found.against_others == pytest.approx([-4 / np.sqrt(2), 4 / np.sqrt(2)])


def test_groups_that_chance_explains_are_all_at_their_mean() -> None:
    found = shrunk(np.array([1.0, 2.0, 3.0]), np.array([4.0, 4.0, 4.0]))
    assert found.spread == 0
    assert found.value == pytest.approx([2.0, 2.0, 2.0])
    assert found.p == pytest.approx(0.7788, abs=1e-4)  # chi-squared of 0.5 with 2 degrees of freedom: exp(-.25)
