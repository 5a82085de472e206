"""What messages and their offers were measured to bring: by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.actions.learned import LearnedEffects, learned_effects
from retention_lib.models.actions.memory import Memory
from retention_lib.models.actions.offer_gains import OfferGains, offer_gains

NOTHING = NotAsked("lists", 0, 1)


def learned(*rows: tuple[str, str, float, float, str]) -> LearnedEffects:
    """Effects by scenario, offer, mean, error of the mean and source."""
    columns = ["scenario", "offer", "mean", "sd_mean", "source"]
    frame = pd.DataFrame(rows, columns=columns).assign(lists=1)
    return LearnedEffects(effects=frame, covariance=np.eye(len(frame)), memory=Memory(), lists=4, tests=2)


def test_gains_of_own_lists_come_first_each_with_its_interval() -> None:
    found = offer_gains(
        learned(
            ("welcome", "gift", 0.5, 0.1, "borrowed"),
            ("birthday", "none", 0.1, 0.05, "measured"),
            ("rescue", "none", 0.0, 0.3, "untested"),
            ("birthday", "gift", 0.3, 0.05, "measured"),
        )
    )
    assert isinstance(found, OfferGains)
    assert list(zip(found.table["scenario"], found.table["offer"], strict=True)) == [
        ("birthday", "gift"),
        ("birthday", "none"),
        ("welcome", "gift"),
    ]
    # 0.3 by 1.96 times 0.05 either way.
    assert found.table.loc[0, ["low", "high"]].tolist() == pytest.approx([0.202, 0.398], abs=1e-3)
    assert (found.untested, found.lists, found.tests) == (1, 4, 2)


def test_where_nothing_was_measured_there_is_no_gain() -> None:
    assert offer_gains(learned_effects(NOTHING, [("birthday", "none")])) == NotEnough("effects_measured", 0, 1)
