"""What models of a plan read of the playbook."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NO_OFFER, LEARNED, LEFT_ALONE = "none", "auto", "leave_alone"
"""A message without an offer; the offer that past tests say is best for each; no message at all."""

MEASURED, BORROWED, UNTESTED = "measured", "borrowed", "untested"
"""The source of an effect: lists of its own, the same offer made to others, or none."""


class PlaybookTerms(Protocol):
    """The playbook in numbers, as `measures.actions.terms` makes it."""

    @property
    def scenarios(self) -> pd.DataFrame:
        """scenario, kind, priority, offer, window_days, control_share, most, campaign_cost."""

    @property
    def channels(self) -> pd.DataFrame:
        """channel, cost, most."""

    @property
    def offers(self) -> pd.DataFrame:
        """offer, discount, cost_per_order."""


class Effects(Protocol):
    """What past lists and tests say of offers, as `models.actions.learned` says it."""

    @property
    def effects(self) -> pd.DataFrame:
        """scenario, offer, mean, sd, sd_mean, source, decision, better."""

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Of the next lists' effects, in the order of `effects`."""
