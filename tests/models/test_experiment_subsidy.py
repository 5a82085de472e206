"""Orders that would have come without a coupon: by hand, against a bootstrap of units, and in a world that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.contrasts import ArmPair
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.subsidy import SubsidyShares, subsidy_shares
from retention_lib.models.experiments.validity import Check, Validity

BROKEN = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))


def counts(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["arm", "orders", "coupon_orders", "units"])


def shares(frame: pd.DataFrame | NotEnough, seed: int = 1, **options: object) -> SubsidyShares:
    found = subsidy_shares(frame, control="none", rng=np.random.default_rng(seed), **options)
    assert isinstance(found, SubsidyShares)
    return found


def of_units(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("arm", "orders", "coupon_orders", "orders_before") if name in frame]
    return frame.groupby(keys).size().rename("units").reset_index()


def shop(rng: np.random.Generator, customers: int, *, used: float = 0.4, extra: float = 0.1) -> pd.DataFrame:
    """Everybody orders as usual; of the treated's orders `used` take the coupon, and extra ones come with it."""
    rates = rng.gamma(0.5, 2.0, 2 * customers)
    before, usual = rng.poisson(rates), rng.poisson(rates)
    treated = np.arange(2 * customers) < customers
    more = np.where(treated, rng.poisson(extra, 2 * customers), 0)
    coupons = np.where(treated, rng.binomial(usual, used), 0) + more
    arm = np.where(treated, "coupon", "none")
    return pd.DataFrame({"arm": arm, "orders": usual + more, "coupon_orders": coupons, "orders_before": before})


def test_the_share_is_one_less_extra_orders_for_each_coupon_order() -> None:
    # 100 left alone order 50 times; 200 with a coupon order 140 times, of which 80 with it: 40 extra in 80 is a half.
    frame = counts(("none", 0, 0, 50), ("none", 1, 0, 50), ("free", 0, 0, 80), ("free", 1, 0, 40), ("free", 1, 1, 60))
    frame.loc[len(frame)] = ["free", 2, 1, 20]
    found = shares(frame)
    row = found.table.iloc[0]
    assert (row["units"], row["coupon_orders"], row["incremental_orders"]) == (200, 80, pytest.approx(40))
    share = found.of("free")
    assert isinstance(share, Estimate)
    assert (share.value, share.n) == (pytest.approx(0.5), 80)
    assert (share.claimed, share.reason) == (None, None)
    assert found.figures() == {"subsidy_share_free": share}


def test_the_interval_is_that_of_a_bootstrap_of_units() -> None:
    rng = np.random.default_rng(5)
    units = shop(rng, 1_500)
    found = shares(of_units(units.drop(columns="orders_before")), draws=4_000).of("coupon")
    arms = [units[units["arm"] == name][["orders", "coupon_orders"]].to_numpy() for name in ("coupon", "none")]
    means = [np.array([arm[rng.integers(0, len(arm), len(arm))].mean(axis=0) for _ in range(2_000)]) for arm in arms]
    drawn = 1 - (means[0][:, 0] - means[1][:, 0]) / means[0][:, 1]
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)


def test_orders_before_sharpen_the_extra_orders_as_they_do_in_the_profit() -> None:
    units = shop(np.random.default_rng(6), 3_000)
    plain, sharp = (shares(of_units(frame)) for frame in (units.drop(columns="orders_before"), units))
    moments = moments_of(units.drop(columns="coupon_orders"))
    extra = ArmPair(moments=moments, arm="coupon", control="none", covariate="orders_before").difference(
        {"orders": 1.0}
    )
    assert sharp.table["incremental_orders"].iloc[0] == pytest.approx(extra.value * 3_000, rel=1e-9)
    widths = [float(one.table["high"].iloc[0] - one.table["low"].iloc[0]) for one in (plain, sharp)]
    assert widths[1] < 0.9 * widths[0]


def test_the_interval_holds_the_truth_of_a_known_shop() -> None:
    # Usual orders are 1 a customer, of which 0.4 take the coupon; 0.1 are extra: 0.4 of 0.5 would have come anyway.
    rng = np.random.default_rng(7)
    held = []
    for _ in range(150):
        found = shares(of_units(shop(rng, 800)), seed=int(rng.integers(1 << 30)), draws=400).of("coupon")
        assert isinstance(found, Estimate)
        held.append((found.low or 0.0) <= 0.8 <= (found.high or 0.0))
    assert 0.90 <= np.mean(held) <= 0.99


def test_arms_without_coupons_are_not_asked_and_few_coupons_are_refused() -> None:
    frame = counts(("none", 1, 0, 90), ("few", 1, 1, 20), ("few", 1, 0, 80), ("mail", 1, 0, 90))
    found = shares(frame)
    assert list(found.table["arm"]) == ["few"]
    assert found.of("few") == NotEnough("coupon_orders", 20, 30)
    assert isinstance(found.of("mail"), NotAsked)
    nobody = subsidy_shares(frame[frame["arm"] != "few"], control="none", rng=np.random.default_rng(1))
    assert isinstance(nobody, NotAsked)


def test_an_invalid_test_withholds_the_claim() -> None:
    frame = counts(("none", 1, 0, 90), ("free", 1, 1, 90))
    share = shares(frame, validity=BROKEN).of("free")
    assert isinstance(share, Estimate)
    assert (share.claimed, share.reason) == (False, "sample_ratio_broken")


def test_refusals_pass_and_an_unknown_control_is_named() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert subsidy_shares(refusal, control="none", rng=np.random.default_rng(1)) is refusal
    with pytest.raises(ValueError, match="control arm 'none' is not among the arms a, b"):
        shares(counts(("a", 1, 0, 5), ("b", 1, 1, 5)))


def test_thousands_of_sets_of_counts_are_drawn_less_often() -> None:
    many = [("free", orders, orders % 2, 3) for orders in range(6_000)]
    assert shares(counts(("none", 1, 0, 90), *many)).draws == 4_000_000 // 6_001
    assert shares(counts(("none", 1, 0, 90), ("free", 1, 1, 90))).draws == 2_000
