"""Results about what the arms of a test changed, with numbers by hand, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pandas as pd
from reports.results import made

from retention_lib.models.experiments.effects import EffectPrecision, Effects, effects
from retention_lib.models.experiments.guardrails import Guardrails, guardrails
from retention_lib.models.experiments.moments import Moments, moments
from retention_lib.models.experiments.outliers import CappedEffects
from retention_lib.models.experiments.traps import Traps, traps
from retention_lib.models.experiments.validity import Check, Validity

_CONTROL = "none"
_COLUMNS = ["arm", "first", "second", "n", "first_total", "second_total", "product", "binary"]
_WAITS: dict[str, Literal["stop", "interim"]] = {"sample_ratio_broken": "stop", "interim": "interim"}


def sums(
    *, visits: dict[str, int] | None = None, n: int = 1000, spread: float = 1.0, names: bool = True, **spend: float
) -> Moments:
    """Arms of 1,000 customers with a mean spend, and 100 visits (control) or 200.

    Args:
        visits: Visits of each arm; else 100 of the control and 200 of any other.
        n: Customers of each arm.
        spread: Variance of the spend.
        names: Whether a tenth of the customers unsubscribed in every arm.
        **spend: Mean spend by arm.
    """
    spend = spend or {_CONTROL: 5.0, "mail": 6.0, "push": 5.01}
    visits = visits or {arm: 100 if arm == _CONTROL else 200 for arm in spend}
    rows = [(arm, "visit", "visit", n, count, count, count, True) for arm, count in visits.items()]
    rows += [
        (arm, "spend", "spend", n, n * mean, n * mean, n * mean**2 + (n - 1) * spread, False)
        for arm, mean in spend.items()
    ]
    rows += [(arm, "unsubscribed", "unsubscribed", n, n // 10, n // 10, n // 10, True) for arm in spend if names]
    arms = pd.DataFrame({"arm": list(spend), "units": n, "members": n})
    return made(moments(pd.DataFrame(rows, columns=_COLUMNS), arms), Moments)


def found(given: Moments | None = None, *, fails: str | None = None, control: str = _CONTROL) -> Effects:
    checks = Validity(checks=(Check(name=fails, level=_WAITS[fails]),)) if fails else None
    return made(effects(given or sums(), control=control, validity=checks), Effects)


def not_shown() -> Effects:
    return found(sums(none=5.0, mail=5.01, visits={"none": 100, "mail": 101}))


def nearly() -> Effects:
    """Beyond chance alone, not among two: the error of the difference is sqrt(2 / 1,000) = .045."""
    return found(sums(none=5.0, mail=5.096, visits={"none": 100, "mail": 100}))


def lowered() -> Effects:
    return found(sums(none=5.0, mail=4.0, push=4.5))


def too_few() -> Effects:
    """Five customers an arm."""
    return found(sums(n=5, none=5.0, mail=6.0, visits={"none": 1, "mail": 2}, names=False))


def of_nothing() -> Effects:
    """A control that spends nothing."""
    return found(sums(none=0.0, mail=1.0, names=False, visits={"none": 0, "mail": 0}))


def nobody_visits() -> Effects:
    return found(sums(none=5.0, mail=6.0, visits={"none": 0, "mail": 0}, names=False))


def alike() -> Effects:
    """Nothing varies and nobody visits."""
    return found(sums(spread=0.0, none=5.0, mail=5.0, visits={"none": 0, "mail": 0}, names=False))


def adjusted() -> EffectPrecision:
    """A spend that goes with the spend before: half of its variance is saved."""
    given = sums(none=5.0, mail=6.0, names=False)
    before = []
    for arm in ("none", "mail"):
        # Variance of the spend before 2, covariance 1: the slope is 1 / 2, and 1 / 2 of the variance of 1 is left.
        own = 999 * 2 + 1000 * 9.0
        both = 999 * 1.0 + 1000 * 3.0 * (5.0 if arm == "none" else 6.0)
        spend = 1000 * (5.0 if arm == "none" else 6.0)
        before += [(arm, "spend_before", "spend_before", 1000, 3000.0, 3000.0, own, False)]
        before += [(arm, "spend", "spend_before", 1000, spend, 3000.0, both, False)]
    table = pd.concat([given.sums, pd.DataFrame(before, columns=_COLUMNS)], ignore_index=True)
    known = made(moments(table, given.arms), Moments)
    return made(effects(known, control=_CONTROL, metrics=["spend", "visit"]), Effects).precision


def unadjusted() -> EffectPrecision:
    return found().precision


def kept(*, mail: int = 100, push: int = 100, n: int = 1000) -> Guardrails:
    """Unsubscribed of 1,000; the control has 100."""
    given = sums(n=n)
    counts = {"none": n // 10, "mail": mail, "push": push}
    table = given.sums.copy()
    rows = table["first"] == "unsubscribed"
    for name in ("first_total", "second_total", "product"):
        table.loc[rows, name] = table.loc[rows, "arm"].map(counts).astype(float)
    return made(guardrails(found(made(moments(table, given.arms), Moments))), Guardrails)


def discounted() -> Guardrails:
    """A discount arm that gives discounts."""
    given = kept().table.head(1)
    table = given.assign(
        metric="discount_share", control_mean=0.05, arm_mean=0.1, effect=0.05, low=0.04, high=0.06, allowed=0.005
    ).assign(verdict="broken", worse=True, reason=None)
    return Guardrails(table=table, margin=0.1, control=_CONTROL, level=0.95, unit="household")


def capped(*, agrees: bool = True, shown: bool = True) -> CappedEffects:
    """An effect of 1 that is the same with the largest amounts cut down; or not."""
    raw, cut = ((0.4, 1.6), (0.3, 1.5)) if agrees else ((0.4, 1.6), (-0.3, 0.5))
    raw, cut = (raw, cut) if shown else (cut, raw)
    row = {
        "metric": "revenue",
        "arm": "mail",
        "control_mean": 5.0,
        "effect": sum(raw) / 2,
        "low": raw[0],
        "high": raw[1],
    }
    more = {
        "capped_effect": sum(cut) / 2,
        "capped_low": cut[0],
        "capped_high": cut[1],
        "share_cut": 0.02,
        "agrees": agrees,
    }
    return CappedEffects(table=pd.DataFrame([row | more]), control=_CONTROL, level=0.95, unit="customer")


def trapped(*, buyers: bool = True, openers: bool = True, reverses: bool = True) -> Traps:
    """A buyer brings 50 of the control, 40 by mail and 45 by push; openers 9 where all of the control bring 5."""
    rows = [("all", "none", 1000, 5.0), ("all", "mail", 1000, 6.0), ("all", "push", 1000, 5.5)]
    each = (40.0, 45.0) if reverses else (45.0, 40.0)
    rows += [
        ("buyers", arm, 100, mean) for arm, mean in zip(("none", "mail", "push"), (50.0, *each), strict=True) if buyers
    ]
    rows += [("openers", "mail", 300, 9.0), ("openers", "push", 200, 8.0)] if openers else []
    facts = pd.DataFrame(rows, columns=["group", "arm", "n", "mean"])
    facts = facts.assign(metric="spend", total=facts["n"] * facts["mean"], total_squares=0.0)
    return made(traps(facts, found(sums(none=5.0, mail=6.0, push=5.5))), Traps)


def of_names(name: str) -> Effects:
    """The name as an arm, as a metric and as the control."""
    given = sums(none=5.0, mail=6.0, names=False)
    named = {"none": name, "mail": f"x {name}"}
    table = given.sums.replace({"arm": named, "first": {"spend": f"{name}!"}, "second": {"spend": f"{name}!"}})
    return found(made(moments(table, given.arms.replace({"arm": named})), Moments), control=name)


def trapped_names(name: str) -> Traps:
    """The name as the arms and the control."""
    given = trapped()
    return replace(given, table=given.table.assign(arm=name), control=name)
