"""What a programme cost and earned: by hand, and the chance of a profit against what was simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.posteriors import Prior
from retention_lib.models.programme_costs import ProgrammeCosts, UsedShares, programme_costs, used_shares
from retention_lib.models.programme_profit import ProgrammeProfit, programme_profit

REFUSAL = NotEnough("weeks_before", 3, 4)
USED = UsedShares(earned=Estimate(0.8, low=0.7, high=0.9, level=0.9), others=Estimate(0.3))
Z90, Z95 = 1.644854, 1.959964


def rewards(members: int = 100) -> pd.DataFrame:
    """Half of the members use 40 points in their second period, of which 30 were told with their money of 15."""
    return pd.DataFrame(
        {
            "period": [0, 1],
            "members": [members, members],
            "credited": [100.0 * members, 0.0],
            "earned": [40.0 * members, 0.0],
            "redeemed": [0.0, 20.0 * members],
            "valued": [0.0, 15.0 * members],
            "paid": [0.0, 7.5 * members],
            "net_points": [100.0 * members, -20.0 * members],
            "squares": [0.0, 40.0**2 * members / 2],
        }
    )


def running(*spent: float) -> pd.DataFrame:
    """Months of 400 months of membership, a quarter of them of those followed; 1,000 points used in each for 500."""
    count = len(spent)
    months = [f"2020-{place + 1:02d}" for place in range(count)]
    same = {"member_months": 400.0, "measured_months": 100.0, "redeemed": 1_000.0, "valued": 1_000.0, "paid": 500.0}
    return pd.DataFrame({"month": months, "running": spent, **{name: [x] * count for name, x in same.items()}})


def costs(*spent: float, used: UsedShares | NotEnough = USED, **options: object) -> ProgrammeCosts:
    found = programme_costs(rewards(), running(*(spent or (800.0, 1_200.0))), used=used, **({"value": 0.5} | options))
    assert isinstance(found, ProgrammeCosts)
    return found


def made(relative: Estimate, money: Estimate, of: ProgrammeCosts, **options: object) -> ProgrammeProfit:
    found = programme_profit(relative, money, of, **({"prior": Prior(), "rng": np.random.default_rng(1)} | options))
    assert isinstance(found, ProgrammeProfit)
    return found


def effect(value: float, half: float, **told: object) -> Estimate:
    return Estimate(value, low=value - half, high=value + half, level=0.95, n=100, **told)


# Costs


def test_costs_by_hand() -> None:
    found = costs()
    # 1,500 points paid 750, and 500 more at the programme's 500 / 1,000 a point.
    assert (found.point_value, found.rewards.value, found.redeemed) == (0.5, 1_000.0, 2_000.0)
    # Half of the members used 40 points each: a standard deviation of 20, 20.1 with n - 1, at half a unit a point.
    half = Z95 * 0.5 * math.sqrt(400 * 100 / 99 * 100)
    assert (found.rewards.low, found.rewards.high) == pytest.approx((1_000 - half, 1_000 + half))
    assert found.running.value == pytest.approx((800 + 1_200) / 4)
    # Of 4,000 earned .8 and of 6,000 granted .3 will be used, 2,000 are: 3,000 more at a half each.
    assert found.owed.value == pytest.approx(1_500)
    assert found.owed.high - found.owed.value == pytest.approx(0.1 * Z95 / Z90 * 4_000 * 0.5, rel=1e-5)
    assert (found.members, found.periods, found.known_share, found.held) == (100, 2, 1.0, 8_000)
    assert list(found.table["rewards_so_far"]) == [0.0, 10.0]
    assert found.total == pytest.approx(1_500)


def test_rewards_are_not_taken_off_twice() -> None:
    # The running cost holds 500 of rewards a month: 300 and 700 are left of it, a quarter of which counts.
    assert costs(running_cost_holds_rewards=True).running.value == pytest.approx(250)
    in_sales = costs(rewards_in_sales=True)
    assert (in_sales.rewards.value, in_sales.rewards_taken_off, in_sales.total) == (1_000, 0.0, pytest.approx(500))
    below = programme_costs(rewards(), running(300.0, 400.0), used=USED, value=0.5, running_cost_holds_rewards=True)
    assert below == NotEnough("running_cost_below_rewards", 700, 1_000)


def test_a_point_s_value_may_be_told() -> None:
    found = costs(value=2.0)
    assert found.rewards.value == 750 + 500 * 2.0
    assert found.owed.value == 3_000 * 2
    unknown = NotEnough("point_value_known", 0, 1)
    assert programme_costs(rewards(), running(1.0), used=USED, value=unknown) is unknown


def test_unknown_months_count_as_the_known_and_few_known_ones_are_not_enough() -> None:
    some = costs(800.0, math.nan)
    assert (some.running.value, some.known_share) == (pytest.approx(400), 0.5)
    assert costs(800.0, math.nan, math.nan).running == NotEnough("running_cost_known", 0, 1)
    assert costs(0.0, 0.0).running == NotEnough("running_cost_known", 0, 1)  # nobody runs a programme for nothing


def test_owed_is_never_more_than_is_held_nor_less_than_nothing() -> None:
    all_used, few = (UsedShares(earned=Estimate(share), others=Estimate(share)) for share in (1.0, 0.1))
    assert costs(used=all_used).owed.value == pytest.approx(8_000 * 0.5)
    assert costs(used=few).owed.value == 0
    assert costs(used=REFUSAL).owed is REFUSAL


def test_too_few_members_and_refusals() -> None:
    assert programme_costs(rewards(29), running(1.0), used=USED, value=0.5) == NotEnough("members_followed", 29, 30)
    none = NotAsked("programme_known", 0, 1)
    assert programme_costs(none, none, used=none, value=none) is none
    assert programme_costs(rewards().head(0), running(1.0), used=USED, value=0.5).reason == "members_followed"


@dataclass
class Points:
    """As much of `models.redemption.Redemption` as is read here."""

    rate: Estimate
    credited: float


def test_shares_of_points_used_by_kind() -> None:
    earned = Points(Estimate(0.5, low=0.45, high=0.55, level=0.9), 400.0)
    every = Points(Estimate(0.26, low=0.23, high=0.29, level=0.9), 1_000.0)
    found = used_shares(every, earned)
    # 260 of all 1,000 less 200 of the 400 earned leaves 60 of 600; an error of .03 of 1,000 is one of .05 of 600.
    assert (found.earned, found.others.value) == (earned.rate, pytest.approx(0.1))
    assert found.others.high - 0.1 == pytest.approx(0.05 * Z95 / Z90, rel=1e-5)
    assert used_shares(earned, earned).others == earned.rate
    assert used_shares(Points(Estimate(0.1), 1_000.0), earned).others.value == 0
    assert used_shares(REFUSAL, earned) is REFUSAL
    assert used_shares(every, REFUSAL) is REFUSAL


# Profit


def test_a_sure_effect_and_a_wide_prior_leave_the_plain_sum() -> None:
    found = made(effect(0.1, 0.001), effect(5_000, 50), costs(), prior=Prior(sd=50.0))
    # 5,000 less 1,000 of rewards and 500 of running; the errors of money and rewards are independent.
    assert found.profit.value == pytest.approx(3_500, abs=5)
    half = math.hypot(50, Z95 * 0.5 * 20.1008 * 10)
    assert (found.profit.low, found.profit.high) == pytest.approx((3_500 - half, 3_500 + half), abs=10)
    assert (found.chance.value, found.standing) == (1.0, "pays")
    assert found.per_member.value == pytest.approx(35, abs=0.1)
    assert found.after_owed.value == pytest.approx(2_000, abs=15)
    # The money is 50,000 times the effect: 1,500 are made at 3 %.
    assert found.break_even == pytest.approx(0.03, abs=1e-5)
    assert (found.measured.value, found.shown, found.profit.reason) == (5_000, True, None)


def test_it_pays_only_with_an_effect_claimed_all_costs_known_and_what_is_owed() -> None:
    sure, wide = effect(0.1, 0.001), Prior(sd=50.0)
    unshown = replace(sure, claimed=False, reason="effect_not_shown")
    unknown = costs(math.nan, math.nan)
    assert made(sure, effect(5_000, 50), costs(), prior=wide).standing == "pays"
    for relative, spent in ((unshown, costs()), (sure, unknown)):
        found = made(relative, effect(5_000, 50), spent, prior=wide)
        assert (found.chance.value, found.standing) == (1.0, "open")
    # 2,200 less 1,500 is a profit, but not with 1,500 of points still to be used.
    owing = made(sure, effect(2_200, 50), costs(), prior=wide)
    assert isinstance(owing.chance_after_owed, Estimate)
    assert (owing.chance.value, owing.chance_after_owed.value, owing.standing) == (1.0, 0.0, "open")
    assert made(sure, effect(2_200, 50), costs(used=REFUSAL), prior=wide).standing == "pays"
    assert made(sure, effect(500, 50), costs(), prior=wide).standing == "loses"


def test_money_may_be_what_was_bought_less_what_would_have_been() -> None:
    """What members brought, 55,000, is known; without the programme it would have been that over 1 + the effect."""
    told = [math.expm1(0.1 + k * 0.02) for k in (-Z95, 0, Z95)]
    amounts = [55_000 * (1 - 1 / (1 + each)) for each in told]
    relative, money = (Estimate(at[1], low=at[0], high=at[2], level=0.95) for at in (told, amounts))
    found = made(relative, money, costs())
    assert found.break_even == pytest.approx(1_500 / (55_000 - 1_500), abs=1e-6)
    assert found.break_even_after_owed == pytest.approx(3_000 / (55_000 - 3_000), abs=1e-6)
    logs = found.posterior.draws(np.random.default_rng(2), 200_000)
    assert found.incremental.value == pytest.approx((55_000 * -np.expm1(-logs)).mean(), rel=0.01)
    # Costs of more than all that they brought: no effect pays for that.
    assert made(relative, money, costs(400_000.0, 400_000.0)).break_even == math.inf


def test_chance_is_that_of_the_posterior_above_break_even() -> None:
    """Rewards nearly without error: the chance of a profit is the posterior's above the effect that pays."""
    told = rewards().assign(squares=[0.0, 20.0**2 * 100])
    sure = programme_costs(told, running(800.0, 1_200.0), used=USED, value=0.5)
    found = made(effect(0.04, 0.08), effect(2_000, 4_000), sure)
    assert found.posterior.chance_positive(math.log1p(found.break_even)) == pytest.approx(found.chance.value, abs=0.01)
    assert found.standing == "open"
    assert found.posterior.chance_positive(math.log1p(found.weighed.value)) == pytest.approx(0.5, abs=1e-3)


def test_the_prior_draws_an_unsure_effect_towards_it() -> None:
    wide = made(effect(0.2, 0.3), effect(10_000, 15_000), costs())
    assert 0 < wide.incremental.value < 10_000
    other = wide.chance_other_priors
    assert other.low <= wide.chance.value <= other.high
    believed = made(effect(0.2, 0.3), effect(10_000, 15_000), costs(), prior=Prior(mean=0.2))
    assert believed.incremental.value > wide.incremental.value


def test_a_margin_turns_sales_into_profit_with_its_own_error() -> None:
    sales, margin = effect(10_000, 100), Estimate(0.5, low=0.4, high=0.6, level=0.95)
    found = made(effect(0.1, 0.001), sales, costs(), prior=Prior(sd=50.0), margin=margin)
    assert found.measured.value == 5_000
    assert found.measured.high - 5_000 == pytest.approx(math.hypot(50, 1_000))
    assert found.profit.value == pytest.approx(3_500, abs=20)
    assert found.profit.high - found.profit.low == pytest.approx(2 * math.hypot(50, 1_000, 197), rel=0.02)
    assert found.break_even == pytest.approx(0.03, abs=1e-5)


def test_what_is_not_known_is_not_taken_off_and_said() -> None:
    unknown = made(effect(0.1, 0.001), effect(5_000, 50), costs(math.nan, math.nan), prior=Prior(sd=50.0))
    assert unknown.running == NotEnough("running_cost_known", 0, 1)
    assert unknown.profit.value == pytest.approx(4_000, abs=5)
    assert unknown.profit.reason == "running_cost_known"
    in_sales = made(effect(0.1, 0.001), effect(5_000, 50), costs(rewards_in_sales=True), prior=Prior(sd=50.0))
    assert in_sales.profit.value == pytest.approx(4_500, abs=5)
    assert made(effect(0.1, 0.01), effect(5, 1), costs(used=REFUSAL)).after_owed is REFUSAL


def test_a_sound_design_without_an_effect_is_shown_and_a_refused_one_is_not() -> None:
    for reason in ("effect_not_shown", "not_significant"):
        found = made(effect(0.01, 0.05, claimed=False, reason=reason), effect(500, 2_500), costs())
        assert not found.shown
    refused = programme_profit(
        effect(0.1, 0.05, claimed=False, reason="pretrend_rejected"),
        effect(5_000, 2_500),
        costs(),
        prior=Prior(),
        rng=np.random.default_rng(1),
    )
    assert refused == NotEnough("pretrend_rejected", 0, 1)


@pytest.mark.parametrize(
    ("relative", "money"),
    [
        (Estimate(0.1), effect(5_000, 50)),
        (effect(0.1, 0.05), Estimate(5_000.0)),
        (effect(0.1, 0.05), Estimate(5_000.0, low=5_000.0, high=5_000.0, level=0.95)),
        (effect(-0.9, 0.2), effect(-5_000, 50)),
    ],
)
def test_effects_without_an_error_have_no_chance(relative: Estimate, money: Estimate) -> None:
    found = programme_profit(relative, money, costs(), prior=Prior(), rng=np.random.default_rng(1))
    assert found == NotEnough("effect_interval", 0, 1)


def test_refusals_go_through_and_levels_have_to_agree() -> None:
    rng = np.random.default_rng(1)
    known = (effect(0.1, 0.05), effect(5_000, 50), costs())
    for place in range(3):
        given = [REFUSAL if at == place else each for at, each in enumerate(known)]
        assert programme_profit(*given, prior=Prior(), rng=rng) is REFUSAL
    with pytest.raises(ValueError, match="different levels"):
        programme_profit(known[0], Estimate(5.0, low=4.0, high=6.0, level=0.9), known[2], prior=Prior(), rng=rng)


def test_the_same_seed_gives_the_same_profit() -> None:
    first, second = (made(effect(0.1, 0.05), effect(5_000, 2_500), costs()) for _ in range(2))
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


def test_chance_of_a_profit_is_as_often_right_as_it_says() -> None:
    """Programmes with effects from the prior on 50,000 of gross profit, measured with error, against costs of 1,500."""
    rng, prior, base, stores = np.random.default_rng(7), Prior(), 50_000.0, 160
    logs = prior.scale * rng.standard_t(prior.df, stores)
    chances, pays, inside = [], [], []
    for log in logs:
        se = float(rng.uniform(0.02, 0.08))
        seen = log + se * rng.standard_normal()
        value, low, high = (math.expm1(seen + k * se) for k in (0, -Z95, Z95))
        relative = Estimate(value, low=low, high=high, level=0.95)
        money = Estimate(base * value, low=base * low, high=base * high, level=0.95)
        found = made(relative, money, costs(), rng=rng)
        truth = base * math.expm1(log) - 1_500
        chances.append(found.chance.value)
        pays.append(truth > 0)
        inside.append(found.profit.low <= truth <= found.profit.high)
    chance, paid = np.array(chances), np.array(pays)
    assert np.mean(inside) == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / stores) ** 0.5)
    for part in (chance < 0.3, (chance >= 0.3) & (chance < 0.7), chance >= 0.7):
        sd = (chance[part] * (1 - chance[part])).sum() ** 0.5 / part.sum()
        assert paid[part].mean() == pytest.approx(chance[part].mean(), abs=3.5 * sd)
