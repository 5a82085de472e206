from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.guardrails import Guardrails, guardrails
from retention_lib.models.experiments.moments import Moments, moments, moments_of
from retention_lib.models.experiments.outliers import CappedEffects, capped_effects
from retention_lib.models.experiments.traps import Traps, traps
from retention_lib.models.experiments.validity import Check, Validity

PER_ARM = 100_000


def left(customers: int = PER_ARM, **counts: int) -> Moments:
    """Customers who unsubscribed, and as many visits in every arm."""
    columns = ["arm", "first", "second", "n", "first_total", "second_total", "product", "binary"]
    rows = [(arm, "unsubscribed", "unsubscribed", customers, left, left, left, True) for arm, left in counts.items()]
    rows += [(arm, "visit", "visit", customers, customers // 2, customers // 2, customers // 2, True) for arm in counts]
    arms = pd.DataFrame({"arm": list(counts), "units": customers, "members": customers})
    found = moments(pd.DataFrame(rows, columns=columns), arms)
    assert isinstance(found, Moments)
    return found


def kept(given: Moments, *, margin: float = 0.1, validity: Validity | None = None) -> Guardrails:
    found = guardrails(effects(given, control="none", validity=validity), margin=margin)
    assert isinstance(found, Guardrails)
    return found


# Of 100,000 an arm, 5 % of the control: the error of the difference is sqrt(.05 x .95 / 1e5 + .052 x .948 / 1e5) =
# .00098; a tenth of 5 % = .5 points is allowed.
@pytest.mark.parametrize(
    ("arm", "verdict", "worse"),
    [
        (5_000, "held", False),
        (5_250, "held", True),  # .25 points more, to .44 at most
        (5_450, "not_shown", True),  # .45 points more, between .26 and .64
        (5_800, "broken", True),  # .8 points more, .6 at least
        (4_000, "held", False),
    ],
)
def test_a_guardrail_holds_when_its_rise_is_below_what_is_allowed(arm: int, verdict: str, worse: bool) -> None:
    found = kept(left(none=5_000, mail=arm))
    row = found.table.iloc[0]
    assert (row["verdict"], row["worse"], found.of("mail")) == (verdict, worse, verdict)
    assert row["allowed"] == pytest.approx(0.005)
    assert found.broken == (("mail",) if verdict == "broken" else ())


def test_a_wider_margin_allows_more_and_one_of_nothing_is_refused() -> None:
    assert kept(left(none=5_000, mail=5_450), margin=0.2).of("mail") == "held"
    with pytest.raises(ValueError, match="guardrail_margin must be above 0, not 0"):
        kept(left(none=5_000, mail=5_000), margin=0)


def test_a_guardrail_too_rare_for_welch_is_judged_by_newcombe() -> None:
    # 8 of 500 against none of 500. Wilson: .0081 to .0312 and 0 to .0076, so the difference of .016 is above
    # .016 - sqrt(.0079^2 + .0076^2) = .00505 (Newcombe's method 10), and half a point is allowed.
    row = kept(left(500, none=0, mail=8)).table.iloc[0]
    assert (row["effect"], row["low"], row["allowed"]) == pytest.approx((0.016, 0.00505, 0.005), abs=1e-5)
    assert row["verdict"] == "broken"
    assert kept(left(500, none=1, mail=1)).of("mail") == "not_shown"


def test_the_worst_guardrail_of_an_arm_speaks_for_it() -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat(["none", "mail"], 20_000)
    sold = rng.gamma(2, 50, 40_000)
    refunded = sold * (rng.random(40_000) < np.where(arm == "mail", 0.2, 0.1))
    discount = sold * rng.uniform(0, 0.1, 40_000)
    values = pd.DataFrame({"arm": arm, "sold": sold, "refunded": refunded, "discount": discount})
    found = kept(moments_of(values.assign(full_price=sold + discount, revenue=sold - refunded)))
    table = found.table.set_index("metric")
    share = values.groupby("arm")[["refunded", "sold"]].sum().eval("refunded / sold")
    assert table.loc["refund_share", "control_mean"] == pytest.approx(share["none"])
    assert table.loc["refund_share", "arm_mean"] == pytest.approx(share["mail"])
    assert table["verdict"].to_dict() == {"refund_share": "broken", "discount_share": "held"}
    assert found.of("mail") == "broken"
    with pytest.raises(KeyError, match="no guardrail of arm 'push'"):
        found.of("push")


def test_nothing_is_held_in_a_test_that_is_not_valid() -> None:
    broken = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
    row = kept(left(none=5_000, mail=5_000), validity=broken).table.iloc[0]
    assert (row["verdict"], row["worse"], row["reason"]) == ("not_shown", False, "sample_ratio_broken")


def test_guardrails_that_nothing_is_known_of_are_not_asked() -> None:
    nothing = effects(moments_of(pd.DataFrame({"arm": ["mail", "none"] * 50, "visit": [0, 1] * 50})), control="none")
    assert isinstance(guardrails(nothing), NotAsked)
    refusal = NotEnough("arms", 1, 2)
    assert guardrails(refusal) is refusal


def large(amount: float) -> Moments:
    """A small effect, and one order of an amount in the control."""
    rng = np.random.default_rng(2)
    values = pd.DataFrame({"arm": np.repeat(["none", "mail"], 2_000), "revenue": rng.gamma(2, 10, 4_000)})
    values.loc[values["arm"] == "mail", "revenue"] += 3
    values.loc[0, "revenue"] = amount
    return moments_of(values.assign(revenue_capped=values["revenue"].clip(upper=100)))


def test_one_large_order_can_hide_an_effect() -> None:
    found = capped_effects(large(20_000), control="none")
    assert isinstance(found, CappedEffects)
    row = found.table.iloc[0]
    assert row["low"] < 0 < row["high"]
    assert row["capped_low"] > 0
    assert (row["agrees"], found.agrees) == (False, False)
    # One order of 20,000 among 2,000 customers of 20 each, of which 100 are left.
    assert row["share_cut"] == pytest.approx(19_900 / (20_000 + 1_999 * 20), rel=0.02)


def test_without_large_orders_capping_says_the_same() -> None:
    assert capped_effects(large(50), control="none").agrees
    assert isinstance(capped_effects(left(none=5, mail=5), control="none"), NotAsked)
    refusal = NotEnough("arms", 1, 2)
    assert capped_effects(refusal, control="none") is refusal
    assert capped_effects(large(50), control=refusal) is refusal


HILLSTROM = [
    ("all", "mens", 21_307, 30_311.69),
    ("all", "womens", 21_387, 23_038.11),
    ("all", "none", 21_306, 13_908.33),
    ("buyers", "mens", 267, 30_311.69),
    ("buyers", "womens", 189, 23_038.11),
    ("buyers", "none", 122, 13_908.33),
]


def facts(rows: list[tuple[str, str, int, float]] = HILLSTROM, metric: str = "spend") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group", "arm", "n", "total"]).assign(metric=metric, total_squares=1.0)


def spends(validity: Validity | None = None) -> Effects:
    """Hillstrom's spend; the squares are large enough for it to vary."""
    columns = ["arm", "first", "second", "n", "first_total", "second_total", "product", "binary"]
    rows = [(arm, "spend", "spend", n, total, total, total * 200, False) for group, arm, n, total in HILLSTROM[:3]]
    sums = pd.DataFrame(rows, columns=columns)
    found = effects(
        moments(sums, pd.DataFrame({"arm": sums["arm"], "units": sums["n"], "members": sums["n"]})),
        control="none",
        validity=validity,
    )
    assert isinstance(found, Effects)
    return found


def test_buyers_only_would_pick_the_wrong_arm_of_hillstrom() -> None:
    found = traps(facts(), spends())
    assert isinstance(found, Traps)
    table = found.table.set_index("arm")
    assert table["mean"].round(2).to_dict() == {"mens": 113.53, "womens": 121.89}
    assert table["naive"].to_dict() == pytest.approx({"mens": -0.0042, "womens": 0.0692}, abs=1e-4)
    assert table["honest"].to_dict() == pytest.approx({"mens": 1.17929, "womens": 0.65015}, abs=1e-5)
    assert found.reversed_groups == ("buyers",)


def test_openers_are_held_against_all_of_the_control() -> None:
    openers = [("openers", "mens", 1000, 5_000.0)]
    found = traps(facts([*HILLSTROM[:3], *openers]), spends())
    row = found.table.iloc[0]
    assert (row["group"], row["mean"], row["n"]) == ("openers", 5.0, 1000)
    assert row["naive"] == pytest.approx(5 / (13_908.33 / 21_306) - 1)
    assert found.reversed_groups == ()  # one arm has no ranking


def test_traps_are_not_asked_where_nothing_honest_stands_beside_them() -> None:
    broken = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
    assert isinstance(traps(facts(), spends(broken)), NotAsked)
    assert isinstance(traps(facts(HILLSTROM[:3]), spends()), NotAsked)
    assert isinstance(traps(facts(metric="visit"), spends()), NotAsked)
    refusal = NotEnough("assignments", 0, 1)
    assert traps(refusal, spends()) is refusal
    assert traps(facts(), refusal) is refusal


def test_a_share_of_buyers_who_bought_is_no_trap_and_a_control_of_nothing_gives_no_change() -> None:
    visits = effects(left(none=5_000, mail=5_000), control="none", goal="visit")
    rows = [(group, arm, 10, 5.0) for group in ("all", "buyers") for arm in ("none", "mail")]
    assert isinstance(traps(facts(rows, "visit"), visits), NotAsked)
    nothing = [*HILLSTROM[:5], ("buyers", "none", 122, 0.0)]
    assert math.isnan(traps(facts(nothing), spends()).table.loc[0, "naive"])
