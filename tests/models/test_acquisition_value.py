"""The value of a new customer against the cost of winning one, and what to pay."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.value_shop import FORECAST, UNTIL, crowd, horizon, made, margin

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.acquisition_value import (
    CostsBy,
    ValueAgainstCost,
    costs_by,
    lifetime_months,
    ratio,
    value_against_cost,
)
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy, new_customer, new_customers_by
from retention_lib.models.price_limits import PriceLimit, UnpaidGroup, price_limit, steps_by_money, unpaid_groups

TODAY = crowd(1800, pull=4.0)
REFUSAL = NotEnough("repeat_customers", 3, 30)
SHORT = NotEnough("lifetime_history_months", 18, 24)


def newcomer(share: float | None = 0.3, *, months: int = 12) -> NewCustomer:
    found = new_customer(
        TODAY,
        FORECAST,
        margin(share, share),
        horizon=horizon(months),
        errors=NotEnough("forecast_errors", 0, 5),
        rng=np.random.default_rng(1),
    )
    return made(found, NewCustomer)


def cost(referral: float = 2.0, search: float = 60.0) -> AcquisitionCost:
    rows = [("channel", "referral", 600, referral), ("channel", "search", 1200, search)]
    table = pd.DataFrame(rows, columns=["dimension", "segment", "customers", "cost"])
    table = table.assign(low=table["cost"] * 0.9, high=table["cost"] * 1.1)
    return AcquisitionCost(
        per_customer=Estimate((referral + 2 * search) / 3, n=1800), source="customers", by_group=table
    )


def groups(paid: AcquisitionCost | NotEnough | None = None) -> NewCustomersBy:
    found = new_customers_by(TODAY, FORECAST, newcomer(), by="channel", cost=paid or cost())
    return made(found, NewCustomersBy)


def costs(paid: AcquisitionCost | None = None) -> CostsBy:
    return made(costs_by(groups(), paid or cost(), TODAY), CostsBy)


def test_ratio_and_net_by_hand() -> None:
    value = Estimate(100.0, low=80.0, high=125.0, level=0.9, n=50)
    found = ratio(value, Estimate(40.0))
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 2.0, 3.125))
    # both unsure by the same factor: sqrt(2) times the width on the scale of logarithms
    both = ratio(value, Estimate(40.0, low=32.0, high=50.0, level=0.9))
    assert math.log(both.high / both.value) == pytest.approx(math.sqrt(2) * math.log(1.25))


def test_the_cost_is_not_in_the_value_but_in_the_ratio_and_the_net() -> None:
    one, twice = (
        made(value_against_cost(newcomer(), cost(*paid), lifetime=SHORT), ValueAgainstCost)
        for paid in ((10.0, 10.0), (20.0, 20.0))
    )
    assert one.value == twice.value == newcomer().value
    assert one.ratio.value == pytest.approx(2 * twice.ratio.value) == pytest.approx(newcomer().value.value / 10)
    assert one.net.value == pytest.approx(newcomer().value.value - 10)
    assert (one.lifetime_ratio, one.lifetime_months) == (SHORT, SHORT)
    long = made(value_against_cost(newcomer(), cost(10, 10), lifetime=newcomer(months=60)), ValueAgainstCost)
    assert long.lifetime_months == 60
    assert made(long.lifetime_ratio, Estimate).value > long.ratio.value


@pytest.mark.parametrize(
    ("first", "months"),
    [
        (date(1996, 7, 1), 60),
        (date(1996, 7, 2), NotEnough("lifetime_history_months", 23, 24)),
        (date(1990, 1, 1), 60),
        (date(1998, 6, 1), NotEnough("lifetime_history_months", 1, 24)),
    ],
)
def test_a_lifetime_needs_two_years_of_history(first: date, months: int | NotEnough) -> None:
    assert lifetime_months(first, UNTIL) == months


def test_sales_and_free_customers_have_no_ratio() -> None:
    assert value_against_cost(newcomer(None), cost(), lifetime=SHORT) == NotEnough("margin_known", 0, 1)
    free = value_against_cost(newcomer(), cost(0.0, 0.0), lifetime=SHORT)
    assert free == NotEnough("acquisition_cost_positive", 0.0, 0)
    assert value_against_cost(REFUSAL, cost(), lifetime=SHORT) is REFUSAL


def test_groups_stand_beside_their_own_cost() -> None:
    table = costs().table.set_index("group")
    value = groups().table.set_index("group")["value"]
    lately = TODAY.rows["T"] < 365
    won = TODAY.rows.loc[lately, "channel"].value_counts()
    for name, paid in (("referral", 2.0), ("search", 60.0)):
        assert table.loc[name, "ratio"] == pytest.approx(value[name] / paid)
        assert table.loc[name, "net"] == pytest.approx(value[name] - paid)
        assert table.loc[name, "won"] == won[name]
        assert table.loc[name, "net_of_year"] == pytest.approx((value[name] - paid) * won[name])
    assert table["standing"].to_dict() == {"referral": "pays", "search": "not_paid"}
    even = costs(cost(2.0, float(value["search"]))).table.set_index("group")
    assert even.loc["search", "standing"] == "open"


def test_no_known_cost_of_a_group_is_said() -> None:
    unknown = replace(cost(), by_group=cost().by_group.head(0))
    assert costs_by(groups(), unknown, TODAY) == NotEnough("acquisition_cost_by_group", 0, 1)


def test_the_limit_is_the_low_end_of_the_worth() -> None:
    found = made(price_limit(newcomer(), groups(), costs()), PriceLimit)
    table = groups().table.set_index("group")
    assert found.groups == ("referral", "search")
    assert found.limits == pytest.approx((table.loc["referral", "low"], table.loc["search", "low"]))
    assert found.costs == (2.0, 60.0)
    ratios = costs().table.set_index("group")["ratio"]
    assert found.ratios == pytest.approx((ratios["referral"], ratios["search"]))
    assert (found.more, found.hold) == (("referral",), None)
    assert found.overall == newcomer().value.low
    assert found.net_of_year == pytest.approx(costs().table.set_index("group").loc["referral", "net_of_year"])
    one = made(price_limit(newcomer(), REFUSAL, REFUSAL), PriceLimit)
    assert (one.by, one.groups, one.net_of_year) == (None, (), 0.0)
    assert (one.ratios, one.more, one.hold) == ((), (), None)
    assert price_limit(newcomer(None), REFUSAL, REFUSAL) == NotEnough("margin_known", 0, 1)


def test_more_is_won_where_value_over_cost_is_highest_and_held_where_lowest() -> None:
    def chosen(*rows: tuple[str, float, str]) -> tuple[tuple[str, ...], str | None]:
        names = [name for name, _, _ in rows]
        own = replace(groups(), table=pd.DataFrame({"group": names, "low": 9.0, "thin": False, "pooled": False}))
        table = pd.DataFrame(rows, columns=["group", "ratio", "standing"]).assign(cost=1.0, net_of_year=1.0)
        found = made(price_limit(newcomer(), own, replace(costs(), table=table)), PriceLimit)
        return found.more, found.hold

    a, b, c, d = ("a", 4.3, "pays"), ("b", 24.0, "pays"), ("c", 22.0, "pays"), ("d", 0.5, "not_paid")
    assert chosen(a, b, c) == (("b", "c"), "a")
    assert chosen(a, b) == (("b",), "a")
    assert chosen(a, b, c, d) == (("b", "c"), "a")
    assert chosen(b, c, d) == (("b", "c"), None)
    assert chosen(a, ("e", 1.2, "open")) == (("a",), "e")
    assert chosen(a, ("e", 9.0, "open")) == (("a",), None)
    assert chosen(d, ("e", 1.2, "open")) == ((), "e")


def test_what_to_do_is_ranked_by_the_money_of_a_year() -> None:
    limit, stop = made(price_limit(newcomer(), groups(), costs()), PriceLimit), unpaid_groups(costs())
    assert [group.group for group in stop] == ["search"]
    assert stop[0].lost_of_year == pytest.approx(-costs().table["net_of_year"].min())
    ranked = steps_by_money(limit, stop)
    most_first = [PriceLimit, UnpaidGroup] if limit.net_of_year > stop[0].lost_of_year else [UnpaidGroup, PriceLimit]
    assert [type(step) for step in ranked] == most_first
    assert steps_by_money(REFUSAL, []) == [REFUSAL]
    assert unpaid_groups(REFUSAL) == []


def test_the_ratio_and_the_net_of_a_value_that_may_be_a_loss_by_hand() -> None:
    value, paid = Estimate(-10.0, low=-26.44854, high=6.44854, level=0.9), Estimate(5.0)
    found = ratio(value, paid)
    assert (found.low, found.value, found.high) == pytest.approx((-26.44854 / 5, -2.0, 6.44854 / 5))
    # a standard deviation of 10 of the value, of .5 of the cost: 2 and 2 x .1 of the ratio
    both = ratio(value, Estimate(5.0, low=5 - 0.822427, high=5 + 0.822427, level=0.9))
    assert both.high - both.value == pytest.approx(1.644854 * math.hypot(2.0, 0.2))
    reached = replace(value, value=10.0, low=-6.44854, high=26.44854)
    assert ratio(reached, paid).low == pytest.approx(-6.44854 / 5)


@pytest.mark.parametrize(("first", "repeat"), [(-0.2, -0.2), (0.0, 0.0), (-0.3, 0.4)])
def test_customers_at_a_loss_stand_beside_their_cost(first: float, repeat: float) -> None:
    found = new_customer(
        TODAY,
        FORECAST,
        margin(first, repeat),
        horizon=horizon(),
        errors=NotEnough("forecast_errors", 0, 5),
        rng=np.random.default_rng(1),
    )
    everybody = made(found, NewCustomer)
    against = made(value_against_cost(everybody, cost(), lifetime=SHORT), ValueAgainstCost)
    half = against.net.high - against.net.value
    assert half == pytest.approx(everybody.value.high - everybody.value.value)
    assert half == pytest.approx(against.net.value - against.net.low)
    by_group = made(new_customers_by(TODAY, FORECAST, everybody, by="channel", cost=cost()), NewCustomersBy)
    table = made(costs_by(by_group, cost(), TODAY), CostsBy).table
    assert (table["ratio_low"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["ratio_high"]).all()
    if first == repeat:
        assert table["standing"].tolist() == ["not_paid", "not_paid"]
        assert made(price_limit(everybody, by_group, REFUSAL), PriceLimit).overall == 0
