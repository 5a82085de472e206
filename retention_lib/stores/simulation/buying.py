"""Who buys on which day, in what happened and in every world that differs from it in one thing.

On a day a customer buys with the chance `rate x factors`, so that the expected purchases are the sum of the rates.
The same uniform numbers, one for each customer and day, decide in all worlds: a customer whom a change does not touch
does the same in both, and the difference between two worlds is the effect of the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retention_lib.stores.simulation.log import ANSWERED, BAD, DIP, DUE, EFFORT, MEMBER, USED_UP, Log
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, Ints, Shop
from retention_lib.stores.simulation.story import LISTS, Fates, Occasions, People, World
from retention_lib.stores.simulation.track import Track

BESIDE = "beside"
"""What the world is called that another shop is told as."""

_LIST_DAYS = 31 + FOLLOW_DAYS
"""A list is sent within a month, and works on from there."""


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What `bought` gives.

    Attributes:
        occasions: The days on which customers buy, in all worlds.
        fates: How it went for each customer in what happened.
        beside: The same in each of the other shops; what is only kept of what happened is empty there.
    """

    occasions: Occasions
    fates: Fates
    beside: tuple[Fates, ...] = ()


def worlds(shop: Shop) -> tuple[World, ...]:
    """The worlds of a shop: what happened first, then one for each outcome of an effect that did not happen to all."""
    days = shop.calendar.days
    whole = [("late_first_delivery", "late"), ("late_first_delivery", "on_time"), ("bad_review", "harmless")]
    told = [World(effect="", arm="", start=0, end=days)]
    told += [World(effect=effect, arm=arm, start=0, end=days) for effect, arm in whole]
    told.append(World(effect="programme", arm="never", start=shop.programme_start, end=days))
    for campaign in (one for one in shop.campaigns if one.kind != "list"):
        end = min(days, campaign.start + FOLLOW_DAYS) if campaign.kind != "invitation" else days
        told += [World(effect=campaign.id, arm=arm, start=campaign.start, end=end) for arm in campaign.arms]
    starts = sorted({campaign.start for campaign in shop.campaigns if campaign.kind == "list"})
    told += [World(effect=LISTS, arm="flipped", start=start, end=min(days, start + _LIST_DAYS)) for start in starts]
    return tuple(told)


def bought(
    shop: Shop, block: int, people: People, *, told: Sequence[World] | None = None, beside: Sequence[Shop] = ()
) -> Bought:
    """Tell the block's story day by day.

    Args:
        shop: What all blocks share.
        block: The block's number.
        people: Its customers.
        told: The worlds, what happened first; all of them if omitted.
        beside: Shops with the same days and goods that write to other people: each is told as a world of its own, with
            the same customers and the same random numbers.
    """
    days, own = shop.calendar.days, worlds(shop) if told is None else tuple(told)
    others = tuple(World(effect=BESIDE, arm=str(place), start=0, end=days) for place in range(len(beside)))
    factual = Track(shop, block, people, own[0], place=0)
    apart = [
        Track(other, block, people, world, place=len(own) + place)
        for place, (other, world) in enumerate(zip(beside, others, strict=True))
    ]
    for track in apart:
        track.log = factual.log
    tracks = [factual, *apart]
    rng = shop.rng("days", block)
    new = _by_day(people.acquired, days)
    for day in range(days):
        tracks = [track for track in tracks if day < track.world.end]
        tracks += [factual.branch(world, place) for place, world in enumerate(own) if place and world.start == day]
        dice = rng.random((5, people.count), dtype=np.float32)
        for track in tracks:
            track.live(day, dice, new[day])
    occasions = _occasions((*own, *others), factual.log, days)
    return Bought(occasions=occasions, fates=factual.fates(), beside=tuple(track.fates() for track in apart))


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
