"""Oracles of campaigns: what offers, letters and invitations did, to whom, and what was left of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from studies.fits import Events, Floats, Ints, Spans, event_fit, exactly, poisson_fit
from studies.simulated_shops import SimulatedShop

from retention_lib.estimates import Estimate
from retention_lib.stores.simulation.campaigns import effects, offer_features
from retention_lib.stores.simulation.stage import CONTROL, FOLLOW_DAYS, HALF_LIFE_DAYS, OFFER_DAYS, Campaign
from retention_lib.stores.simulation.story import Story

ARMS = ("free_delivery", "discount20", "letter")

LETTER_SHARE = 0.3
"""The share that gets a letter where it is sent by chance, as the dictionary tells."""

LETTER_PURCHASES, LETTER_SILENCE = 2, 60
"""Who gets a letter that is sent by score: purchases so far at least, days since the last at most."""


@dataclass(frozen=True, kw_only=True)
class Exposed:
    """Customers touched by campaigns; arrays over pairs of a customer and a campaign.

    Attributes:
        customer: The customer's number.
        arm: Place in `ARMS`; -1 for those whom only others of the household bring it to.
        feature: What tables show of how the customer answers to the arm, standardised.
        response: The latent part.
        own: The effect of the customer's own arm (share of the rate).
        others: The mean effect of the others of the household.
        bought: Whether a purchase was made with an offer while it was valid.
        expected: Purchases expected without the campaign: while it is valid; in the days after; these weighted with
            what is left of the after-effect; with its square (4 rows).
        during: Purchases while it was valid.
        purchase: For each purchase in the days after, its place in these arrays.
        left: What was left of the after-effect on its day.
    """

    customer: Ints
    arm: Floats
    feature: Floats
    response: Floats
    own: Floats
    others: Floats
    bought: Floats
    expected: Floats
    during: Floats
    purchase: Ints
    left: Floats


def offer_sizes(shop: SimulatedShop) -> dict[str, Estimate]:
    """Effects of free delivery, of the discount and of the letter, and how they differ, from one fit.

    While a campaign is valid, purchases are those expected times 1 + effect x (1 + feature + latent).
    """
    seen = exposed(shop)
    expected = np.maximum(seen.expected[0], 1e-12)
    spilled = shop.simulation.sizes.household_spill * seen.others
    of_arm = [(seen.arm == code).astype(float) for code in range(len(ARMS))]

    def model(theta: Floats) -> tuple[Floats, Floats]:
        mean = sum(size * arm for size, arm in zip(theta, of_arm, strict=False))
        differs = 1 + theta[3] * seen.feature + theta[4] * seen.response
        gradient = [*(arm * differs for arm in of_arm), mean * seen.feature, mean * seen.response]
        return expected * (1 + mean * differs + spilled), expected[:, None] * np.column_stack(gradient)

    found = poisson_fit(model, [0.2, 0.2, 0.2, 0.0, 0.0], seen.during, seen.customer)
    names = ("free_delivery_effect", "discount_effect", "letter_effect", "effect_by_feature", "effect_by_latent")
    return dict(zip(names, found, strict=True))


def household_spill(shop: SimulatedShop) -> Estimate:
    """The part of others' effects in purchases of the household, own effects being known."""
    seen = exposed(shop)
    expected = np.maximum(seen.expected[0], 1e-12)

    def model(theta: Floats) -> tuple[Floats, Floats]:
        return expected * (1 + seen.own + theta[0] * seen.others), (expected * seen.others)[:, None]

    return poisson_fit(model, [0.0], seen.during, seen.customer)[0]


def after_effects(shop: SimulatedShop) -> dict[str, Estimate]:
    """What is carried over and what was pulled forward, from the days after offers; effects being known.

    Each purchase counts with what was left on its day: customers' later days depend on their purchases, so that sums
    over all the days would not do.
    """
    seen = exposed(shop)
    effect = seen.own + shop.simulation.sizes.household_spill * seen.others
    _, plain, left, square = seen.expected

    def factor(theta: Floats, plain: Floats, left: Floats, square: Floats, row: Ints) -> tuple[Floats, Floats]:
        carried, pulled = theta
        raised, bought = effect[row], seen.bought[row]
        by_carry = raised * (left - pulled * bought * square)
        by_pull = -bought * (left + carried * raised * square)
        return plain + carried * raised * left + pulled * by_pull, np.column_stack([by_carry, by_pull])

    every, at = np.arange(len(effect)), seen.purchase
    events = Events(
        rates=lambda theta: factor(theta, np.ones(len(at)), seen.left, seen.left**2, at),
        customer=seen.customer[at],
        count=np.ones(len(at)),
    )
    spans = Spans(totals=lambda theta: factor(theta, plain, left, square, every), customer=seen.customer)
    return dict(zip(("carry_over", "pull_forward"), event_fit(events, spans, [0.1, 0.1]), strict=True))


def exposed(shop: SimulatedShop) -> Exposed:
    """Everybody whom an offer or a letter touched."""
    parts = [part for story in shop.stories for part in _exposed(story)]
    first = np.cumsum([0, *(len(part.customer) for part in parts)])
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(Exposed)
    }
    columns["purchase"] = np.concatenate([part.purchase + start for part, start in zip(parts, first, strict=False)])
    _, columns["customer"] = np.unique(columns["customer"], return_inverse=True)
    return Exposed(**columns)


def _exposed(story: Story) -> Iterator[Exposed]:
    """Those whom each campaign touched in a block."""
    people, sizes = story.people, story.shop.simulation.sizes
    alone, shared = (sizes.model_copy(update={"household_spill": spill}) for spill in (0.0, 1.0))
    for place, campaign in enumerate(story.shop.campaigns):
        if campaign.kind == "invitation":
            continue
        arms, expected = story.fates.arm[place], story.fates.expected_campaigns[place]
        own = effects(people, campaign, arms, alone)
        others = effects(people, campaign, arms, shared) - own
        names = [ARMS.index(arm) if arm != CONTROL else -1 for arm in campaign.arms]
        arm = np.array([*names, -1])[arms]
        features = [offer_features(people, name) for name in ("free_delivery", "discount20")]
        during, _ = _purchases(story, campaign.start, campaign.start + OFFER_DAYS)
        bought = (arm >= 0) & np.isin(np.arange(people.count), during) & (campaign.kind == "offer")
        who = np.flatnonzero((expected[0] > 0) & ((arms >= 0) | (others != 0)))
        row = np.full(people.count, -1)
        row[who] = np.arange(len(who))
        buyer, day = _purchases(story, campaign.start + OFFER_DAYS, campaign.start + FOLLOW_DAYS)
        buyer, day = buyer[row[buyer] >= 0], day[row[buyer] >= 0]
        yield Exposed(
            customer=people.number[who],
            arm=arm[who],
            feature=np.where(arm == 0, *features)[who],
            response=people.response[who],
            own=own[who],
            others=others[who],
            bought=bought[who].astype(float),
            expected=expected[:, who],
            during=np.bincount(during, minlength=people.count)[who].astype(float),
            purchase=row[buyer],
            left=0.5 ** ((day - campaign.start - OFFER_DAYS) / HALF_LIFE_DAYS),
        )


def _purchases(story: Story, first: int, end: int) -> tuple[Ints, Ints]:
    """The customer and the day of each purchase in some days, first orders aside."""
    orders = story.orders
    inside = (orders.rank > 0) & (orders.day >= first) & (orders.day < end)
    return orders.customer[inside], orders.day[inside]


def mailing_selection(shop: SimulatedShop) -> Estimate:
    """The share of customers chosen for letters by score: those mailed among high and among low scores.

    The fit is one of counts; for chances it is right too, as its errors come from what is seen.
    """
    letters = [campaign for campaign in shop.shop.campaigns if campaign.kind == "letter"]
    high, mailed = (np.concatenate(column) for column in zip(*(_scored(shop, one) for one in letters), strict=True))

    def model(theta: Floats) -> tuple[Floats, Floats]:
        chance = np.where(high, LETTER_SHARE + (1 - LETTER_SHARE) * theta[0], LETTER_SHARE * (1 - theta[0]))
        slope = np.where(high, 1 - LETTER_SHARE, -LETTER_SHARE)
        return chance, slope[:, None]

    return poisson_fit(model, [0.5], mailed.astype(float))[0]


def _scored(shop: SimulatedShop, letter: Campaign) -> tuple[np.ndarray, np.ndarray]:
    """For those who might get a letter, whether the score is high, and whether the shop wrote."""
    start = pd.Timestamp(shop.simulation.first_day) + pd.Timedelta(days=letter.start)
    taking_part = shop.truth("subjects").query("effect == @letter.id")["customer_id"]
    orders = shop.truth("orders").query("ordered_on < @start").groupby("customer_id")["ordered_on"]
    past = orders.agg(["count", "max"]).reindex(taking_part)
    high = (past["count"] >= LETTER_PURCHASES) & ((start - past["max"]).dt.days <= LETTER_SILENCE)
    contacts = shop.table("contacts")
    mailed = set(contacts.loc[contacts["campaign_id"] == letter.id, "customer_id"])
    return high.to_numpy(), taking_part.isin(_either_id(mailed)).to_numpy()


def broken_split(shop: SimulatedShop) -> Estimate:
    """Of the treated of the broken test, those without an assignment; each block loses a whole number."""
    broken = [campaign for campaign in shop.shop.campaigns if campaign.broken]
    assigned = shop.table("assignments")
    subjects = shop.truth("subjects")
    lost = treated = 0
    for campaign in broken:
        here = subjects[(subjects["effect"] == campaign.id) & (subjects["arm"] == campaign.arms[0])]
        known = _either_id(set(assigned.loc[assigned["experiment_id"] == campaign.id, "customer_id"]))
        lost, treated = lost + int((~here["customer_id"].isin(known)).sum()), treated + len(here)
    return exactly(lost / treated, treated, within=0.5 * len(broken) * len(shop.stories) / treated)


def _either_id(ids: set[str]) -> set[str]:
    """First ids, also of those who appear under their second."""
    return {f"C{one[1:]}" for one in ids}
