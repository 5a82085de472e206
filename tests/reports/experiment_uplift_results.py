"""Results about whom an offer moves and which offer is for whom, with numbers by hand, for sentences and charts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.left_alone import LeftAlone
from retention_lib.models.experiments.policy import OfferedGroups, OfferPolicy
from retention_lib.models.experiments.segments import OfferSegments, segment_effects
from retention_lib.models.experiments.uplift import GainCurves, Metric
from retention_lib.models.experiments.validity import Check, Validity

BROKEN = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
WITHHELD = "sample_ratio_broken"
UNITS = 90_000


def segment_sums(effects: dict[tuple[str, str], float], *, arm: str = "discount", n: int = 10_000) -> pd.DataFrame:
    """Groups of 10,000 an arm: a unit left alone brings 100 with a standard deviation of 200, not known before."""
    rows: list[dict[str, object]] = []
    for (dimension, segment), effect in effects.items():
        for name, mean in (("none", 100.0), (arm, 100.0 + effect)):
            squares = (n - 1) * 200.0**2 + n * mean**2
            sums = {"n": n, "total": n * mean, "total_squares": squares}
            before = dict.fromkeys(("before_total", "before_squares", "before_product"), math.nan)
            place = {"dimension": dimension, "segment": segment, "arm": name, "metric": "net_full"}
            rows.append({**place, **sums, **before})
    return pd.DataFrame(rows)


BY_INCOME = {("income", "low"): 40.0, ("income", "middle"): 2.0, ("income", "high"): -3.0}
ALIKE = {("region", "north"): 5.0, ("region", "south"): 6.0, ("region", "capital"): 5.5}


def segments(
    effects: dict[tuple[str, str], float] | None = None, *, arm: str = "discount", validity: Validity | None = None
) -> OfferSegments:
    """A discount that brings 40 from low incomes and nothing from others, alike in all regions."""
    sums = segment_sums({**BY_INCOME, **ALIKE} if effects is None else effects, arm=arm)
    found = segment_effects(sums, control="none", validity=validity)
    assert isinstance(found, OfferSegments)
    return found


def segments_alike() -> OfferSegments:
    return segments(ALIKE)


def segments_withheld() -> OfferSegments:
    return segments(validity=BROKEN)


def curves(*arms: str, ranks: bool = True, metric: Metric = "money", withheld: str | None = None) -> GainCurves:
    """Curves of offers that gain most at half of the customers; drawn by chance all of them gain 2,000."""
    share = np.arange(21) / 20
    tables, summary = [], []
    for place, arm in enumerate(arms or ("discount", "free_delivery")):
        whole = (2_000.0 if metric == "money" else 20.0) / (place + 1)
        bow = whole * 3 * share * (1 - share) if ranks else np.zeros(21)
        gain = whole * share + bow
        band = 0.3 * whole * np.sqrt(share)
        shown = {"share": share, "gain": gain, "low": gain - band, "high": gain + band, "by_chance": whole * share}
        tables.append(pd.DataFrame({"arm": arm, **shown}))
        best = int(np.argmax(gain))
        area = float(bow.mean())
        told = {"area": area, "low": area - 0.2 * whole, "high": area + 0.2 * whole, "ranks": ranks and not withheld}
        half = {"half_gain": gain[10], "half_by_chance": whole / 2}
        half |= {"half_low": gain[10] - band[10], "half_high": gain[10] + band[10]}
        summary.append({"arm": arm, **told, **half, "best_share": share[best], "best_gain": gain[best]})
    return GainCurves(
        table=pd.concat(tables, ignore_index=True),
        summary=pd.DataFrame(summary),
        metric=metric,
        control="none",
        units=UNITS,
        share=0.45,
        unit="customer",
        level=0.95,
        withheld=withheld,
    )


def curves_flat() -> GainCurves:
    return curves(ranks=False)


def curves_of_buyers() -> GainCurves:
    return curves(metric="conversion")


def curves_withheld() -> GainCurves:
    return curves(withheld=WITHHELD)


def curves_of(name: str) -> GainCurves:
    return curves(name)


def _estimate(value: float, half: float, *, claimed: bool, reason: str | None = None) -> Estimate:
    return Estimate(value, low=value - half, high=value + half, level=0.95, n=UNITS, claimed=claimed, reason=reason)


def policy(
    *,
    gain: float = 6.0,
    arm: str = "discount",
    unit: str = "customer",
    withheld: str | None = None,
    single: str | None = None,
) -> OfferPolicy:
    """A rule worth 6 a customer (2 to 10) more than a discount for everybody: that to 40 %, free delivery to half."""
    arms = ["none", "free_delivery", arm]
    value, half = np.array([0.0, 12.0, 20.0]), np.array([math.nan, 5.0, 5.0])
    single = arm if single is None else single
    gains = 20.0 + gain - value - (0.0 if single == arm else 24.0)
    preferred = gain - 4.0 > 0 and withheld is None
    reason = withheld or (None if preferred else "single_offer_stays")
    table = pd.DataFrame(
        {
            "arm": arms,
            "share": [0.1, 0.5, 0.4],
            "customers": [9_000, 45_000, 36_000],
            "value": value,
            "low": value - half,
            "high": value + half,
            "gain": gains,
            "gain_low": gains - 4.0,
            "gain_high": gains + 4.0,
        }
    )
    best = float(gains[arms.index(single)])
    return OfferPolicy(
        preferred=preferred,
        reason=reason,
        single=single,
        value=_estimate(20.0 + gain, 5.0, claimed=withheld is None, reason=withheld),
        single_value=_estimate(20.0 if single == arm else 0.0, 5.0, claimed=withheld is None, reason=withheld),
        gain=_estimate(best, 4.0, claimed=preferred, reason=reason),
        arms=table,
        groups=groups(arm),
        control="none",
        units=UNITS,
        share=0.45,
        unit=unit,
        level=0.95,
        withheld=withheld,
    )


def single_stays() -> OfferPolicy:
    return policy(gain=1.0)


def nothing_stays() -> OfferPolicy:
    return policy(gain=1.0, single="none")


def policy_withheld() -> OfferPolicy:
    return policy(withheld=WITHHELD)


def policy_of(name: str) -> OfferPolicy:
    return policy(arm=name)


def groups(arm: str = "discount") -> OfferedGroups:
    """Low incomes get the discount; those who order seldom get nothing."""
    rows = [
        ("none", "orders_before", False, 0.4, 2.2, -1.1),
        (arm, "income_low", True, 0.82, 0.05, 1.8),
        (arm, "days_since_last", False, 41.0, 60.0, -0.4),
    ]
    return OfferedGroups(
        table=pd.DataFrame(rows, columns=["arm", "feature", "flag", "here", "elsewhere", "difference"])
    )


def alone(
    *, effect: float | None = -12.0, half: float = 5.0, withheld: str | None = None, arm: str = "discount"
) -> LeftAlone:
    """A fifth of the customers with each of whom a discount lost 12 (7 to 17)."""
    found: Estimate | NotEnough = NotEnough("left_alone_expected", 0, 1)
    shown = False
    if effect is not None:
        shown = effect + half < 0 and withheld is None
        found = _estimate(effect, half, claimed=shown, reason=None if shown else "not_significant")
    return LeftAlone(
        arm=arm,
        customers=18_000,
        share=0.2,
        effect=found,
        shown=shown,
        saved=-0.2 * effect if shown and effect is not None else 0.0,
        groups=groups(),
        control="none",
        units=UNITS,
        unit="customer",
        withheld=withheld,
    )
