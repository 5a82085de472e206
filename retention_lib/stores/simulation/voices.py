"""What customers say: reviews, answers to surveys, and contacts with service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, named, numbers
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.hours import DAY_SECONDS, favourite_hours, online_seconds
from retention_lib.stores.simulation.ids import customer_ids, order_ids
from retention_lib.stores.simulation.stage import Bools, Calendar, Floats, Ints
from retention_lib.stores.simulation.story import Story

FEEDBACK = ("review", "survey")
SCALES = (5, 10)
"""The best score of each kind of feedback."""

SERVICE = ("delivery", "quality", "refund", "question")
"""Kinds of contacts with service."""

NOT_YET = -1
"""The time of an answer that does not come within the window."""

_REVIEW_DAYS = (3, 13)
_WORST_SHARE = 0.55
_GOOD_REVIEW_SHARE = 0.15
_GOOD_SCORES, _GOOD_SHARES = (3, 4, 5), (0.12, 0.28, 0.60)
_QUICK_HOURS, _SLOW_DAYS = (1.0, 46.0), (5.0, 10.0)
_SLOW_SHARE = 0.4
_GOOD_ANSWERED_SHARE = 0.15

_SURVEY_DAYS = (1, 4)
_SURVEY_SCORE, _SURVEY_SPREAD = 8.0, 1.4
_SURVEY_LATE, _SURVEY_BAD, _SURVEY_LASTING = -2.0, -4.0, 0.8
_LASTING_DAYS = 90

# How much oftener than a customer without trouble one with a cause of each kind of `SERVICE` calls, and when.
_SERVICE_FACTOR = np.array([6.0, 8.0, 5.0, 1.0])
_SERVICE_DAYS = np.array([[0, 3], [1, 6], [2, 11], [1, 5]])
_OFFICE_HOURS = (9 * 3600, 21 * 3600)
_CLOSED_MEAN_DAYS = 0.8
_OPEN_SHARE, _WEEKS_SHARE = 0.05, 0.08
_WEEKS_DAYS = (14.0, 45.0)


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Reviews and answers to surveys within the window; arrays over them, by customer and time.

    Attributes:
        kind: Code of `FEEDBACK`.
        order: The order it is about (place in `Orders`).
        day: The day.
        second: Second of the day.
        score: From 1 (a review) or 0 (a survey) to the best of its scale.
        answered: Seconds since the shop's opening at which the shop answers; `NOT_YET` where it does not.
    """

    kind: Ints
    order: Ints
    day: Ints
    second: Ints
    score: Ints
    answered: Ints


def feedback(story: Story) -> pa.Table:
    """The table `feedback` of the block."""
    said, calendar = voices(story), story.shop.calendar
    orders = story.orders
    return pa.table(
        {
            "customer_id": customer_ids(story, orders.customer[said.order], said.day),
            "given_at": moments(calendar, said.day, said.second),
            "score": numbers(said.score.astype(np.float64)),
            "scale": numbers(np.asarray(SCALES)[said.kind]),
            "kind": named(said.kind, FEEDBACK),
            "order_id": order_ids(orders.number[said.order]),
            "answered_at": _stamps(calendar, said.answered),
        }
    )


def _stamps(calendar: Calendar, seconds: Ints) -> pa.Array:
    """Stamps from seconds since the shop's opening; null for `NOT_YET`."""
    return moments(calendar, np.zeros(len(seconds), dtype=np.int64), seconds, present=seconds != NOT_YET)


def voices(story: Story) -> Feedback:
    """Every review and every answer to a survey in the block."""
    both = stacked([_reviews(story), _surveys(story)])
    inside = np.flatnonzero(both.day < story.shop.calendar.days)
    order = np.lexsort((both.second[inside], both.day[inside], story.orders.customer[both.order[inside]]))
    return picked(both, inside[order])


def _received(story: Story) -> Ints:
    """The day on which each order is in the customer's hands; that of the order in a shop."""
    return np.where(story.orders.delivered_day >= 0, story.orders.delivered_day, story.orders.day)


def _bad(story: Story) -> Bools:
    """Whether each order brings a bad review."""
    return story.occasions.bad_review[story.orders.occasion]


def _reviews(story: Story) -> Feedback:
    """Bad reviews where the story has them, and good ones about some of the other orders."""
    orders, rng = story.orders, story.rng("reviews")
    n, bad = orders.count, _bad(story)
    wait = rng.integers(*_REVIEW_DAYS, size=n)
    low = np.where(rng.random(n) < _WORST_SHARE, 1, 2)
    high = rng.choice(_GOOD_SCORES, size=n, p=_GOOD_SHARES)
    written = bad | (rng.random(n) < _GOOD_REVIEW_SHARE)
    day, second = _received(story) + wait, online_seconds(_hours(story), rng)
    answered = _answers(story, day * DAY_SECONDS + second, rng)
    order = np.flatnonzero(written)
    return Feedback(
        kind=np.zeros(len(order), dtype=np.int64),
        order=order,
        day=day[order],
        second=second[order],
        score=np.where(bad, low, high)[order],
        answered=answered[order],
    )


def _answers(story: Story, given: Ints, rng: np.random.Generator) -> Ints:
    """When the shop answers a review of each order, were there one."""
    n, bad = len(given), _bad(story)
    quick = bad & story.occasions.answered[story.orders.occasion]
    slow = rng.random(n) < np.where(bad, _SLOW_SHARE, _GOOD_ANSWERED_SHARE)
    soon, late = 3600 * rng.uniform(*_QUICK_HOURS, n), DAY_SECONDS * rng.uniform(*_SLOW_DAYS, n)
    wait = np.where(quick, soon, late)
    return _within(story, (given + wait).astype(np.int64), happens=quick | slow)


def _within(story: Story, seconds: Ints, *, happens: Bools) -> Ints:
    """Times that lie within the window; `NOT_YET` for the others and for what does not happen."""
    return np.where(happens & (seconds < story.shop.calendar.days * DAY_SECONDS), seconds, NOT_YET)


def _surveys(story: Story) -> Feedback:
    """Answers to surveys: worse after trouble, better from customers who stay."""
    orders, rng = story.orders, story.rng("surveys")
    n, received = orders.count, _received(story)
    day, second = received + rng.integers(*_SURVEY_DAYS, size=n), online_seconds(_hours(story), rng)
    lasting = story.fates.left[orders.customer] > received + _LASTING_DAYS
    mood = _SURVEY_SCORE + _SURVEY_LATE * orders.late + _SURVEY_BAD * _bad(story) + _SURVEY_LASTING * lasting
    score = np.clip(np.round(mood + _SURVEY_SPREAD * rng.standard_normal(n)), 0, SCALES[1]).astype(np.int64)
    order = np.flatnonzero(rng.random(n) < story.shop.simulation.sizes.surveys)
    return Feedback(
        kind=np.ones(len(order), dtype=np.int64),
        order=order,
        day=day[order],
        second=second[order],
        score=score[order],
        answered=np.full(len(order), NOT_YET),
    )


def service(story: Story) -> pa.Table:
    """The table `service` of the block: contacts with service about orders."""
    orders, rng = story.orders, story.rng("service")
    chances = story.shop.simulation.sizes.service_contacts * _SERVICE_FACTOR * _causes(story)
    called = rng.random((orders.count, len(SERVICE))) < chances
    order, kind = np.nonzero(called)
    early, late = _SERVICE_DAYS[kind].T
    day = _since(story)[order, kind] + rng.integers(early, late)
    second = rng.integers(*_OFFICE_HOURS, size=len(order))
    closed = _closed(story, day * DAY_SECONDS + second, rng)
    inside = np.flatnonzero(day < story.shop.calendar.days)
    places = inside[np.lexsort((second[inside], day[inside], orders.customer[order[inside]]))]
    order, kind, day, second, closed = (values[places] for values in (order, kind, day, second, closed))
    return pa.table(
        {
            "customer_id": customer_ids(story, orders.customer[order], day),
            "opened_at": moments(story.shop.calendar, day, second),
            "kind": named(kind, SERVICE),
            "closed_at": _stamps(story.shop.calendar, closed),
            "order_id": order_ids(orders.number[order]),
        }
    )


def _causes(story: Story) -> Bools:
    """Whether each order gives cause for a contact of each kind; orders by `SERVICE`."""
    orders = story.orders
    return np.column_stack([orders.late, _bad(story), orders.refunded > 0, np.ones(orders.count, dtype=bool)])


def _since(story: Story) -> Ints:
    """The day from which each order gives cause for a contact of each kind; orders by `SERVICE`."""
    orders, received = story.orders, _received(story)
    return np.column_stack([orders.promised + 1, received, received, orders.day])


def _closed(story: Story, opened: Ints, rng: np.random.Generator) -> Ints:
    """When each contact is closed: mostly within days, some after weeks, some never."""
    n = len(opened)
    pace, days = rng.random(n), _CLOSED_MEAN_DAYS * rng.standard_exponential(n)
    weeks = rng.uniform(*_WEEKS_DAYS, n)
    wait = 60 + DAY_SECONDS * np.where(pace < _OPEN_SHARE + _WEEKS_SHARE, weeks, days)
    return _within(story, (opened + wait).astype(np.int64), happens=pace >= _OPEN_SHARE)


def _hours(story: Story) -> Floats:
    """The favourite hour of the customer of each order."""
    return favourite_hours(story.shop, story.block, story.people.count)[story.orders.customer]
