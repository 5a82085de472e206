"""The tables of `truth/`: what no shop ever sees, for grading what models say of the shop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named, numbered, numbers, summed
from retention_lib.stores.simulation.effects import TruthSums, effect_sums, truth_sums
from retention_lib.stores.simulation.graded import Graded, Purchases, graded_effects, purchases
from retention_lib.stores.simulation.hours import DAY_SECONDS
from retention_lib.stores.simulation.ids import FIRST_ID, SECOND_ID, order_ids, second_id_from
from retention_lib.stores.simulation.stage import PERIOD_DAYS, REGIONS, Ints
from retention_lib.stores.simulation.story import Story

LEFT_BY = ("own accord", "late first delivery", "bad review")
"""Why a relation ended, by code."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The truth about a block.

    Attributes:
        tables: `customers`, `orders`, `subjects` and `outcomes`, by name.
        sums: What is added up over all blocks.
    """

    tables: dict[str, pa.Table]
    sums: TruthSums


def truth(story: Story) -> Truth:
    """The truth about a block."""
    graded = list(graded_effects(story))
    bought = [[purchases(story, one, code) for code in range(len(one.arms))] for one in graded]
    tables = {
        "customers": customers(story),
        "orders": orders(story),
        "subjects": pa.concat_tables(subjects(story, one) for one in graded).unify_dictionaries(),
        "outcomes": outcomes(story, zip(graded, bought, strict=True)),
    }
    sums = {
        key: one for effect, arms in zip(graded, bought, strict=True) for key, one in effect_sums(effect, arms).items()
    }
    return Truth(tables=tables, sums=truth_sums(story, sums))


def customers(story: Story) -> pa.Table:
    """The customers of a block: a row each.

    Columns: customer_id (the first, where there are two); second_id and second_id_from; household (number); region;
    favourite (category); acquired_at; rate (purchases a neutral day), level (standardised log of its gamma part) and
    hazard (a day); left_at (null while the relation lasts) and left_by; joined_at and quit_at of the programme; accepts
    and invited; late_chance, late and late_leaves of the first delivery; trait and response as in `People`; interval
    (days after which the product is used up; null without one); machine_opens; and by mechanism
    `expected_<mechanism>`, the purchases expected in the days exposed to it, had it no effect.
    """
    people, fates, calendar = story.people, story.fates, story.shop.calendar
    left = fates.left < calendar.days
    second = second_id_from(story)
    split = second < calendar.days
    whole = np.floor(np.where(left, fates.left, 0)).astype(np.int64)
    within = ((np.where(left, fates.left, 0) - whole) * DAY_SECONDS).astype(np.int64)
    columns = {
        "customer_id": numbered(FIRST_ID, people.number),
        "second_id": numbered(SECOND_ID, people.number, present=split),
        "second_id_from": _day(story, second),
        "household": numbers(people.household),
        "region": named(people.region, REGIONS),
        "favourite": named(people.favourite, story.shop.catalogue.categories),
        "acquired_at": _day(story, people.acquired),
        "rate": numbers(people.rate),
        "level": numbers(people.level),
        "hazard": numbers(people.hazard),
        "left_at": moments(calendar, whole, within, present=left),
        "left_by": named(np.where(left, fates.left_by, -1), LEFT_BY),
        "joined_at": _day(story, fates.joined),
        "quit_at": _day(story, fates.quit),
        "accepts": numbers(people.accepts),
        "invited": numbers(people.invited),
        "late_chance": numbers(people.late_chance),
        "late": numbers(people.late),
        "late_leaves": numbers(people.late_leaves),
        "trait": numbers(people.trait),
        "response": numbers(people.response),
        "interval": numbers(people.interval, present=people.product >= 0),
        "machine_opens": numbers(people.machine_opens),
    }
    return pa.table(columns | {f"expected_{name}": numbers(values) for name, values in fates.expected.items()})


def _day(story: Story, day: Ints) -> pa.Array:
    """Days as stamps of their midnight; null beyond the window."""
    present = day < story.shop.calendar.days
    return moments(story.shop.calendar, np.where(present, day, 0), np.zeros_like(day), present=present)


def orders(story: Story) -> pa.Table:
    """The orders of a block: a row each.

    Columns: order_id; customer_id (the first, where there are two); ordered_on (the day); rank (0 is the first order);
    member, effort, dip and due as in `Occasions`; used_up (whether the order asked for the product used up, in stock or
    not); late; bad_review and answered; campaign (whose coupon was used; null for none).
    """
    occasions, made = story.occasions, story.orders
    at = made.occasion
    happened = np.uint64(1)
    columns = {
        "order_id": order_ids(made.number),
        "customer_id": numbered(FIRST_ID, story.people.number[made.customer]),
        "ordered_on": _day(story, made.day),
        "rank": numbers(made.rank),
        "member": numbers(occasions.member[at]),
        "effort": numbers(occasions.effort[at]),
        "dip": numbers(occasions.dip[at]),
        "due": numbers(occasions.due[at]),
        "used_up": numbers((occasions.used_up[at] & happened) > 0),
        "late": numbers(made.late),
        "bad_review": numbers(occasions.bad_review[at]),
        "answered": numbers(occasions.answered[at] & occasions.bad_review[at]),
        "campaign": named(made.coupon, [campaign.id for campaign in story.shop.campaigns]),
    }
    return pa.table(columns)


def subjects(story: Story, graded: Graded) -> pa.Table:
    """Those on whom an effect is measured.

    Columns: effect; customer_id; started_at (the first day followed); arm (the one in which the subject was);
    followed_days (count).
    """
    size = len(graded.customer)
    return pa.table(
        {
            "effect": named(np.zeros(size, dtype=np.int64), [graded.effect]),
            "customer_id": numbered(FIRST_ID, story.people.number[graded.customer]),
            "started_at": _day(story, graded.started),
            "arm": named(graded.arm, graded.arms),
            "followed_days": numbers(graded.days),
        }
    )


def outcomes(story: Story, effects: Iterable[tuple[Graded, list[Purchases]]]) -> pa.Table:
    """What subjects buy in every arm of an effect, by period from their first day; none without a purchase.

    Columns: effect; customer_id; arm; period (of `PERIOD_DAYS`, from 0); purchases (count); revenue (net of discount
    coupons, before refunds); gross_profit (revenue less what the goods cost); offer_cost (deliveries a coupon made
    free).

    Args:
        story: The block.
        effects: Effects, each with what its subjects buy in each arm.
    """
    parts = [_periods(story, graded, code, bought) for graded, arms in effects for code, bought in enumerate(arms)]
    return pa.concat_tables(parts).unify_dictionaries()


def _periods(story: Story, graded: Graded, code: int, bought: Purchases) -> pa.Table:
    """The outcomes in one arm of an effect, by subject and period."""
    period = bought.age // PERIOD_DAYS
    # Purchases stand by subject and day, so that those of a period stand together.
    first = np.flatnonzero(np.diff(bought.subject, prepend=-1) | np.diff(period, prepend=-1))
    rows = np.repeat(np.arange(len(first)), np.diff(first, append=len(period)))
    same = np.zeros(len(first), dtype=np.int64)

    def sums(cents: Ints) -> pa.Array:
        return money(summed(cents, rows, len(first)))

    return pa.table(
        {
            "effect": named(same, [graded.effect]),
            "customer_id": numbered(FIRST_ID, story.people.number[graded.customer[bought.subject[first]]]),
            "arm": named(same, [graded.arms[code]]),
            "period": numbers(period[first]),
            "purchases": numbers(np.bincount(rows, minlength=len(first))),
            "revenue": sums(bought.revenue),
            "gross_profit": sums(bought.gross_profit),
            "offer_cost": sums(bought.offer_cost),
        }
    )
