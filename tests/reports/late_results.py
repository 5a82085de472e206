"""Results about late first deliveries, with numbers by hand, for sentences and charts."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.hazards import HazardRatios
from retention_lib.models.late_delivery import LateDelivery


def estimate(
    value: float,
    low: float,
    high: float,
    *,
    level: float = 0.95,
    claimed: bool | None = None,
    reason: str | None = None,
) -> Estimate:
    return Estimate(value, low=low, high=high, level=level, n=400, claimed=claimed, reason=reason)


def late(difference: Estimate | None = None) -> LateDelivery:
    return LateDelivery(
        difference=difference or estimate(-0.065, -0.09, -0.04, claimed=True),
        raw=estimate(-0.134, -0.153, -0.115),
        placebo=estimate(-0.001, -0.011, 0.009, level=0.99),
        share=0.228,
        expected=0.293,
        e_value=1.41,
        e_value_bound=1.27,
        late=400,
        on_time=2_000,
        effective=812.4,
        outside=0.004,
        worst=0.012,
        bought_before=60,
        unfollowed=270,
        drawn_from=None,
        features=("carrier", "region", "category", "lines", "month_of_year", "trend"),
        balance=pd.DataFrame({"feature": ["lines"], "level": [""], "before": [0.3], "after": [0.012]}),
    )


def withheld(reason: str) -> LateDelivery:
    return late(estimate(-0.065, -0.09, -0.04, claimed=False, reason=reason))


def hazard(ratio: float = 0.7, low: float = 0.64, high: float = 0.76, *, trusted: bool = True) -> HazardRatios:
    table = pd.DataFrame(
        [
            ("late", "", "", ratio, low, high, 0.001),
            ("carrier", "post", "standard", 0.8, 0.7, 0.9, 0.001),
            ("region", "unknown", "rare", 1.1, 0.9, 1.3, 0.4),
            ("discount_share", "", "", 1.02, 0.9, 1.1, 0.6),
            ("amount", "unknown", "", 1.0, 0.9, 1.1, 0.9),
        ],
        columns=["feature", "level", "base", "ratio", "low", "high", "p"],
    )
    return HazardRatios(
        late=estimate(ratio, low, high),
        course="steady",
        table=table,
        customers=2_400,
        events=900,
        drawn_from=None,
        trusted=trusted,
    )
