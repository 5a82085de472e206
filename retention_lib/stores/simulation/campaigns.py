"""The plan of experiments and mailings, who is in which arm, and what an arm does to buying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.stage import (
    CONTROL,
    FOLLOW_DAYS,
    HALF_LIFE_DAYS,
    OFFER_DAYS,
    REMOTE,
    Bools,
    Campaign,
    Floats,
    Ints,
    Shop,
)
from retention_lib.stores.simulation.story import People

OFFERS = ("free_delivery", "discount20")
"""The arms that bring a coupon."""

KNOWN_DAYS = 14
"""Customers take part in a campaign so many days after their first order, at the earliest."""

_THREE_ARMS = (*OFFERS, CONTROL)
_TWO_ARMS = ("discount20", CONTROL)
_LETTER = ("letter", CONTROL)
_INVITATION = ("invite", CONTROL)

_LETTER_SHARE = 0.3
_LETTER_PURCHASES, _LETTER_SILENCE = 2, 60
_REMOTE_SHARE, _LOW_INCOME_SHARE = 0.20, 0.35
_LEAST_FACTOR = 0.1


def campaign_plan(simulation: Simulation) -> tuple[Campaign, ...]:
    """The campaigns whose whole after-effect lies inside the window, by start.

    A year of them begins with the tenth month of the shop, or with the third of a shop simulated for a year at most.
    """
    first = 9 if simulation.months > 12 else 2
    plan = []
    for year, month in enumerate(range(first, simulation.months, 12)):
        plan += [
            _campaign(simulation, f"offer_{2 * year + 1}", month, _THREE_ARMS),
            _campaign(simulation, f"letter_{2 * year + 1}", month + 2, _LETTER, kind="letter"),
            _campaign(simulation, f"offer_{2 * year + 2}", month + 5, _THREE_ARMS),
            # It reaches customers while the coupon of the offer before it is still valid.
            _campaign(simulation, f"overlap_{year + 1}", month + 5, _TWO_ARMS, delay=7),
            _campaign(simulation, f"broken_{year + 1}", month + 8, _TWO_ARMS, broken=True),
            _campaign(simulation, f"letter_{2 * year + 2}", month + 11, _LETTER, kind="letter"),
        ]
    if simulation.programme == "invited":
        month = programme_month(simulation) + 1
        plan.append(_campaign(simulation, "programme_invitation", month, _INVITATION, kind="invitation"))
    inside = [campaign for campaign in plan if campaign.start + FOLLOW_DAYS <= simulation.days]
    return tuple(sorted(inside, key=lambda campaign: (campaign.start, campaign.id)))


def programme_month(simulation: Simulation) -> int:
    """Months after the opening from which customers may join the programme."""
    return min(6, simulation.months // 4)


def month_start(simulation: Simulation, month: int) -> int:
    """The first day of a month of the window."""
    return (simulation.first_month.shift(month).start - simulation.first_day).days


def _campaign(
    simulation: Simulation,
    name: str,
    month: int,
    arms: tuple[str, ...],
    *,
    kind: str = "offer",
    delay: int = 0,
    broken: bool = False,
) -> Campaign:
    start = month_start(simulation, month) + 7 + delay
    return Campaign(id=name, kind=kind, start=start, arms=arms, broken=broken)  # type: ignore[arg-type]


def eligible(people: People, campaign: Campaign) -> Bools:
    """Who may take part: customers known for a while who agreed to e-mails."""
    return people.email_consent & (people.acquired + KNOWN_DAYS <= campaign.start)


def random_arms(shop: Shop, block: int, people: People, campaign: Campaign) -> Ints:
    """Arms drawn by chance, -1 for those not taking part."""
    rng = shop.rng(f"arms of {campaign.id}", block)
    drawn = rng.integers(len(campaign.arms), size=people.count)
    if campaign.kind == "invitation":
        drawn = np.where(people.invited, 0, 1)
    return np.where(eligible(people, campaign), drawn, -1)


def letter_arms(
    shop: Shop,
    block: int,
    people: People,
    campaign: Campaign,
    *,
    purchases: NDArray[np.integer],
    last: NDArray[np.integer],
) -> Ints:
    """Arms of a letter that goes to those who bought much and lately, but for a share chosen by chance.

    Args:
        shop: What all blocks share.
        block: The block.
        people: Its customers.
        campaign: The letter.
        purchases: Purchases so far (count).
        last: The day of the last purchase.
    """
    rng = shop.rng(f"arms of {campaign.id}", block)
    by_chance = rng.random(people.count) < _LETTER_SHARE
    by_score = (purchases >= _LETTER_PURCHASES) & (campaign.start - last <= _LETTER_SILENCE)
    scored = rng.random(people.count) < shop.simulation.sizes.mailing_selection
    mailed = np.where(scored, by_score, by_chance)
    return np.where(eligible(people, campaign), np.where(mailed, 0, 1), -1)


def lost_assignments(
    shop: Shop, people: People, campaign: Campaign, *, arms: Ints, purchases: NDArray[np.integer]
) -> Bools:
    """Whom a broken test loses: of the treated, the share with the fewest purchases so far."""
    treated = np.flatnonzero(arms == 0)
    share = shop.simulation.sizes.broken_split if campaign.broken else 0.0
    fewest = treated[np.argsort(purchases[treated], kind="stable")][: round(share * len(treated))]
    lost = np.zeros(people.count, dtype=np.bool_)
    lost[fewest] = True
    return lost


def offer_features(people: People, arm: str) -> Floats:
    """What tables show of how a customer answers to an arm, standardised: where he lives, or what he earns."""
    if arm == "free_delivery":
        return _standardised(np.isin(people.region, REMOTE), _REMOTE_SHARE)
    return _standardised(people.income_band == 0, _LOW_INCOME_SHARE)


def effects(people: People, campaign: Campaign, arms: Ints, sizes: Sizes) -> Floats:
    """By how much each customer buys more while the arm works (share of the rate); lists do not spill over."""
    own = np.zeros(people.count)
    for code, arm in enumerate(campaign.arms):
        own = np.where(arms == code, _arm_effect(people, arm, sizes), own)
    if sizes.household_spill == 0 or campaign.kind == "list":  # a list's messages do not spill over
        return own
    return own + sizes.household_spill * _of_others(people.household, own)


def _arm_effect(people: People, arm: str, sizes: Sizes) -> Floats:
    means = {
        "free_delivery": sizes.free_delivery_effect,
        "discount20": sizes.discount_effect,
        "letter": sizes.letter_effect,
    }
    if arm not in means:
        return np.zeros(people.count)
    differs = sizes.effect_by_feature * offer_features(people, arm) + sizes.effect_by_latent * people.response
    return np.maximum(means[arm] * (1 + differs), _LEAST_FACTOR - 1)


def _of_others(household: Ints, own: Floats) -> Floats:
    """The mean effect of the other members of the household; 0 for who lives alone."""
    place = household - household[0]
    members = np.bincount(place)[place]
    total = np.bincount(place, weights=own)[place]
    return np.where(members > 1, (total - own) / np.maximum(members - 1, 1), 0.0)


def _standardised(yes: Bools, share: float) -> Floats:
    return (yes - share) / np.sqrt(share * (1 - share))


def fading(days_after_end: int) -> float:
    """What is left of carry-over and pull-forward on a day after the offer's last."""
    return 0.5 ** (days_after_end / HALF_LIFE_DAYS)


def factors(effect: NDArray[np.float32], bought: Bools, *, age: int, sizes: Sizes) -> NDArray[np.float32]:
    """The factor of a campaign on buying, on a day `age` days after its start.

    Args:
        effect: From `effects`.
        bought: Who made a purchase with an offer while it was valid.
        age: Days since the start (count).
        sizes: The settings' sizes.
    """
    if age < OFFER_DAYS:
        return 1 + effect
    left = fading(age - OFFER_DAYS)
    carried = 1 + effect * np.float32(sizes.carry_over * left)
    carried[bought] *= np.float32(1 - sizes.pull_forward * left)
    return carried


def list_factors(
    effect: NDArray[np.float32], bought: Bools, age: NDArray[np.int32], *, sizes: Sizes
) -> NDArray[np.float32]:
    """The factor of a list on buying, where each message has its own age.

    Args:
        effect: From `effects`.
        bought: Who made a purchase with an offer while it was valid.
        age: Days since the first on which each message works (count); negative before it.
        sizes: The settings' sizes.
    """
    found = np.ones_like(effect)
    valid = (age >= 0) & (age < OFFER_DAYS)
    found[valid] += effect[valid]
    after = np.flatnonzero((age >= OFFER_DAYS) & (age < FOLLOW_DAYS) & (effect != 0))
    left = np.exp2(-(age[after] - OFFER_DAYS) / np.float32(HALF_LIFE_DAYS)).astype(np.float32)
    pulled = np.where(bought[after], 1 - np.float32(sizes.pull_forward) * left, np.float32(1))
    found[after] = (1 + effect[after] * np.float32(sizes.carry_over) * left) * pulled
    return found
