"""What a simulated store is made of: how large it is, and how strong each of its mechanisms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from retention_lib.settings import rules
from retention_lib.settings.amounts import Share
from retention_lib.settings.calendar import Month
from retention_lib.settings.strict import Broken, IsoDate, StrictModel, iso_date, refusal

Programme = Literal["level", "momentum", "invited"]

FEWEST, MOST = 1_000, 10_000_000
"""The smallest and the largest simulated store (customers)."""

TIMEZONE, CURRENCY = "Europe/Moscow", "RUB"
"""Where every simulated store is, and its money."""

Strength = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0, 3))]
Small = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0, 0.5))]
Points = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0, 10_000))]


def _last_of_month(day: date) -> date:
    if (day + timedelta(days=1)).day != 1:
        raise refusal("must be the last day of a month, for the simulation fills whole months")
    return day


class Sizes(StrictModel):
    """How strong each mechanism of the simulated store is; 0 switches one off.

    Attributes:
        channel_spread: How much acquisition channels differ in cost and in how much and how long their
            customers buy; 1 as described in the catalogue of channels.
        season: Height of the yearly season of buying, log scale.
        weekday: Height of the weekly season of buying, log scale.
        monthly_shock: Standard deviation of the shock that all customers share in a month, log scale.
        price_rise: By how much all prices rise, twice in the window (share of the price).
        price_elasticity: By how many per cent buying falls where prices rise by one.
        stock_out: Share of a customer's buying that is lost while the favourite category is out of stock.
        replenishment: By how much buying rises while a customer's replenished product has run out (share of
            the rate).
        pairs: Chance that a product's companion goes into the same basket.
        anonymous: Share of all orders that are made at the till and carry no customer.
        promotions: Share of order lines sold at a promotional price.
        refunds: Average share of order lines that come back.
        late_harm: Chance that a late first delivery ends the relation, with the promised day.
        late_confounding: How strongly region, carrier, December and basket make first deliveries late; they
            change later buying themselves whatever this is.
        unmeasured_confounder: How strongly a trait that no table shows makes first deliveries late and the
            customer leave earlier.
        bad_review_harm: Chance that the experience behind a bad review ends the relation: on the day of the order,
            or with the day promised for the first one.
        answer_benefit: Share of that harm which a quick answer of the shop undoes.
        surveys: Share of orders after which a survey is answered.
        programme_effect: By how much members buy more (share of the rate).
        programme_selection: How much more often customers of a high level join, log scale for one standard deviation
            of the level: of the rate (`level`), half of it of the chance at a purchase (`momentum`), of the odds of
            accepting (`invited`).
        tier_effort: By how much members buy more when one order short of the next tier.
        tier_dip: By how much members buy less in the month after reaching a tier.
        welcome_points: Points granted on joining.
        birthday_points: Points granted for a birthday.
        action_points: Points granted for a review or a recommendation.
        free_delivery_effect: By how much free delivery raises buying while the offer is valid, on average.
        discount_effect: By how much 20 % off raises buying while the offer is valid, on average.
        letter_effect: By how much a letter without an offer raises buying while it is fresh, on average.
        effect_by_feature: How much the effects of offers differ by region and income (share of the effect).
        effect_by_latent: How much they differ by a trait that no table shows (share of the effect).
        carry_over: Share of an offer's effect that is left on the day after it ends; halves every half-life.
        pull_forward: By how much a purchase made with an offer lowers buying from the day after the offer ends;
            halves every half-life.
        mailing_selection: How strongly the letter goes to those who bought much and lately: share of customers
            chosen by score, the others by chance.
        broken_split: Share of the treated whom the broken test loses (those with the fewest purchases first).
        household_spill: Share of an offer's effect that reaches other members of the household.
        machine_opens: Share of customers whose mail program opens every message.
        visits: Visits of the site without an order, for each order made there.
        abandoned_carts: Share of such visits that leave a cart.
        service_contacts: Contacts with service for each order without trouble; trouble brings more.
        split_ids: Share of customers who appear under a second id.
    """

    channel_spread: Strength = 1.0
    season: Strength = 0.30
    weekday: Strength = 0.20
    monthly_shock: Small = 0.06
    price_rise: Small = 0.07
    price_elasticity: Strength = 1.2
    stock_out: Share = 0.6
    replenishment: Strength = 1.5
    pairs: Share = 0.35
    anonymous: Small = 0.06
    promotions: Share = 0.15
    refunds: Small = 0.05
    late_harm: Share = 0.20
    late_confounding: Strength = 1.0
    unmeasured_confounder: Strength = 0.0
    bad_review_harm: Share = 0.35
    answer_benefit: Share = 0.5
    surveys: Share = 0.05
    programme_effect: Strength = 0.15
    programme_selection: Strength = 1.2
    tier_effort: Strength = 0.4
    tier_dip: Share = 0.3
    welcome_points: Points = 200.0
    birthday_points: Points = 300.0
    action_points: Points = 50.0
    free_delivery_effect: Strength = 0.5
    discount_effect: Strength = 0.8
    letter_effect: Strength = 0.3
    effect_by_feature: Share = 0.5
    effect_by_latent: Share = 0.4
    carry_over: Share = 0.25
    pull_forward: Share = 0.4
    mailing_selection: Share = 0.9
    broken_split: Share = 0.10
    household_spill: Share = 0.0
    machine_opens: Share = 0.25
    visits: Strength = 1.5
    abandoned_carts: Share = 0.3
    service_contacts: Share = 0.03
    split_ids: Share = 0.0


class Simulation(StrictModel):
    """A simulated store: the same settings give the same bytes.

    Attributes:
        customers: Customers acquired in the window (count), from one thousand to ten million.
        months: Length of the window, from the shop's opening (calendar months).
        until: The last day of the window; the last day of a month.
        seed: Another seed gives another store of the same kind.
        programme: How customers come to the loyalty programme: by their fixed level, at a purchase, or by a
            random invitation.
        lists: Months before the end of the window in which the shop wrote to lists of customers, each with a control
            group by chance (count, 0 to 6).
        sizes: How strong each mechanism is.
    """

    customers: Annotated[int, AfterValidator(rules.between(FEWEST, MOST))] = 20_000
    months: Annotated[int, AfterValidator(rules.between(6, 48))] = 24
    until: Annotated[IsoDate, AfterValidator(_last_of_month)] = date(2026, 6, 30)
    seed: Annotated[int, AfterValidator(rules.between(0, 2**32 - 1))] = 1
    programme: Programme = "level"
    lists: Annotated[int, AfterValidator(rules.between(0, 6))] = 0
    sizes: Sizes = Field(default_factory=Sizes)

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """The window lies between 1991 and 2099, as the contracts of the tables want it."""
        until, months = None, raw.get("months", 24)
        with suppress(PydanticCustomError):  # where it is no day, its own key says so
            until = iso_date(raw.get("until"))
        if until is not None and isinstance(months, int) and until.year - months / 12 < 1991:
            yield Broken(("until",), "must leave room for the months before it, which begin in 1991 at the earliest")
        if until is not None and until.year >= 2100:
            yield Broken(("until",), "must be 2099-12-31 or earlier, for tables hold no later days")

    @property
    def first_month(self) -> Month:
        """The month in which the shop opens."""
        return Month.of(self.until).shift(1 - self.months)

    @property
    def first_day(self) -> date:
        """The shop's first day."""
        return self.first_month.start

    @property
    def days(self) -> int:
        """Days of the window (count)."""
        return (self.until - self.first_day).days + 1
