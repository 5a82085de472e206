"""Past tests and hold-outs whose numbers are known by hand, for sentences and charts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.models.experiments.history import PastTests, past_tests
from retention_lib.models.experiments.holdout import CampaignsTogether, campaigns_together
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.profit_columns import Costs


@dataclass
class Past:
    """A test that is over."""

    name: str
    sums: pd.DataFrame
    arms: pd.DataFrame
    control: str = "none"
    first_day: date | None = date(2025, 3, 1)


@dataclass
class Measured:
    """Several of them."""

    tests: list[Past]
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"test": [], "reason": []}))
    days: int | None = 84


@dataclass
class HeldOut:
    """A hold-out."""

    sums: pd.DataFrame
    arms: pd.DataFrame
    experiment: str = "h25"
    arm: str = "holdout"
    others: str = "everybody else"
    listed: bool = True
    unit: str = "customer"
    first_day: date = date(2025, 1, 1)
    planned: int = 12
    verdict_on: date = date(2026, 1, 1)


def spread(n: int, mean: float, sd: float) -> np.ndarray:
    """So many values with exactly this mean and standard deviation (n - 1)."""
    values = np.resize([-1.0, 1.0], n)
    values = values - values.mean()
    return mean + sd * values / values.std(ddof=1)


def past_test(name: str, offers: dict[str, tuple[int, float]], *, control: int = 1_000, sd: float = 100.0) -> Past:
    """A test of arms of (customers, gross profit a customer); those left alone have 50, a message costs 1."""
    parts = []
    for arm, (n, mean) in {"none": (control, 50.0), **offers}.items():
        sent = 0.0 if arm == "none" else 1.0
        parts.append(pd.DataFrame({"arm": arm, "gross_profit_full": spread(n, mean, sd), "contact_cost": sent}))
    found = moments_of(pd.concat(parts))
    return Past(name=name, sums=found.sums, arms=found.arms)


def measured() -> Measured:
    """Four tests: one that paid and lost, two that tell nothing, one that lost a tenth of an arm."""
    return Measured(
        tests=[
            past_test("spring", {"coupon": (1_000, 81.0), "letter": (1_000, 31.0)}),
            past_test("summer", {"coupon": (1_000, 56.0)}),
            past_test("autumn", {"coupon": (1_000, 46.0)}),
            past_test("winter", {"coupon": (850, 70.0)}),
        ]
    )


def past() -> PastTests:
    found = past_tests(measured(), Costs())
    assert isinstance(found, PastTests)
    return found


def held_out(
    *, months: int = 12, gain: float = 2.0, contacted: tuple[float, float] = (0, 1_500), **more: Any
) -> HeldOut:
    """A hold-out of 200 customers beside 3,800, whose campaigns bring `gain` a customer and month."""
    sizes = {"holdout": 200, "everybody else": 3_800}
    sums = []
    for month in range(1, months + 1):
        parts = [
            pd.DataFrame({"arm": arm, "profit": spread(n, (10 + gain * (arm != "holdout")) * month, 10.0 * month**0.5)})
            for arm, n in sizes.items()
        ]
        sums.append(moments_of(pd.concat(parts)).sums.assign(month=month, days=round(365 * month / 12)))
    arms = pd.DataFrame({"arm": list(sizes), "units": list(sizes.values()), "members": list(sizes.values())})
    arms = arms.assign(unit="customer", contacted=list(contacted), messages=list(contacted))
    return replace(HeldOut(sums=pd.concat(sums, ignore_index=True), arms=arms), **more)


def together(**options: Any) -> CampaignsTogether:
    found = campaigns_together(held_out(**options))
    assert isinstance(found, CampaignsTogether)
    return found


def together_so_far() -> CampaignsTogether:
    return together(months=5)


def together_open() -> CampaignsTogether:
    return together(gain=0.02)


def together_reached() -> CampaignsTogether:
    return together(contacted=(90, 1_500))


def together_unknown() -> CampaignsTogether:
    return together(contacted=(float("nan"), float("nan")))


def past_named(name: str) -> PastTests:
    """A test and an offer of this name."""
    found = past_tests(Measured(tests=[past_test(name, {name: (1_000, 81.0)})]), Costs())
    assert isinstance(found, PastTests)
    return found


def past_unsound() -> PastTests:
    found = past_tests(Measured(tests=measured().tests[3:]), Costs())
    assert isinstance(found, PastTests)
    return found


def past_open() -> PastTests:
    found = past_tests(Measured(tests=measured().tests[1:]), Costs())
    assert isinstance(found, PastTests)
    return found


def past_many() -> PastTests:
    """More offers than are drawn."""
    tests = [past_test(f"test {place}", {"coupon": (500, 40.0 + place)}) for place in range(30)]
    found = past_tests(Measured(tests=tests, days=None), Costs())
    assert isinstance(found, PastTests)
    return found
