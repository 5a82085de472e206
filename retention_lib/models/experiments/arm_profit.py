"""What a contact of one arm of a test earned: its profit with interval and chance, its parts, and its extra orders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.contrasts import ArmPair, Weights
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit_columns import Costs, ProfitColumns
from retention_lib.models.posteriors import Posterior, posterior_of
from retention_lib.models.ratios import Part, fieller

LEVEL = 0.95
SURE = 0.95
"""Chance from which an arm is said to pay; at 1 less this or below it is said to lose."""

MINIMUM_UNITS = 30
PARTS = ("sales", "goods", "gross_profit", "coupon", "sending", "campaign", "left")

Standing = Literal["pays", "open", "loses", "withheld"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the arms of a test have in common.

    Attributes:
        control: The arm left alone.
        columns: What the profit is made of.
        costs: What is stated.
        prior: What was believed before.
        control_gross_profit: Gross profit of a customer left alone (money).
        yardstick: What the shares of the prior are of (money): the same, or that of a customer of the best arm where
            those left alone brought nothing, as the long silent do.
        base: Customers to whom it could be sent (count); None where not known.
        withheld: Code of why no effect of the test may be called; None for a valid test.
    """

    control: str
    columns: ProfitColumns
    costs: Costs
    prior: ProfitPrior
    control_gross_profit: float
    yardstick: float
    base: int | None
    withheld: str | None

    def campaign_cost(self, arm: str) -> float:
        """What the campaign costs for an arm that is sent to everybody, beside sending (money)."""
        cost = self.costs.campaign_cost
        return cost.get(arm, 0.0) if isinstance(cost, Mapping) else cost

    def campaign_share(self, moments: Moments, arm: str) -> float:
        """The arm's part of that cost in the test, a contact (money)."""
        shared = [arm] if isinstance(self.costs.campaign_cost, Mapping) else moments.names
        contacts = sum(moments.members(name) for name in shared if name != self.control)
        return self.campaign_cost(arm) / max(contacts, 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Profit:
    """What a contact of one arm earned. A contact is a customer assigned to the arm, reached or not.

    Attributes:
        arm: The arm.
        units: Units in it (count).
        contacts: Customers in these (count).
        per_contact: Net profit a contact (money): the difference to control in gross profit, less coupons, sending and
            campaign; adjusted by what was bought before, with the error of a stated margin. Claimed where `standing`
            says that it pays or loses; without bounds where these are refused.
        plain: The same without the adjustment.
        variance_reduction: Share of the variance that the adjustment saved; None without one.
        standard_error: Of `per_contact` (money); 0 where it is refused.
        posterior: Of the profit per contact; NotEnough where no chance is told.
        probability: Chance that the profit is above 0, in [0, 1]; its bounds are the least and the most of it under
            beliefs half and twice as wide too. No interval: the chance itself is no estimate.
        variable: `per_contact` before the cost of the campaign that does not grow with the contacts.
        incremental_orders: Orders, or buyers, of the arm beyond what they would have been (count).
        cost_per_incremental_order: Coupons, sending and campaign for each of them (money), by Fieller.
        on_base: Profit of sending it to all customers of the base (money); NotAsked where no base is given.
        parts: One row a part, those of PARTS that there are: part, amount, low, high (money a contact); the amounts of
            all but `left` add up to it. Bounds are NaN where nothing is estimated.
        unpriced_orders: Orders with a coupon, where no value of any of the arm's coupons is known, so that nothing is
            taken off for them (count); else 0.
    """

    arm: str
    units: int
    contacts: int
    per_contact: Estimate
    plain: Estimate
    variance_reduction: float | None
    standard_error: float
    posterior: Posterior | NotEnough
    probability: Estimate | NotEnough
    variable: Estimate
    incremental_orders: Estimate | NotEnough
    cost_per_incremental_order: Estimate | NotEnough
    on_base: Estimate | NotEnough
    parts: pd.DataFrame
    unpriced_orders: int

    @property
    def weighed(self) -> Estimate | NotEnough:
        """The profit per contact once weighed with what was believed before (money): posterior mean and interval."""
        if isinstance(self.posterior, NotEnough):
            return self.posterior
        found = self.posterior
        return Estimate(found.mean, low=found.low, high=found.high, level=found.level, n=self.per_contact.n)

    @property
    def total(self) -> Estimate:
        """Net profit of the arm's contacts together (money)."""
        return times(self.per_contact, self.contacts)

    @property
    def standing(self) -> Standing:
        """Whether it pays, by the chance of a gain; `withheld` where no chance is told."""
        return standing(self.probability)

    @property
    def hangs_on_belief(self) -> bool:
        """Whether a belief half or twice as wide would lead to another word."""
        if isinstance(self.probability, NotEnough):
            return False
        bounds = (self.probability.low, self.probability.high)
        return any(
            standing(replace(self.probability, value=bound)) != self.standing for bound in bounds if bound is not None
        )

    def to_frame(self) -> pd.DataFrame:
        """The parts."""
        return self.parts


def arm_profit(moments: Moments, arm: str, terms: Terms) -> Profit:
    """What a contact of an arm earned.

    Args:
        moments: Of the test.
        arm: The arm.
        terms: What all arms have in common.
    """
    columns, contacts, units = terms.columns, moments.members(arm), moments.units(arm)
    pair = ArmPair(moments=moments, arm=arm, control=terms.control, covariate=columns.covariate)
    sharp, plain = (_net(each, columns, contacts / max(units, 1)) for each in (pair, replace(pair, covariate=None)))
    sent = -(columns.sending_stated or 0.0)
    net = sharp.estimate(sent - terms.campaign_share(moments, arm))
    posterior = _posterior(net, sharp.error, terms)
    chance = _probability(posterior, sharp.error, net)
    reason = terms.withheld or net.reason or ("not_significant" if standing(chance) == "open" else None)
    return Profit(
        arm=arm,
        units=units,
        contacts=contacts,
        per_contact=replace(net, claimed=reason is None and not isinstance(chance, NotEnough), reason=reason),
        plain=plain.estimate(sent - terms.campaign_share(moments, arm)),
        variance_reduction=None if columns.covariate is None else sharp.saved(plain),
        standard_error=sharp.error,
        posterior=posterior,
        probability=chance,
        variable=sharp.estimate(sent),
        incremental_orders=_orders(moments, arm, terms),
        cost_per_incremental_order=_cost_per_order(moments, arm, terms),
        on_base=_on_base(sharp.estimate(sent), arm, terms),
        parts=_parts(pair, net, terms),
        unpriced_orders=_unpriced(moments, arm),
    )


def standing(chance: Estimate | NotEnough) -> Standing:
    """Whether an arm pays, by the chance of a gain.

    Args:
        chance: That chance, in [0, 1].
    """
    if isinstance(chance, NotEnough):
        return "withheld"
    return "pays" if chance.value >= SURE else "loses" if chance.value <= 1 - SURE else "open"


def times(estimate: Estimate, factor: float, *, less: float = 0.0) -> Estimate:
    """An amount taken so many times, less a sum that is paid once.

    Args:
        estimate: The amount.
        factor: How many times, >= 0.
        less: The sum.
    """
    low, high = (None if bound is None else bound * factor - less for bound in (estimate.low, estimate.high))
    return replace(estimate, value=estimate.value * factor - less, low=low, high=high, p=None if less else estimate.p)


@dataclass(frozen=True, kw_only=True)
class _Net:
    """The difference in profit a customer, before what is stated: value, error, degrees of freedom and units."""

    value: float
    error: float
    freedom: float
    n: int
    refused: str | None

    def estimate(self, constant: float) -> Estimate:
        """The difference and a constant, with Student's interval and test."""
        from scipy.special import stdtr, stdtrit

        value = self.value + constant
        if self.refused is not None:
            return Estimate(value, n=self.n, reason=self.refused)
        half = float(stdtrit(self.freedom, 0.5 + LEVEL / 2)) * self.error
        p = 2 * float(stdtr(self.freedom, -abs(value) / self.error))
        return Estimate(value, low=value - half, high=value + half, level=LEVEL, n=self.n, p=p)

    def saved(self, plain: _Net) -> float | None:
        """Share of the variance of the plain difference that this one does without."""
        return None if plain.error == 0 else 1 - (self.error / plain.error) ** 2


def _net(pair: ArmPair, columns: ProfitColumns, people: float) -> _Net:
    """The net profit a customer, with the error of a stated margin."""
    found, sizes = pair.difference(columns.net), [pair.units(name) for name in (pair.arm, pair.control)]
    margin = columns.margin_sd * pair.difference(columns.sales).value if columns.sales else 0.0
    variance, few = found.part.variance + margin**2, min(sizes) < MINIMUM_UNITS
    return _Net(
        value=found.value / people,
        error=0.0 if few else math.sqrt(variance) / people,
        freedom=found.freedom,
        n=sum(sizes),
        refused="customers_per_arm" if few else "zero_variance" if variance == 0 else None,
    )


def _posterior(net: Estimate, error: float, terms: Terms) -> Posterior | NotEnough:
    """What is believed of the profit per contact, if it may be told."""
    if terms.withheld is not None:
        return NotEnough(terms.withheld, 0, 1)
    if net.reason is not None:
        return NotEnough("effect_interval", 0, 1)
    if terms.yardstick <= 0:
        return NotEnough("control_profit_positive", terms.yardstick, 0)
    return posterior_of(net.value, error, terms.prior.on(terms.yardstick), level=LEVEL)


def _probability(posterior: Posterior | NotEnough, error: float, net: Estimate) -> Estimate | NotEnough:
    """The chance of a gain, and what beliefs half and twice as wide make of it."""
    if isinstance(posterior, NotEnough):
        return posterior
    others = [replace(posterior.prior, sd=posterior.prior.sd * width) for width in (0.5, 2.0)]
    chances = [posterior.chance_positive()]
    chances += [posterior_of(net.value, error, prior).chance_positive() for prior in others]
    return Estimate(chances[0], low=min(chances), high=max(chances), n=net.n)


def _order_pair(moments: Moments, arm: str, terms: Terms) -> ArmPair:
    return ArmPair(moments=moments, arm=arm, control=terms.control, covariate=terms.columns.orders_before)


def _orders(moments: Moments, arm: str, terms: Terms) -> Estimate | NotEnough:
    """Orders of the arm beyond what they would have been."""
    if terms.columns.orders is None:
        return NotEnough("orders_counted", 0, 1)
    pair = _order_pair(moments, arm, terms)
    found, units = pair.difference({terms.columns.orders: 1.0}), pair.units(arm)
    if found.error == 0 or min(units, pair.units(terms.control)) < MINIMUM_UNITS:
        return NotEnough("incremental_orders_shown", 0, 1)
    half, n = found.half(LEVEL), units + pair.units(terms.control)
    measured = Estimate(found.value, low=found.value - half, high=found.value + half, level=LEVEL, n=n, p=found.p)
    return replace(times(measured, units), reason=terms.withheld)


def _cost_per_order(moments: Moments, arm: str, terms: Terms) -> Estimate | NotEnough:
    """Coupons, sending and campaign over the extra orders; refused where these cannot be told from none."""
    if terms.withheld is not None:
        return NotEnough(terms.withheld, 0, 1)
    orders = _orders(moments, arm, terms)
    if isinstance(orders, NotEnough):
        return orders
    if _unpriced(moments, arm):
        return NotEnough("coupon_value_known", 0, 1)
    pair, counted, spent = _order_pair(moments, arm, terms), {str(terms.columns.orders): 1.0}, terms.columns.spent
    plain = replace(pair, covariate=None)
    more, paid = pair.difference(counted), plain.difference(spent)
    stated = (terms.columns.sending_stated or 0.0) + terms.campaign_share(moments, arm)
    # What was known before is taken off the orders only: what is spent is compared as it is.
    covariance = plain.covariance(spent, pair.adjusted(counted))
    over = Part(value=paid.value + stated * moments.members(arm) / pair.units(arm), variance=paid.part.variance)
    found = fieller(over, more.part, covariance=covariance, quantile=more.quantile(LEVEL))
    if not found.bounded or more.value <= 0:
        return NotEnough("incremental_orders_shown", 0, 1)
    return Estimate(found.value, low=found.low, high=found.high, level=LEVEL, n=orders.n)


def _unpriced(moments: Moments, arm: str) -> int:
    """Orders of the arm with a coupon, where no value of any of its coupons is known; 0 where one is."""
    known = {name for name in moments.columns if moments.known(name)}
    if "coupon_orders_full" not in known:
        return 0
    if any(moments.mean(arm, name) > 0 for name in ("coupon_value_full", "coupon_cost_full") if name in known):
        return 0
    return round(moments.mean(arm, "coupon_orders_full") * moments.units(arm))


def _on_base(variable: Estimate, arm: str, terms: Terms) -> Estimate | NotEnough:
    """The profit of sending it to everybody: the cost of the campaign is paid once more."""
    if terms.base is None:
        return NotAsked("customers_on_list", 0, 1)
    found = times(variable, terms.base, less=terms.campaign_cost(arm))
    return replace(found, p=None, reason=terms.withheld or found.reason)


def _parts(pair: ArmPair, net: Estimate, terms: Terms) -> pd.DataFrame:
    """The parts of the profit per contact that there are."""
    columns, people = terms.columns, pair.moments.members(pair.arm) / max(pair.units(pair.arm), 1)
    weights = {
        "sales": columns.sales,
        "goods" if columns.sales else "gross_profit": columns.goods,
        "coupon": columns.coupon,
        "sending": columns.sending,
    }
    rows: list[dict[str, object]] = [_part(name, pair, part, people) for name, part in weights.items() if part]
    campaign = terms.campaign_share(pair.moments, pair.arm)
    stated = {"sending": columns.sending_stated, "campaign": campaign if campaign > 0 else None}
    fixed = {name: -cost for name, cost in stated.items() if cost is not None}
    rows += [{"part": name, "amount": cost, "low": math.nan, "high": math.nan} for name, cost in fixed.items()]
    rows.append({"part": "left", "amount": net.value, "low": net.low, "high": net.high})
    return pd.DataFrame(rows).astype({"amount": float, "low": float, "high": float})


def _part(name: str, pair: ArmPair, weights: Weights, people: float) -> dict[str, object]:
    """A part as it was measured, adjusted as the whole is."""
    found = pair.difference(weights)
    value, half = found.value / people, found.half(LEVEL) / people
    low, high = (value - half, value + half) if half > 0 else (math.nan, math.nan)
    return {"part": name, "amount": value, "low": low, "high": high}
