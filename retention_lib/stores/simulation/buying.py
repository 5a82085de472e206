"""Who buys on which day, in what happened and in every world that differs from it in one thing.

On a day a customer buys with the chance `rate x factors`, so that the expected purchases are the sum of the rates.
The same uniform numbers, one for each customer and day, decide in all worlds: a customer whom a change does not touch
does the same in both, and the difference between two worlds is the effect of the change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.stores.simulation.log import ANSWERED, BAD, DIP, DUE, EFFORT, MEMBER, USED_UP, Log
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, Ints, Shop
from retention_lib.stores.simulation.story import Fates, Occasions, People, World
from retention_lib.stores.simulation.track import Track


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What `bought` gives.

    Attributes:
        occasions: The days on which customers buy, in all worlds.
        fates: How it went for each customer in what happened.
    """

    occasions: Occasions
    fates: Fates


def worlds(shop: Shop) -> tuple[World, ...]:
    """The worlds of a shop: what happened first, then one for each outcome of an effect that did not happen to all."""
    days = shop.calendar.days
    whole = [("late_first_delivery", "late"), ("late_first_delivery", "on_time"), ("bad_review", "harmless")]
    told = [World(effect="", arm="", start=0, end=days)]
    told += [World(effect=effect, arm=arm, start=0, end=days) for effect, arm in whole]
    told.append(World(effect="programme", arm="never", start=shop.programme_start, end=days))
    for campaign in shop.campaigns:
        end = min(days, campaign.start + FOLLOW_DAYS) if campaign.kind != "invitation" else days
        told += [World(effect=campaign.id, arm=arm, start=campaign.start, end=end) for arm in campaign.arms]
    return tuple(told)


def bought(shop: Shop, block: int, people: People, *, only_what_happened: bool = False) -> Bought:
    """Tell the block's story day by day.

    Args:
        shop: What all blocks share.
        block: The block's number.
        people: Its customers.
        only_what_happened: Leave the other worlds out.
    """
    told = worlds(shop)[:1] if only_what_happened else worlds(shop)
    factual = Track(shop, block, people, told[0], place=0)
    tracks = [factual]
    rng = shop.rng("days", block)
    new = _by_day(people.acquired, shop.calendar.days)
    for day in range(shop.calendar.days):
        tracks = [track for track in tracks if day < track.world.end]
        tracks += [factual.branch(world, place) for place, world in enumerate(told) if place and world.start == day]
        dice = rng.random((5, people.count), dtype=np.float32)
        for track in tracks:
            track.live(day, dice, new[day])
    return Bought(occasions=_occasions(told, factual.log, shop.calendar.days), fates=factual.fates())


def _by_day(acquired: Ints, days: int) -> list[Ints]:
    """The customers acquired on each day."""
    order = np.argsort(acquired, kind="stable")
    return np.split(order, np.searchsorted(acquired[order], np.arange(1, days)))


def _occasions(told: tuple[World, ...], log: Log, days: int) -> Occasions:
    """The log by customer and day: one row an occasion, with a bit for each world it happens in."""
    lengths = [len(customers) for customers in log.customers]
    place, day = (np.repeat(np.array(column), lengths) for column in zip(*log.places, strict=True))
    key = np.concatenate(log.customers).astype(np.int64) * days + day
    order = np.lexsort((place, key))
    key, place, flags = key[order], place[order], np.concatenate(log.flags)[order]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    bit = (np.uint64(1) << place.astype(np.uint64)).astype(np.uint64)
    used_up = np.where(flags & USED_UP, bit, np.uint64(0))
    # What happened has the lowest place, so that it comes first where it bought at all.
    first = np.where(place[starts] == 0, flags[starts], 0)
    return Occasions(
        worlds=told,
        customer=key[starts] // days,
        day=key[starts] % days,
        bought=np.bitwise_or.reduceat(bit, starts),
        used_up=np.bitwise_or.reduceat(used_up, starts),
        bad_review=(first & BAD) > 0,
        answered=(first & ANSWERED) > 0,
        member=(first & MEMBER) > 0,
        effort=(first & EFFORT) > 0,
        dip=(first & DIP) > 0,
        due=(first & DUE) > 0,
    )
