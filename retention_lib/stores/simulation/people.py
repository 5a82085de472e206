"""Who the customers of a block are, and what about them never changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, expit, polygamma

from retention_lib.settings.simulation import Sizes
from retention_lib.stores.simulation.stage import (
    BLOCK,
    CARRIERS,
    CHANNELS,
    NEVER,
    REGIONS,
    REMOTE,
    Bools,
    Floats,
    Ints,
    Shop,
)
from retention_lib.stores.simulation.story import People

# Buying and leaving are Pareto/NBD (Schmittlein, Morrison and Colombo 1987): gamma rates, gamma hazards.
RATE_SHAPE, RATE_MEAN = 0.9, 1 / 85
HAZARD_SHAPE, HAZARD_MEAN = 1.1, 1 / 220

_CHANNEL_SHARES = (0.30, 0.25, 0.12, 0.18, 0.15)
_CHANNEL_RATE = np.array([0.0, -0.3, 0.4, -0.2, 0.2])
_CHANNEL_HAZARD = np.array([0.0, 0.3, -0.4, 0.3, -0.1])
_CHANNEL_COST = np.array([700_00, 500_00, 200_00, 400_00, 150_00])
_MEAN_COST = 450_00

_REGION_SHARES = (0.35, 0.15, 0.15, 0.15, 0.13, 0.07)
_NEW_HOUSEHOLD = 0.85
_WOMEN = 0.65
_INCOME_SHARES = (0.35, 0.45, 0.20)
_CONSENTS = {"email_consent": 0.75, "sms_consent": 0.45, "messenger_consent": 0.30}
_AGES = np.array([0, 25, 35, 45, 55, 65])

_REPLENISHES = 0.6
_INTERVAL_SPREAD = 0.15

CARRIER_SHARES = np.array([[0.35, 0.45, 0.20], [0.10, 0.30, 0.60]])
"""Shares of `CARRIERS` in deliveries: near, and to remote regions."""

_LATE = -2.4
_LATE_REMOTE, _LATE_DECEMBER, _LATE_LINE = 1.3, 1.2, 0.25
_LATE_CARRIER = np.array([-0.6, 0.0, 0.9])
_HAZARD_REMOTE, _HAZARD_DECEMBER, _HAZARD_LINE = 0.9, 0.9, -0.15
_HAZARD_CARRIER = np.array([-0.4, 0.0, 0.65])
_RATE_REMOTE, _RATE_DECEMBER, _RATE_LINE = -0.2, -0.4, 0.10
_HAZARD_TRAIT = 0.6

_FIRST_JOIN_DAYS = 30
_JOIN_MEAN_DAYS = 700
_QUIT_MEAN_DAYS = 1500


def customers_in(shop: Shop, block: int) -> int:
    """Customers of a block (count): a whole block but for the last."""
    return min(BLOCK, shop.simulation.customers - block * BLOCK)


def people(shop: Shop, block: int, *, count: int | None = None) -> People:
    """The customers of a block.

    Args:
        shop: What all blocks share.
        block: The block's number, from 0.
        count: Customers; those the block has in the simulated store if omitted.
    """
    n = customers_in(shop, block) if count is None else count
    sizes, rng = shop.simulation.sizes, shop.rng("people", block)
    acquired = _acquired(shop, rng, n)
    channel = rng.choice(len(CHANNELS), size=n, p=_CHANNEL_SHARES)
    household = _households(rng, n)
    region = rng.choice(len(REGIONS), size=n, p=_REGION_SHARES)[household]
    about = _about(shop, rng, acquired)
    first = _first_order(shop, rng, acquired, region, sizes)
    buying = _buying(rng, channel, region, first, sizes)
    habit = _habits(shop, rng, n)
    loyalty = _loyalty(shop, rng, acquired, buying.level, sizes)
    spread = _MEAN_COST + sizes.channel_spread * (_CHANNEL_COST[channel] - _MEAN_COST)
    consents = _Consents(**{name: rng.random(n) < share for name, share in _CONSENTS.items()})
    return People(
        number=block * BLOCK + np.arange(n),
        acquired=acquired,
        channel=channel,
        acquisition_cost=np.maximum(np.round(spread * rng.uniform(0.8, 1.2, n)), 0).astype(np.int64),
        region=region,
        household=block * BLOCK + household,
        **vars(about),
        **vars(consents),
        machine_opens=rng.random(n) < sizes.machine_opens,
        **vars(buying),
        ends=acquired + rng.standard_exponential(n) / buying.hazard,
        taste=np.clip(0.3 + 0.2 * about.income_band + 0.2 * rng.standard_normal(n), 0, 1),
        **vars(habit),
        trait=first.trait,
        response=np.clip(rng.standard_normal(n), -2, 2),
        first_lines=first.lines,
        first_carrier=first.carrier,
        late_chance=first.late_chance,
        late=rng.random(n) < first.late_chance,
        late_leaves=rng.random(n) < sizes.late_harm,
        **vars(loyalty),
        invited=rng.random(n) < 0.5,
    )


def _acquired(shop: Shop, rng: np.random.Generator, n: int) -> Ints:
    """Days of first orders: the shop grows by half in the window, and the calendar has its say."""
    calendar = shop.calendar
    weights = (1 + 0.5 * np.arange(calendar.days) / calendar.days) * calendar.season * calendar.weekday * calendar.shock
    edges = np.cumsum(weights)
    return np.searchsorted(edges, rng.random(n) * edges[-1], side="right").astype(np.int64)


def _households(rng: np.random.Generator, n: int) -> Ints:
    """For each customer the place of the household's first member: a row of customers lives together."""
    heads = rng.random(n) < _NEW_HOUSEHOLD
    heads[0] = True
    return np.maximum.accumulate(np.where(heads, np.arange(n), 0))


@dataclass(frozen=True, kw_only=True)
class _About:
    sex: Ints
    birth: np.ndarray
    age_band: Ints
    income_band: Ints


def _about(shop: Shop, rng: np.random.Generator, acquired: Ints) -> _About:
    n = len(acquired)
    age_days = ((18 + 10 * rng.gamma(2.2, 1.0, n)).clip(18, 90) * 365.25).astype(np.int64)
    return _About(
        sex=(rng.random(n) >= _WOMEN).astype(np.int64),
        birth=shop.calendar.dates[acquired] - age_days,
        age_band=np.searchsorted(_AGES, age_days / 365.25, side="right") - 1,
        income_band=rng.choice(len(_INCOME_SHARES), size=n, p=_INCOME_SHARES),
    )


@dataclass(frozen=True, kw_only=True)
class _Consents:
    email_consent: Bools
    sms_consent: Bools
    messenger_consent: Bools


@dataclass(frozen=True, kw_only=True)
class _FirstOrder:
    december: Bools
    lines: Ints
    carrier: Ints
    trait: Floats
    late_chance: Floats


def _first_order(shop: Shop, rng: np.random.Generator, acquired: Ints, region: Ints, sizes: Sizes) -> _FirstOrder:
    """What makes the first delivery late."""
    n = len(acquired)
    remote = np.isin(region, REMOTE)
    edges = np.cumsum(CARRIER_SHARES, axis=1)[remote.astype(np.int64)]
    carrier = np.minimum((rng.random(n)[:, None] >= edges).sum(axis=1), len(CARRIERS) - 1)
    lines = np.minimum(1 + rng.poisson(0.9, n), 6)
    december = shop.calendar.december[acquired]
    trait = rng.standard_normal(n)
    causes = _LATE_REMOTE * remote + _LATE_CARRIER[carrier] + _LATE_DECEMBER * december + _LATE_LINE * (lines - 2)
    chance = expit(_LATE + sizes.late_confounding * causes + sizes.unmeasured_confounder * trait)
    return _FirstOrder(december=december, lines=lines, carrier=carrier, trait=trait, late_chance=chance)


@dataclass(frozen=True, kw_only=True)
class _Buying:
    rate: Floats
    hazard: Floats
    level: Floats


def _buying(rng: np.random.Generator, channel: Ints, region: Ints, first: _FirstOrder, sizes: Sizes) -> _Buying:
    """How often customers buy and how soon they leave; what makes deliveries late changes both."""
    n = len(channel)
    remote = np.isin(region, REMOTE)
    gamma = rng.gamma(RATE_SHAPE, 1.0, n)
    log_rate = (
        sizes.channel_spread * _CHANNEL_RATE[channel]
        + _RATE_REMOTE * remote
        + _RATE_DECEMBER * first.december
        + _RATE_LINE * (first.lines - 2)
    )
    log_hazard = (
        sizes.channel_spread * _CHANNEL_HAZARD[channel]
        + _HAZARD_REMOTE * remote
        + _HAZARD_CARRIER[first.carrier]
        + _HAZARD_DECEMBER * first.december
        + _HAZARD_LINE * (first.lines - 2)
        + _HAZARD_TRAIT * sizes.unmeasured_confounder * first.trait
    )
    hazard = rng.gamma(HAZARD_SHAPE, HAZARD_MEAN / HAZARD_SHAPE, n) * np.exp(log_hazard)
    level = (np.log(gamma) - digamma(RATE_SHAPE)) / np.sqrt(polygamma(1, RATE_SHAPE))
    return _Buying(
        rate=gamma * (RATE_MEAN / RATE_SHAPE) * np.exp(log_rate),
        hazard=np.maximum(hazard, 1e-9),
        level=level,
    )


@dataclass(frozen=True, kw_only=True)
class _Habits:
    favourite: Ints
    product: Ints
    interval: Floats


def _habits(shop: Shop, rng: np.random.Generator, n: int) -> _Habits:
    """The favourite category, and the product that some use up and buy again."""
    catalogue, size = shop.catalogue, shop.simulation.sizes.replenishment
    favourite = rng.integers(len(catalogue.categories), size=n)
    product = np.full(n, -1)
    wants, pick = rng.random(n) < _REPLENISHES, rng.random(n)
    for category in range(len(catalogue.categories)):
        used_up = np.flatnonzero((catalogue.category == category) & (catalogue.interval > 0))
        theirs = wants & (favourite == category)
        if len(used_up) and size > 0:
            product[theirs] = used_up[(pick[theirs] * len(used_up)).astype(np.int64)]
    spread = np.exp(_INTERVAL_SPREAD * rng.standard_normal(n))
    interval = np.where(product >= 0, catalogue.interval[product] * spread, 0.0)
    return _Habits(favourite=favourite, product=product, interval=interval)


@dataclass(frozen=True, kw_only=True)
class _Loyalty:
    joins: Ints
    quits: Ints
    accepts: Bools


def _loyalty(shop: Shop, rng: np.random.Generator, acquired: Ints, level: Floats, sizes: Sizes) -> _Loyalty:
    """Joining by the fixed level alone: neither purchases nor survival near the day have a part in it."""
    n = len(acquired)
    pull = sizes.programme_selection * np.clip(level, -2.5, 2.5)
    first = np.maximum(shop.programme_start, acquired + _FIRST_JOIN_DAYS)
    wait = np.ceil(_JOIN_MEAN_DAYS * np.exp(-pull) * rng.standard_exponential(n)).clip(1, NEVER // 2).astype(np.int64)
    joins = first + wait
    by_level = shop.simulation.programme == "level"
    quits = 1 + np.floor(_QUIT_MEAN_DAYS * rng.standard_exponential(n)).astype(np.int64)
    accepts = rng.random(n) < expit(-0.2 + pull)
    return _Loyalty(
        joins=np.where(by_level & (joins < shop.calendar.days), joins, NEVER),
        quits=quits,
        accepts=accepts,
    )
