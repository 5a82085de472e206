"""Results of what customers are worth, from a shop of 600 customers whose models are set by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from models.value_shop import FORECAST, SPEND, SPREAD, crowd, horizon, made, margin

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.acquisition_value import CostsBy, ValueAgainstCost, costs_by, value_against_cost
from retention_lib.models.concentration import Concentration, concentration
from retention_lib.models.customer_values import CustomerValues, customer_values
from retention_lib.models.economics import BreakEven
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy, new_customer, new_customers_by
from retention_lib.models.price_limits import PriceLimit, UnpaidGroup, price_limit, unpaid_groups
from retention_lib.models.top_customers import TopCustomers, top_customers, top_test
from retention_lib.models.value import BaseValue, ValueBy, base_value, value_by
from retention_lib.models.value_at_stake import ValueAtStake, value_at_stake

SHORT_HISTORY = NotEnough("lifetime_history_months", 18, 24)
NO_ERRORS = NotEnough("forecast_errors", 0, 5)
PULL = 4.0  # a referred customer buys so many times as often


@cache
def values(*, share: float | None = 0.3) -> CustomerValues:
    today = crowd(pull=PULL)
    found = customer_values(today, FORECAST, SPEND, margin(share, share), horizon=horizon(rate=0.1))
    return made(found, CustomerValues)


def base(*, share: float | None = 0.3) -> BaseValue:
    return made(base_value(values(share=share), money=SPREAD, purchases=SPREAD), BaseValue)


def groups(by: str = "channel") -> ValueBy:
    return made(value_by(values(), SPREAD, by=by), ValueBy)


def thin_groups() -> ValueBy:
    """Ten customers of a channel each."""
    channel = pd.Categorical([f"channel {place // 10}" for place in range(60)])
    today = crowd(60)
    rows = today.rows.assign(channel=channel)
    found = customer_values(
        type(today)(until=today.until, clock=today.clock, rows=rows), FORECAST, SPEND, margin(), horizon=horizon()
    )
    return made(value_by(found, SPREAD, by="channel"), ValueBy)


def carried() -> Concentration:
    return made(concentration(values(), rng=np.random.default_rng(1)), Concentration)


def stakes() -> ValueAtStake:
    found = value_at_stake(values(), FORECAST, spread=SPREAD, rng=np.random.default_rng(1))
    return made(found, ValueAtStake)


def newcomer(*, share: float | None = 0.3, months: int = 12) -> NewCustomer:
    found = new_customer(
        crowd(pull=PULL),
        FORECAST,
        margin(share, share),
        horizon=horizon(months, 0.1),
        errors=NO_ERRORS,
        rng=np.random.default_rng(1),
    )
    return made(found, NewCustomer)


def newcomers(*, size: int = 1800, pull: float = PULL, costed: bool = True) -> NewCustomersBy:
    """By channel; of 600 customers fewer than 200 of a channel came back."""
    paid = cost() if costed else NotEnough("acquisition_cost_known", 0, 1)
    found = new_customers_by(crowd(size, pull=pull), FORECAST, newcomer(), by="channel", cost=paid)
    return made(found, NewCustomersBy)


def cost(*, referral: float = 2.0, search: float = 60.0) -> AcquisitionCost:
    """A referred customer is cheap, one of the search dear."""
    rows = [("channel", "referral", 200, referral), ("channel", "search", 400, search)]
    table = pd.DataFrame(rows, columns=["dimension", "segment", "customers", "cost"])
    table = table.assign(low=table["cost"] * 0.95, high=table["cost"] * 1.05)
    mean = (200 * referral + 400 * search) / 600
    each = Estimate(mean, low=0.95 * mean, high=1.05 * mean, level=0.95, n=600)
    return AcquisitionCost(per_customer=each, source="customers", by_group=table)


def against(*, paid: AcquisitionCost | None = None, long: bool = True) -> ValueAgainstCost:
    found = value_against_cost(newcomer(), paid or cost(), lifetime=newcomer(months=60) if long else SHORT_HISTORY)
    return made(found, ValueAgainstCost)


def costs(*, paid: AcquisitionCost | None = None) -> CostsBy:
    return made(costs_by(newcomers(), paid or cost(), crowd(1800, pull=PULL)), CostsBy)


def limits(*, grouped: bool = True) -> PriceLimit:
    none = NotEnough("customers_in_segments", 0, 2)
    found = price_limit(newcomer(), newcomers() if grouped else none, costs() if grouped else none)
    return made(found, PriceLimit)


def unpaid() -> UnpaidGroup:
    return unpaid_groups(costs())[0]


def top() -> TopCustomers:
    found = top_customers(values(), stakes(), None, budget=2_000, rng=np.random.default_rng(1))
    return made(found, TopCustomers)


def top_plan() -> BreakEven:
    return made(top_test(top(), contact_cost=0.5), BreakEven)
