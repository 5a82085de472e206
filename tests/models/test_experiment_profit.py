"""What a contact earned: by hand, against tea-tasting and the published test, and where nothing may be said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from scipy import stats

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.prior import ProfitPrior, profit_prior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.validity import Check, Validity
from retention_lib.models.posteriors import Posterior

HILLSTROM = Path(__file__).parents[2] / "data" / "hillstrom" / "hillstrom.parquet"
BROKEN = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
VALID = Validity(checks=(Check(name="sample_ratio", level="ok"),))
FLAT = ProfitPrior(sd=1_000.0)
DEFAULT = profit_prior(None)


def rows(*groups: tuple[int, float, float, float]) -> pd.DataFrame:
    """Units by how many they are: revenue, gross profit, coupon cost."""
    names = ["revenue_full", "gross_profit_full", "coupon_cost_full"]
    return pd.concat([pd.DataFrame([values] * n, columns=names) for n, *values in groups], ignore_index=True)


def small_test() -> pd.DataFrame:
    """Half of 100 left alone buy for 20 and bring 10; 60 of 100 mailed do, 30 of them with a coupon that costs 2."""
    alone = rows((50, 20.0, 10.0, 0.0), (50, 0.0, 0.0, 0.0)).assign(arm="none")
    mailed = rows((30, 20.0, 10.0, 2.0), (30, 20.0, 10.0, 0.0), (40, 0.0, 0.0, 0.0)).assign(arm="mail")
    frame = pd.concat([alone, mailed], ignore_index=True)
    return frame.assign(orders_full=(frame["revenue_full"] > 0).astype(float))


def profit(
    frame: pd.DataFrame | Moments, costs: Costs | None = None, *, prior: ProfitPrior = DEFAULT, **options: object
) -> Profits:
    moments = frame if isinstance(frame, Moments) else moments_of(frame)
    found = profits(moments, costs or Costs(contact_cost=0.1), control="none", prior=prior, **options)
    assert isinstance(found, Profits)
    return found


def parts(found: Profits, arm: str = "mail") -> dict[str, float]:
    return dict(zip(found.of(arm).parts["part"], found.of(arm).parts["amount"], strict=True))


def skewed(seed: int = 1, customers: int = 2_000) -> pd.DataFrame:
    """Customers whose orders hang on how much they bought before; the mailed order a fifth more."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(0.5, 2.0, 2 * customers)
    treated = np.arange(2 * customers) < customers
    orders = rng.poisson(rates * np.where(treated, 1.2, 1.0))
    before = rng.poisson(rates)
    revenue = orders * rng.lognormal(3, 0.5, 2 * customers)
    return pd.DataFrame(
        {
            "arm": np.where(treated, "mail", "none"),
            "revenue_full": revenue,
            "gross_profit_full": 0.4 * revenue + rng.normal(0, 0.5, 2 * customers) * orders,
            "coupon_cost_full": np.where(treated, rng.binomial(orders, 0.3) * 2.0, 0.0),
            "orders_full": orders.astype(float),
            "gross_profit_before": before * 8.0,
            "orders_before": before.astype(float),
        }
    )


# The profit of a contact


def test_a_contact_earns_the_extra_gross_profit_less_coupons_sending_and_campaign() -> None:
    # 6 - 5 gross profit, - .6 coupon, - .1 sending, - 10 / 100 campaign = .2; variances of a customer's profit:
    # mailed (30 x 8^2 + 30 x 10^2) / 100 - 5.4^2 = 20.04, left alone 50 - 25 = 25, each x 100 / 99.
    found = profit(small_test(), Costs(contact_cost=0.1, campaign_cost=10.0))
    mail = found.of("mail")
    error = math.sqrt((20.04 + 25) / 99)
    assert mail.per_contact.value == pytest.approx(0.2)
    assert mail.standard_error == pytest.approx(error)
    freedom = (20.04 + 25) ** 2 / (20.04**2 + 25**2) * 99
    half = stats.t.ppf(0.975, freedom) * error
    assert (mail.per_contact.low, mail.per_contact.high) == (pytest.approx(0.2 - half), pytest.approx(0.2 + half))
    assert mail.per_contact.p == pytest.approx(2 * stats.t.sf(0.2 / error, freedom))
    assert (mail.contacts, mail.per_contact.n, found.control_gross_profit) == (100, 200, 5.0)
    assert mail.total.value == pytest.approx(20)


def test_the_parts_lead_from_the_extra_sales_to_what_is_left() -> None:
    found = profit(small_test(), Costs(contact_cost=0.1, campaign_cost=10.0))
    assert parts(found) == pytest.approx(
        {"sales": 2.0, "goods": -1.0, "coupon": -0.6, "sending": -0.1, "campaign": -0.1, "left": 0.2}
    )
    left = found.parts.of("mail").iloc[-1]
    assert (left["low"], left["high"]) == (found.best.per_contact.low, found.best.per_contact.high)


def test_the_parts_add_up_after_the_adjustment_too() -> None:
    found = parts(profit(skewed()))
    assert sum(amount for name, amount in found.items() if name != "left") == pytest.approx(found["left"], rel=1e-9)


def test_the_adjusted_profit_is_tea_tastings_on_the_net_money_of_each_customer() -> None:
    frame = skewed()
    frame["net"] = frame["gross_profit_full"] - frame["coupon_cost_full"]
    named = frame.assign(variant=(frame["arm"] == "mail").astype(int)).drop(columns="arm")
    oracle = tt.Experiment(net=tt.Mean("net", "gross_profit_before")).analyze(named)["net"]
    mail = profit(frame.drop(columns="net")).of("mail")
    assert mail.per_contact.value == pytest.approx(oracle.effect_size - 0.1, rel=1e-2)
    assert (mail.per_contact.high or 0) - (mail.per_contact.low or 0) == pytest.approx(
        oracle.effect_size_ci_upper - oracle.effect_size_ci_lower, rel=1e-4
    )
    assert mail.variance_reduction is not None
    assert mail.variance_reduction == pytest.approx(1 - (mail.standard_error / width(mail.plain)) ** 2, rel=1e-3)
    assert mail.variance_reduction > 0.1


def width(estimate: Estimate) -> float:
    """The standard error behind a wide test's interval."""
    return ((estimate.high or 0) - (estimate.low or 0)) / 2 / 1.96055


def test_the_published_test_pays_at_a_stated_margin_and_cost() -> None:
    # Spend + .769827 (t = 5.3001) and + .424412 a customer; at a margin of 30 % and a cent a mail.
    names = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    frame = pd.read_parquet(HILLSTROM, columns=["segment", "spend", "conversion"])
    frame = frame.assign(arm=frame["segment"].astype(str).replace(names), spend=frame["spend"].astype(float))
    found = profit(frame.drop(columns="segment"), Costs(contact_cost=0.01, gross_margin=0.3, goal="spend"), base=64_000)
    mens, womens = found.of("mens"), found.of("womens")
    assert mens.per_contact.value == pytest.approx(0.3 * 0.769827 - 0.01, abs=1e-6)
    assert womens.per_contact.value == pytest.approx(0.3 * 0.424412 - 0.01, abs=1e-6)
    assert mens.standard_error == pytest.approx(0.3 * 0.769827 / 5.3001, rel=1e-4)
    assert (mens.standing, found.best.arm) == ("pays", "mens")
    assert isinstance(mens.on_base, Estimate)
    assert mens.on_base.value == pytest.approx(64_000 * mens.per_contact.value)
    # .006805 more buyers of 21,307, each for a cent over .006805.
    assert isinstance(mens.incremental_orders, Estimate)
    assert mens.incremental_orders.value == pytest.approx(0.006805 * 21_307, rel=1e-3)
    assert isinstance(mens.cost_per_incremental_order, Estimate)
    assert mens.cost_per_incremental_order.value == pytest.approx(0.01 / 0.006805, rel=1e-3)
    assert found.terms.columns.counted == "buyer"


def test_a_household_shares_its_profit_among_its_customers() -> None:
    single = moments_of(small_test())
    homes = Moments(sums=single.sums, arms=single.arms.assign(members=2 * single.arms["units"]), unit="household")
    one, two = profit(single), profit(homes)
    assert two.of("mail").per_contact.value == pytest.approx((one.of("mail").per_contact.value + 0.1) / 2 - 0.1)
    assert two.of("mail").standard_error == pytest.approx(one.of("mail").standard_error / 2)
    assert (two.unit, two.of("mail").contacts, two.control_gross_profit) == ("household", 200, 2.5)


def test_a_campaigns_cost_is_shared_by_contacts_or_stands_with_its_arm() -> None:
    frame = pd.concat([small_test(), small_test().query("arm == 'mail'").assign(arm="push")])
    together = profit(frame, Costs(contact_cost=0.1, campaign_cost=40.0))
    own = profit(frame, Costs(contact_cost=0.1, campaign_cost={"mail": 40.0}))
    assert [parts(together, arm)["campaign"] for arm in ("mail", "push")] == pytest.approx([-0.2, -0.2])
    assert parts(own)["campaign"] == pytest.approx(-0.4)
    assert "campaign" not in parts(own, "push")


def test_the_base_pays_the_campaign_once_more() -> None:
    found = profit(small_test(), Costs(contact_cost=0.1, campaign_cost=10.0), base=1_000)
    mail = found.of("mail")
    assert isinstance(mail.on_base, Estimate)
    assert mail.on_base.value == pytest.approx(1_000 * 0.3 - 10)
    assert mail.on_base.high == pytest.approx(1_000 * ((mail.per_contact.high or 0) + 0.1) - 10)
    assert isinstance(profit(small_test()).of("mail").on_base, NotAsked)
    assert isinstance(profit(small_test(), base=NotEnough("customers", 0, 1)).of("mail").on_base, NotAsked)


# Where the money comes from


def test_a_margin_that_is_only_stated_widens_the_interval() -> None:
    frame = small_test().drop(columns=["gross_profit_full", "coupon_cost_full"])
    sure, unsure = (
        profit(frame, Costs(contact_cost=0.1, gross_margin=0.5, margin_sd=sd)).of("mail") for sd in (0.0, 0.1)
    )
    assert sure.per_contact.value == unsure.per_contact.value == pytest.approx(0.9)
    # .1 of 2 more sales is .2 of profit.
    assert unsure.standard_error == pytest.approx(math.hypot(sure.standard_error, 0.2))
    assert unsure.parts.iloc[-1]["low"] == unsure.per_contact.low


def test_gross_profit_that_is_nothing_but_the_stated_margin_is_seen_as_such() -> None:
    costs = Costs(contact_cost=0.1, gross_margin=0.5, margin_sd=0.1)
    assert profit(small_test(), costs).terms.columns.margin == 0.5
    frame = small_test()
    measured = frame.assign(gross_profit_full=np.where(frame.index % 2, 0.9, 1.1) * frame["gross_profit_full"])
    columns = profit(measured, costs).terms.columns
    assert (columns.margin, columns.margin_sd) == (None, 0.0)


@pytest.mark.parametrize(
    ("known", "sending"),
    [
        ({"contact_cost": 0.7, "contacts": 3.0}, -0.7),  # what was paid
        ({"contacts": 3.0}, -0.3),  # three messages at a tenth
        ({"contact_cost": 0.0, "contacts": 0.0}, -0.1),  # messages of the test are not known: one a customer
        ({}, -0.1),
    ],
)
def test_sending_costs_what_the_store_knows_of_it(known: dict[str, float], sending: float) -> None:
    frame = small_test()
    sent = {name: np.where(frame["arm"] == "mail", value, 0.0) for name, value in known.items()}
    assert parts(profit(frame.assign(**sent)))["sending"] == pytest.approx(sending)


def test_a_test_with_outcomes_reads_gross_profit_before_sales() -> None:
    frame = small_test().rename(columns={"revenue_full": "spend", "gross_profit_full": "gross_profit"})
    frame = frame.drop(columns=["orders_full", "coupon_cost_full"])
    measured = profit(frame)
    assert parts(measured) == pytest.approx({"gross_profit": 1.0, "sending": -0.1, "left": 0.9})
    assert measured.terms.columns.margin is None
    sold = profit(frame, Costs(contact_cost=0.1, gross_margin=0.25, goal="spend"))
    assert parts(sold) == pytest.approx({"sales": 2.0, "goods": -1.5, "sending": -0.1, "left": 0.4})
    assert isinstance(sold.of("mail").incremental_orders, NotEnough)


@pytest.mark.parametrize(
    ("columns", "costs", "reason"),
    [
        (["revenue_full"], Costs(contact_cost=0.1), "margin_and_cost_known"),
        (["gross_profit_full"], Costs(), "margin_and_cost_known"),
        (["orders_full"], Costs(contact_cost=0.1, gross_margin=0.3), "goal_in_money"),
        (["orders_full"], Costs(contact_cost=0.1, gross_margin=0.3, goal="orders_full"), "goal_in_money"),
    ],
)
def test_money_that_is_not_known_is_named(columns: list[str], costs: Costs, reason: str) -> None:
    found = profits(moments_of(small_test()[["arm", *columns]]), costs, control="none", prior=DEFAULT)
    assert isinstance(found, NotEnough)
    assert found.reason == reason


def test_names_that_are_wrong_are_errors() -> None:
    moments = moments_of(small_test())
    with pytest.raises(ValueError, match="control arm 'nobody' is not among the arms mail, none"):
        profits(moments, Costs(), control="nobody", prior=DEFAULT)
    outcomes = moments_of(small_test().rename(columns=lambda name: name.removesuffix("_full")))
    with pytest.raises(ValueError, match="goal 'spent' is no column of the test; columns: revenue"):
        profits(outcomes, Costs(goal="spent"), control="none", prior=DEFAULT)
    with pytest.raises(KeyError, match="no profit of arm 'push'; arms: mail"):
        profit(small_test()).of("push")
    for wrong in ({"contact_cost": -1.0}, {"campaign_cost": {"mail": -1.0}}, {"gross_margin": 1.5}):
        with pytest.raises(ValueError, match=r"not (-1|1\.5)"):
            Costs(**wrong)


# The chance of a gain


def test_without_a_belief_the_chance_is_that_of_the_interval() -> None:
    mail = profit(skewed(), prior=FLAT).of("mail")
    assert isinstance(mail.probability, Estimate)
    expected = stats.norm.cdf(mail.per_contact.value / mail.standard_error)
    assert mail.probability.value == pytest.approx(expected, abs=1e-3)
    assert isinstance(mail.weighed, Estimate)
    assert mail.weighed.value == pytest.approx(mail.per_contact.value, rel=1e-2)


def test_a_belief_draws_the_profit_to_its_middle_and_is_held_against_others() -> None:
    frame = skewed(4, 400)
    mail, flat = (profit(frame, prior=prior).of("mail") for prior in (DEFAULT, FLAT))
    assert isinstance(mail.weighed, Estimate)
    assert isinstance(mail.probability, Estimate)
    assert isinstance(flat.probability, Estimate)
    assert 0 < mail.weighed.value < mail.per_contact.value
    assert 0.5 < mail.probability.value < flat.probability.value
    assert (mail.probability.low or 0) < mail.probability.value < (mail.probability.high or 0)


@pytest.mark.parametrize(("cost", "standing"), [(0.0, "pays"), (1.1, "open"), (3.0, "loses")])
def test_an_arm_pays_or_loses_where_the_chance_says_so(cost: float, standing: str) -> None:
    mail = profit(skewed(1, 20_000), Costs(contact_cost=cost), validity=VALID).of("mail")
    assert mail.standing == standing
    assert mail.per_contact.claimed is (standing != "open")
    assert mail.per_contact.reason == ("not_significant" if standing == "open" else None)


def test_an_invalid_test_tells_no_chance_and_claims_nothing() -> None:
    found = profit(skewed(1, 20_000), Costs(contact_cost=0.0), validity=BROKEN, base=10)
    mail, figures = found.of("mail"), found.figures()
    assert (mail.per_contact.claimed, mail.per_contact.reason) == (False, "sample_ratio_broken")
    assert mail.probability == NotEnough("sample_ratio_broken", 0, 1)
    assert mail.standing == "withheld"
    assert figures["probability_profit_mail"] == figures["cost_per_incremental_order_mail"] == mail.probability
    assert figures["profit_on_base_mail"].reason == "sample_ratio_broken"
    assert found.history_rows("old")["valid"].to_list() == [False]
    refused = profit(skewed(), validity=NotEnough("arms", 1, 2))
    assert refused.of("mail").per_contact.reason == "arms"


def test_too_few_customers_or_none_who_buy_are_refused_an_interval() -> None:
    few = profit(small_test().groupby("arm").head(29)).of("mail")
    assert (few.per_contact.low, few.per_contact.reason, few.standing) == (None, "customers_per_arm", "withheld")
    nobody = small_test().assign(revenue_full=0.0, gross_profit_full=0.0, coupon_cost_full=0.0, orders_full=0.0)
    mail = profit(nobody).of("mail")
    assert (mail.per_contact.value, mail.per_contact.reason) == (pytest.approx(-0.1), "zero_variance")
    assert (mail.per_contact.claimed, mail.probability) == (False, NotEnough("effect_interval", 0, 1))
    assert profit(nobody).to_frame()["chance"].isna().all()


def test_where_those_left_alone_bring_nothing_beliefs_are_shares_of_what_the_best_arm_brings() -> None:
    frame = small_test()
    money = ["revenue_full", "gross_profit_full"]
    frame.loc[frame["arm"] == "none", money] = 0.0
    mail = profit(frame).of("mail")
    assert isinstance(mail.posterior, Posterior)
    best = frame.loc[frame["arm"] != "none"].groupby("arm")["gross_profit_full"].mean().max()
    assert mail.posterior.prior.sd == pytest.approx(0.2 * best)
    frame[money] = -frame[money].abs() - 1
    lost = profit(frame).of("mail")
    assert isinstance(lost.probability, NotEnough)
    assert lost.probability.reason == "control_profit_positive"
    assert lost.per_contact.low is not None


# Extra orders


def test_a_cost_that_is_certain_is_shared_by_the_bounds_of_the_extra_orders() -> None:
    frame = skewed(2, 5_000).drop(columns="coupon_cost_full")
    mail = profit(frame, Costs(contact_cost=0.5)).of("mail")
    orders, cost = mail.incremental_orders, mail.cost_per_incremental_order
    assert isinstance(orders, Estimate)
    assert isinstance(cost, Estimate)
    spent = 0.5 * 5_000
    assert cost.value == pytest.approx(spent / orders.value)
    assert (cost.low, cost.high) == (
        pytest.approx(spent / (orders.high or 0)),
        pytest.approx(spent / (orders.low or 0)),
    )


def test_the_cost_of_an_extra_order_holds_its_level_over_many_tests() -> None:
    # .2 more orders a customer; coupons of 2 on 30 % of 1.2 orders, and .1 for sending.
    true, held = (0.3 * 1.2 * 2 + 0.1) / 0.2, []
    for seed in range(120):
        cost = profit(skewed(100 + seed)).of("mail").cost_per_incremental_order
        assert isinstance(cost, Estimate)
        held.append((cost.low or 0) <= true <= (cost.high or 0))
    assert 0.90 <= np.mean(held) <= 0.99


def test_the_value_of_all_coupons_counts_as_a_cost_where_it_is_known() -> None:
    frame = skewed(2, 5_000)
    known = frame.assign(coupon_value_full=3 * frame["coupon_cost_full"])
    plain, told = (profit(each).of("mail").cost_per_incremental_order for each in (frame, known))
    assert isinstance(plain, Estimate)
    assert isinstance(told, Estimate)
    assert told.value > 2 * plain.value
    assert parts(profit(known)) == parts(profit(frame))


def test_coupons_taken_off_prices_have_a_cost_only_where_their_value_is_known() -> None:
    frame = skewed(2, 5_000)
    used = (frame["coupon_cost_full"] / 2).rename("coupon_orders_full")
    priced = frame.assign(coupon_orders_full=used, coupon_cost_full=0.0)
    refused = profit(priced).of("mail").cost_per_incremental_order
    told = profit(priced.assign(coupon_value_full=frame["coupon_cost_full"])).of("mail").cost_per_incremental_order
    assert refused == NotEnough("coupon_value_known", 0, 1)
    assert told == profit(frame).of("mail").cost_per_incremental_order


def test_extra_orders_that_may_be_none_have_no_cost() -> None:
    mail = profit(small_test()).of("mail")
    assert isinstance(mail.incremental_orders, Estimate)
    assert mail.incremental_orders.value == pytest.approx(10)
    assert mail.cost_per_incremental_order == NotEnough("incremental_orders_shown", 0, 1)


# Together


def test_figures_and_rows_for_later_tests_carry_the_same_numbers() -> None:
    found = profit(skewed())
    mail = found.best
    assert found.figures() == {
        "profit_per_contact_mail": mail.per_contact,
        "probability_profit_mail": mail.probability,
        "profit_on_base_mail": mail.on_base,
        "cost_per_incremental_order_mail": mail.cost_per_incremental_order,
    }
    row = found.history_rows("spring").iloc[0]
    assert (row["test"], row["arm"], row["contacts"], row["valid"]) == ("spring", "mail", 2_000, True)
    assert (row["profit"], row["standard_error"]) == (mail.per_contact.value, mail.standard_error)
    assert row["control_gross_profit"] == found.control_gross_profit
    rows = pd.concat([found.history_rows(name) for name in ("spring", "summer", "autumn")])
    assert profit_prior(rows).source == "past_tests"
    frame = found.to_frame().iloc[0]
    assert (frame["profit"], frame["standing"]) == (mail.per_contact.value, mail.standing)


def test_refusals_pass_through() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert profits(refusal, Costs(), control="none", prior=DEFAULT) is refusal
    assert profits(moments_of(small_test()), Costs(), control=refusal, prior=DEFAULT) is refusal
