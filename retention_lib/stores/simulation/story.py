"""What the parts of the simulation hand to each other: people, their purchases and their orders.

Customers are simulated in blocks of `BLOCK`, each with random streams of its own, so that the same settings give the
same bytes however many blocks are worked at once. Inside a block everything is arrays over its customers, over its
occasions of buying or over its orders. Days are whole numbers from 0, the shop's first day; money is in whole cents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retention_lib.stores.simulation.stage import Bools, Floats, Ints, Shop, promised_days

if TYPE_CHECKING:
    from retention_lib.stores.simulation.members import Members


@dataclass(frozen=True, kw_only=True)
class People:
    """The customers of a block and what about them never changes; arrays over customers.

    Attributes:
        number: The customer's number in the whole store, from 0.
        acquired: The day of the first order.
        channel: Code of the acquisition channel.
        acquisition_cost: What winning the customer cost, in cents.
        region: Code of the region.
        household: The household's number in the whole store.
        sex: Code.
        birth: Date of birth.
        age_band: Code, by the age on the day of acquisition.
        income_band: Code.
        email_consent: Whether e-mails may be sent.
        sms_consent: Whether SMS may be sent.
        messenger_consent: Whether messages may be sent.
        machine_opens: Whether the mail program opens every message.
        rate: Purchases a day of a neutral day while the relation lasts, beyond the first order.
        level: The logarithm of the gamma-distributed part of `rate`, standardised over the population.
        hazard: Leaving a day while the relation lasts.
        ends: The day (with a fraction) on which the customer leaves of his own accord; may lie beyond the window.
        taste: How dear the products are that the customer takes, from 0 (cheap) to 1.
        favourite: Code of the favourite category.
        product: The product that the customer uses up and buys again; -1 for none.
        interval: Days after which this customer has used it up; 0 without one.
        trait: The unmeasured confounder of late deliveries, standard normal.
        response: The latent part of how the customer answers to offers, standard normal within [-2, 2].
        first_lines: Lines of the first order (count).
        first_carrier: Code of its carrier.
        late_chance: The chance that the first delivery is late.
        late: Whether it is.
        late_leaves: Whether a late first delivery would end the relation with the promised day.
        joins: The day of joining the programme, where it does not depend on purchases; else `NEVER`.
        quits: The day of leaving the programme, counted from joining (days).
        accepts: Whether the customer would accept an invitation into the programme.
        invited: Whether the customer is in the invited arm (`invited` only).
    """

    number: Ints
    acquired: Ints
    channel: Ints
    acquisition_cost: Ints
    region: Ints
    household: Ints
    sex: Ints
    birth: NDArray[np.datetime64]
    age_band: Ints
    income_band: Ints
    email_consent: Bools
    sms_consent: Bools
    messenger_consent: Bools
    machine_opens: Bools
    rate: Floats
    level: Floats
    hazard: Floats
    ends: Floats
    taste: Floats
    favourite: Ints
    product: Ints
    interval: Floats
    trait: Floats
    response: Floats
    first_lines: Ints
    first_carrier: Ints
    late_chance: Floats
    late: Bools
    late_leaves: Bools
    joins: Ints
    quits: Ints
    accepts: Bools
    invited: Bools

    @property
    def count(self) -> int:
        """Customers of the block."""
        return len(self.number)

    @cached_property
    def first_promised(self) -> Ints:
        """The day for which the first delivery is promised: lateness and harm of the first order show after it."""
        return self.acquired + promised_days(self.first_carrier, self.region)


LISTS = "lists"
"""What a world is called in which the lists of one start went the other way."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One way in which the block's story may go.

    World 0 is what happened. Every other world differs from it in one thing that is forced on all customers; the
    random numbers are the same, so that a customer whom the change does not touch does the same in both.

    Attributes:
        effect: The graded effect (`late_first_delivery`, `bad_review`, `programme`, or a campaign's id), or `LISTS`
            for all lists of one start; empty for what happened.
        arm: What is forced: `late` or `on_time`; `harmless`; `never`; an arm of the campaign; `flipped`: those whom
            lists left alone are contacted, those contacted left alone.
        start: The first day on which the world may differ.
        end: The first day that is not followed any more.
    """

    effect: str
    arm: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Occasions:
    """Days on which customers of a block buy in any world; arrays over occasions, by customer and day.

    Attributes:
        worlds: The worlds; the first is what happened.
        customer: Place of the customer in the block.
        day: The day.
        bought: Bit w is set where the purchase happens in world w (`uint64`).
        used_up: Bit w is set where, in world w, the basket holds the product the customer had used up.
        bad_review: Whether the purchase brings a bad review, where it happens.
        answered: Whether the shop answers it quickly, where there is one.
        member: Whether the customer was a member at the time, in what happened (before this order).
        effort: Whether one order short of the next tier, in what happened.
        dip: Whether in the month after reaching a tier, in what happened.
        due: Whether the replenished product was due, in what happened.
    """

    worlds: tuple[World, ...]
    customer: Ints
    day: Ints
    bought: NDArray[np.uint64]
    used_up: NDArray[np.uint64]
    bad_review: Bools
    answered: Bools
    member: Bools
    effort: Bools
    dip: Bools
    due: Bools


@dataclass(frozen=True, kw_only=True)
class Fates:
    """How the block's story went for each customer, in what happened; arrays over customers.

    Attributes:
        left: The day (with a fraction) on which the relation ended; beyond the window while it lasts.
        left_by: Why: 0 of one's own accord, 1 the late first delivery, 2 a bad review.
        joined: The day of joining the programme; `NEVER` without.
        quit: The day of leaving the programme; `NEVER` without.
        arm: Campaigns by customers: code of the arm each is in; -1 where not taking part.
        lost: Campaigns by customers: whether the broken test lost the assignment.
        purchases_before: Campaigns by customers: purchases before the campaign's start (count).
        tier_days: Days on which silver and gold were reached (2 by customers); `NEVER` without.
        expected: By mechanism of the rate (`programme`, `tier_effort`, `tier_dip`, `replenishment`, `stock_out`):
            purchases expected in the days exposed to it, had it been without effect (arrays over customers).
        expected_campaigns: Campaigns by 4 by customers: purchases expected, had the campaign no effect, while it is
            valid; in the days after; these weighted with what is left of the after-effect; and with its square.
            Zeros for lists.
        expected_days: Purchases expected in the block on each day if every factor of the calendar were 1, other
            mechanisms included (array over days).
        members: Who is in each list, by its place in the plan.
    """

    left: Floats
    left_by: Ints
    joined: Ints
    quit: Ints
    arm: Ints
    lost: Bools
    purchases_before: Ints
    tier_days: Ints
    expected: dict[str, Floats]
    expected_campaigns: Floats
    expected_days: Floats
    members: Mapping[int, Members] = field(default_factory=dict)

    @cached_property
    def list_days(self) -> dict[int, Ints]:
        """For each list, by its place in the plan, the first day on which its message works (arrays over customers)."""
        return {place: members.first for place, members in self.members.items()}


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """What is in the baskets of all occasions; arrays over occasions, and over their lines.

    Attributes:
        amount: Money of an occasion before coupons, promotions taken off, without the used-up product, in cents.
        cost: What these goods cost the shop, in cents.
        extra_amount: Money of the used-up product, where the basket holds it, in cents.
        extra_cost: What it costs the shop.
        uses_coupon: Whether the customer would use a coupon that is valid on this occasion.
        channel: 0 the site, 1 the app, 2 a shop (no delivery).
        line_occasion: The occasion of a line; lines stand by occasion.
        line_product: Its product.
        line_quantity: Pieces (count).
        line_gross: Money before the promotion, in cents.
        line_discount: What the promotion takes off, in cents.
        line_cost: What the goods of the line cost the shop, in cents.
        line_extra: Whether the line is the used-up product: in a basket only where `Occasions.used_up` says so.
    """

    amount: Ints
    cost: Ints
    extra_amount: Ints
    extra_cost: Ints
    uses_coupon: Bools
    channel: Ints
    line_occasion: Ints
    line_product: Ints
    line_quantity: Ints
    line_gross: Ints
    line_discount: Ints
    line_cost: Ints
    line_extra: Bools


@dataclass(frozen=True, kw_only=True)
class Orders:
    """The orders that happened; arrays over orders, by customer and day.

    Attributes:
        occasion: Place in `Occasions`.
        customer: Place of the customer in the block.
        day: The day.
        second: Second of the day.
        number: The order's number in the whole store.
        rank: 0 for a customer's first order, 1 for the second ...
        channel: 0 the site, 1 the app, 2 a shop (no delivery).
        carrier: Code; -1 in a shop.
        promised: The promised day; -1 in a shop.
        delivered_day: The day of delivery; -1 in a shop.
        delivered_second: Its second of the day.
        late: Whether it came after the promised day.
        coupon: The campaign (place in the plan) whose coupon was used; -1 for none.
        coupon_value: What the coupon was worth, in cents: 20 % of the goods, or the delivery the shop paid.
        amount: Net money of the order when it was made, refunds not yet taken off, in cents.
        cost: What the goods cost the shop, in cents.
        refunded: Money that came back later within the window, in cents, not negative.
        refund_cost: What the goods that came back had cost.
    """

    occasion: Ints
    customer: Ints
    day: Ints
    second: Ints
    number: Ints
    rank: Ints
    channel: Ints
    carrier: Ints
    promised: Ints
    delivered_day: Ints
    delivered_second: Ints
    late: Bools
    coupon: Ints
    coupon_value: Ints
    amount: Ints
    cost: Ints
    refunded: Ints
    refund_cost: Ints

    @property
    def count(self) -> int:
        """Orders of the block."""
        return len(self.customer)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything about a block.

    Attributes:
        shop: What all blocks share.
        block: The block's number, from 0.
        people: Its customers.
        occasions: Their purchases, in all worlds.
        fates: How it went for each.
        baskets: What they bought.
        orders: The orders that happened.
    """

    shop: Shop
    block: int
    people: People
    occasions: Occasions
    fates: Fates
    baskets: Baskets
    orders: Orders

    def rng(self, name: str) -> np.random.Generator:
        """The block's random stream of a name."""
        return self.shop.rng(name, self.block)
