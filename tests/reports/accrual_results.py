"""Results about first rewards, rates of accrual, gifts of points and recommendations, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from models import test_accrual as made
from models import test_gift_test as gifts

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.accrual import AccrualSpeed, SmallestReward
from retention_lib.models.accrual_rates import RateProposals
from retention_lib.models.gift_test import GiftTest
from retention_lib.models.point_grants import PointGrants, point_grants
from retention_lib.models.referral import ReferralValue, referral_value


def reward(*, stated: bool = False) -> SmallestReward:
    return replace(made.REWARD, stated=stated)


def speed(there: int = 60, *, horizon: int = 365, orders: int = 2) -> AccrualSpeed:
    """A hundred members followed for the horizon, of whom so many are there on day 100."""
    rows = made.ways((100, "reached", orders, horizon, there), (400, "open", 0, horizon, 100 - there), profit=120.0)
    return made.speed(rows)


def unpriced() -> AccrualSpeed:
    return made.speed(margin=made.margin(None))


def nobody_there() -> AccrualSpeed:
    return made.speed(made.ways((400, "open", 0, 365, 40)))


def proposals(**changes: Any) -> RateProposals:
    """Today's 5 points for 100 of sales against 10, and against rates that grow with spend."""
    found = made.proposals(value=changes.pop("value", 0.5))
    return replace(found, **({"proposed": True} | changes))


def alone(growing: float) -> RateProposals:
    """Buying brings nearly all there, 5 points for everybody half of them, and a rate that grows with spend so many."""
    found = proposals()
    table = found.table.assign(bought=[0.58, 0.5, 0.7, growing])
    return replace(found, table=table)


def cheaper() -> RateProposals:
    found = proposals()
    return replace(found, table=found.table.assign(more_a_year=-found.table["more_a_year"]))


def apart() -> RateProposals:
    return proposals(apart=0.09)


def many_rates() -> RateProposals:
    """Four proposed rates, whose lines nearly meet."""
    found = proposals()
    flat, curve = found.of("flat"), found.curves[found.curves["kind"] == "flat"]
    extra = [(f"flat_{n}", 10.0 + n, 0.03 * n) for n in range(1, 4)]
    rows = [flat.assign(way=way, rate=rate, bought=flat["bought"] + more) for way, rate, more in extra]
    curves = [curve.assign(way=way, rate=rate, share=curve["share"] + more) for way, rate, more in extra]
    return replace(found, table=pd.concat([found.table, *rows]), curves=pd.concat([found.curves, *curves]))


def grants(*, dated: bool = True) -> PointGrants:
    """Gifts that hardly anybody used, purchases, a correction without a reason and a reason with a name."""
    kinds = [("earn", "purchase", 500.0, 400.0), ("grant", "welcome", 900.0, 45.0)]
    kinds += [("grant", "<b>$x$</b>", 100.0, 50.0), ("adjust", "", 10.0, 0.0)]
    rows = [
        {
            "kind": kind,
            "reason": reason,
            "members": 4 if kind == "adjust" else 50,
            "points": points,
            "redeemed": used,
            "over": points,
            "over_redeemed": used,
            "over_expired": points - used,
            "helped": 12 if reason == "welcome" else 3,
            "dated": int(dated),
        }
        for kind, reason, points, used in kinds
    ]
    names = ("points", "redeemed", "over", "over_redeemed", "over_expired")
    whole = made.ALL | {"dated": int(dated)} | {name: sum(float(row[name]) for row in rows) for name in names}
    found = point_grants(made.granted(*rows, whole), value=0.5)
    assert isinstance(found, PointGrants)
    return found


def gift_test(**changes: Any) -> GiftTest:
    """A welcome gift of 200 points for 30 days, 5 of 100 used; a reward takes 300."""
    return replace(gifts.judged(), **changes)


def young_grants() -> PointGrants:
    missing = NotEnough("points_over", 0, 1)
    table = grants().table.assign(used=float("nan"), helped=0)
    return replace(grants(), used=missing, expired=missing, table=table)


def referral(**changes: Any) -> ReferralValue:
    found = referral_value(made.rewarded(), made.customers(), margin=made.margin(), value=0.5)
    assert isinstance(found, ReferralValue)
    return replace(found, **changes)


def by_chance() -> ReferralValue:
    return referral(more=Estimate(1.0, low=-2.0, high=4.0, level=0.95, claimed=False))
