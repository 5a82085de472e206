"""Results about points still to be used, with numbers by hand, for sentences and charts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from reports.results import made

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.liability import PointsLiability, points_liability
from retention_lib.models.point_value import PointValue
from retention_lib.models.point_value import point_value as value
from retention_lib.models.redemption import Redemption, Tail

SHOWN = ["month", "customers", "credited", "redeemed", "outstanding", "expected", "rate", "low", "high"]
COHORTS = [
    ("2026-01", 200, 20_000.0, 9_000.0, 0.0, 0.0, 0.45, 0.45, 0.45),
    ("2026-02", 20, 10_000.0, 5_000.0, 0.0, 0.0, 0.5, 0.5, 0.5),
    ("2026-03", 300, 30_000.0, 9_000.0, 15_000.0, 6_000.0, 0.5, 0.45, 0.56),
    ("2026-04", 400, 40_000.0, 2_000.0, 35_000.0, 14_000.0, 0.4, 0.33, 0.47),
]
NO_MARGIN = NotEnough("margin_known", 0, 1)
PAID = pd.DataFrame({"entries": [400], "points": [20_000.0], "paid": [2_000.0]})


def redemption(*, tail: Tail | None = None, outstanding: float = 50_000.0, groups: int = 2) -> Redemption:
    """25,000 of 100,000 points are used, 20,000 of 50,000 will be; none where nothing is outstanding."""
    cohorts = pd.DataFrame(COHORTS, columns=SHOWN)
    expected = Estimate(20_000.0, low=16_000.0, high=25_000.0, level=0.9)
    rate = Estimate(0.45, low=0.41, high=0.5, level=0.9, n=400)
    if outstanding == 0:
        cohorts = cohorts.iloc[:2].reset_index(drop=True)
        expected, rate = (
            Estimate(0.0, low=0.0, high=0.0, level=0.9),
            Estimate(0.25, low=0.25, high=0.25, level=0.9, n=400),
        )
    kinds = [
        (1, 40_000.0, 2_000.0, 5_000.0, 400.0, 0.06, 0.05, 0.07),
        (6, 60_000.0, 23_000.0, 45_000.0, 19_600.0, 0.71, 0.65, 0.78),
    ]
    ahead = [("2026-05", 14_000.0, 11_000.0, 18_000.0), ("2026-06", 6_000.0, 4_000.0, 8_500.0)]
    return Redemption(
        rate=rate,
        credited=100_000.0,
        redeemed=25_000.0,
        outstanding=outstanding,
        expected=expected,
        cohorts=cohorts.assign(finished=cohorts["outstanding"] == 0, thin=cohorts["customers"] < 30),
        groups=pd.DataFrame(kinds[-groups:], columns=["validity", *SHOWN[2:]]),
        ages=pd.DataFrame({"validity": [6], "age": [0], "alive": [60_000.0], "used": [0.1], "lost": [0.02]}),
        ahead=pd.DataFrame(ahead if outstanding else [], columns=["month", "expected", "low", "high"]),
        tail=tail,
        until=date(2026, 5, 1),
        scatter=300.0,
        shock_sd=0.06,
        seasonal=True,
    )


def young() -> Redemption:
    """Points that nobody has seen get old."""
    return redemption(tail=Tail(points=8_000.0, share=0.5, ages=4))


def long_past(months: int = 60) -> Redemption:
    """Five years of cohorts, all of them finished but the last."""
    named = [f"{2021 + month // 12}-{month % 12 + 1:02d}" for month in range(months)]
    rows = pd.DataFrame([COHORTS[0]] * (months - 1) + [COHORTS[3]], columns=SHOWN).assign(month=named)
    found = redemption()
    cohorts = rows.assign(finished=rows["outstanding"] == 0, thin=False)
    return Redemption(**(vars(found) | {"cohorts": cohorts}))


def owed(of: Redemption | None = None, *, margin: Any = NO_MARGIN, point_value: Any = "auto") -> PointsLiability:
    """A point pays 0.10."""
    found = points_liability(of or redemption(), made(value(PAID, given=point_value), PointValue), margin=margin)
    assert isinstance(found, PointsLiability)
    return found
