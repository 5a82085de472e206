"""The tables `customers` and `identities`: who the shop thinks its customers are.

A customer who appears under a second id has a second row: registered anew, with the same birth date and sex, but
nobody knows any more which channel brought the customer and at what cost. Both ids share the e-mail address or the
phone. All addresses and numbers are invented: example.com is reserved for examples, and no number of Russia begins
with +70.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention_lib.stores.simulation.arrays import dates, moments, money, named, numbered, numbers
from retention_lib.stores.simulation.ids import customer_ids, second_id_from
from retention_lib.stores.simulation.stage import AGE_BANDS, CHANNELS, INCOME_BANDS, REGIONS, SEXES, Bools, Ints
from retention_lib.stores.simulation.story import Story

IDENTITIES = ("card", "email", "phone", "cookie")

INCOME_UNKNOWN = 0.15
"""The share of customers who do not say what they earn."""

_SITE = 0
_NOON = 12 * 3_600
_MAIL, _DOMAIN = "buyer", "@example.com"
_PHONE, _CARD, _COOKIE = "+70", "7700", "cookie-"
_OWN_ENDING, _SECOND_ENDING = 12, 21
_SCRAMBLE = 2_654_435_761  # odd, so that the numbers below 2**32 are scrambled without meeting


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The ids of the block's customers; arrays over ids, by customer, the second id of one after the first.

    Attributes:
        customer: Place of the customer in the block.
        second: Whether it is a second id.
        day: The day from which it is used.
    """

    customer: Ints
    second: Bools
    day: Ints


def id_rows(story: Story) -> Rows:
    """Every id under which customers of the block may appear within the window."""
    count, again = story.people.count, second_id_from(story)
    others = np.flatnonzero(again < story.shop.calendar.days)
    customer = np.concatenate([np.arange(count), others])
    order = np.argsort(customer, kind="stable")
    return Rows(
        customer=customer[order],
        second=(np.arange(len(order)) >= count)[order],
        day=np.concatenate([story.people.acquired, again[others]])[order],
    )


def customers(story: Story) -> pa.Table:
    """The table `customers` of the block."""
    people, calendar, rows = story.people, story.shop.calendar, id_rows(story)
    who, known = rows.customer, ~rows.second
    return pa.table(
        {
            "customer_id": customer_ids(story, who, rows.day),
            "acquired_at": moments(calendar, rows.day, np.where(known, _first_seconds(story)[who], _NOON)),
            "acquisition_channel": named(np.where(known, people.channel[who], -1), CHANNELS),
            "acquisition_cost": money(people.acquisition_cost[who], present=known),
            "birth_date": dates(people.birth[who]),
            "sex": named(people.sex[who], SEXES),
            "age_band": named(people.age_band[who], AGE_BANDS),
            "income_band": named(_stated_income(story)[who], INCOME_BANDS),
            "region": named(people.region[who], REGIONS),
            "household_id": numbered("H", people.household[who]),
            "email_consent": numbers(people.email_consent[who]),
            "sms_consent": numbers(people.sms_consent[who]),
            "messenger_consent": numbers(people.messenger_consent[who]),
        }
    )


def _first_seconds(story: Story) -> Ints:
    """The second of the day at which each customer made the first order."""
    orders = story.orders
    first = np.flatnonzero(orders.rank == 0)
    seconds = np.full(story.people.count, _NOON)
    seconds[orders.customer[first]] = orders.second[first]
    return seconds


def _stated_income(story: Story) -> Ints:
    """The code of the income that each customer told; -1 for those who did not."""
    silent = story.rng("income told").random(story.people.count) < INCOME_UNKNOWN
    return np.where(silent, -1, story.people.income_band)


def identities(story: Story) -> pa.Table:
    """The table `identities` of the block, by id and kind.

    Every id has an e-mail address and a phone, those who joined the programme a card, and those who ordered on the
    site a cookie; a second id has a cookie of its own.
    """
    rows = id_rows(story)
    parts = list(_identifiers(story, rows))
    place = np.concatenate([place for place, _ in parts])
    kind = np.repeat(np.arange(len(parts)), [len(place) for place, _ in parts])
    table = pa.table(
        {
            "customer_id": customer_ids(story, rows.customer[place], rows.day[place]),
            "kind": named(kind, IDENTITIES),
            "value": pa.concat_arrays([value for _, value in parts]),
        }
    )
    return table.take(pa.array(np.lexsort((kind, place))))


def _identifiers(story: Story, rows: Rows) -> Iterator[tuple[Ints, pa.Array]]:
    """For each kind, in the order of `IDENTITIES`: the rows that have one, and its values."""
    number = story.people.number[rows.customer]
    everyone = np.arange(len(number))
    by_phone = story.rng("shared identifier").random(story.people.count)[rows.customer] < 0.5
    card = np.flatnonzero(_has_account(story, rows))
    yield card, numbered(_CARD, number[card])
    own_mail = numbered(_MAIL, 2 * number + (rows.second & by_phone))
    yield everyone, pc.binary_join_element_wise(own_mail, _DOMAIN, "")
    ending = np.where(rows.second & ~by_phone, _SECOND_ENDING, _OWN_ENDING)
    yield everyone, numbered(_PHONE, 100 * number + ending)
    cookie = np.flatnonzero(_on_site(story, rows))
    scrambled = (2 * number[cookie] + rows.second[cookie]) * _SCRAMBLE % 2**32
    yield cookie, numbered(_COOKIE, scrambled, width=10)


def _has_account(story: Story, rows: Rows) -> Bools:
    """Whether the customer joined the programme under the id."""
    joined = story.fates.joined[rows.customer]
    return (joined < story.shop.calendar.days) & (_is_second(story, rows.customer, joined) == rows.second)


def _on_site(story: Story, rows: Rows) -> Bools:
    """Whether the customer ordered on the site under the id."""
    orders = story.orders
    ordered = np.zeros((2, story.people.count), dtype=np.bool_)
    order = np.flatnonzero(orders.channel == _SITE)
    customer = orders.customer[order]
    ordered[_is_second(story, customer, orders.day[order]).astype(np.int64), customer] = True
    return ordered[rows.second.astype(np.int64), rows.customer]


def _is_second(story: Story, customer: Ints, day: Ints) -> Bools:
    """Whether customers appear under their second ids on days."""
    return day >= second_id_from(story)[customer]
