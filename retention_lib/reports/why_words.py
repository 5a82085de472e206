"""How reasons to leave, features of first orders and steps to a purchase are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.reports.rows import segment_name
from retention_lib.reports.words import N_, Words

CONTACT = "contact: "

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "bad_review": N_("bad review"),
        "bad_review_answered": N_("bad review, answered"),
        "bad_review_unanswered": N_("bad review, no answer"),
        "contact": N_("contact with service"),
        "contact_open": N_("contact left open"),
        "out_of_stock": N_("favourite not sold"),
        "price_rise": N_("usual products dearer"),
        "lost_category": N_("main category dropped"),
    }
)

_WHO: Mapping[str, str] = MappingProxyType(
    {
        "bad_review": N_("Customers with a bad review"),
        "bad_review_answered": N_("Customers with a bad review that was answered quickly"),
        "bad_review_unanswered": N_("Customers with a bad review that was not answered quickly"),
        "contact": N_("Customers who contacted service"),
        "contact_open": N_("Customers whose contact with service stood open for more than a week"),
        "out_of_stock": N_("Customers whose favourite product was no longer sold"),
        "price_rise": N_("Customers whose usual products had become dearer"),
        "lost_category": N_("Customers who no longer bought their main category but others"),
    }
)

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "bad_review": N_("reviews"),
        "contact": N_("contacts with service"),
        "out_of_stock": N_("products out of stock"),
        "price_rise": N_("prices of products"),
        "lost_category": N_("categories"),
    }
)

_LEVELS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("delivery_days", "0"): N_("same or next day"),
        ("delivery_days", "2"): N_("in 2 or 3 days"),
        ("delivery_days", "4"): N_("in 4 to 7 days"),
        ("delivery_days", "8"): N_("8 days or more"),
        ("late", "yes"): N_("late"),
        ("late", "no"): N_("on time"),
        ("discount", "yes"): N_("with a discount"),
        ("discount", "no"): N_("no discount"),
        ("items", "1"): N_("one line"),
        ("items", "2"): N_("2 or 3 lines"),
        ("items", "4"): N_("4 lines or more"),
        ("amount", "smallest third"): N_("smallest third"),
        ("amount", "middle third"): N_("middle third"),
        ("amount", "largest third"): N_("largest third"),
    }
)

_FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "delivery_days": N_("Delivery took"),
        "late": N_("Delivered"),
        "discount": N_("Price"),
        "channel": N_("Channel"),
        "category": N_("Category"),
        "items": N_("Basket"),
        "amount": N_("Amount"),
    }
)

_FIRST_ORDER: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("delivery_days", "0"): N_("First order delivered on the same or the next day"),
        ("delivery_days", "2"): N_("First order delivered in 2 or 3 days"),
        ("delivery_days", "4"): N_("First order delivered in 4 to 7 days"),
        ("delivery_days", "8"): N_("First order delivered after 8 days or more"),
        ("late", "yes"): N_("First order delivered late"),
        ("late", "no"): N_("First order delivered on time"),
        ("discount", "yes"): N_("First order with a discount"),
        ("discount", "no"): N_("First order without a discount"),
        ("items", "1"): N_("First order of one line"),
        ("items", "2"): N_("First order of 2 or 3 lines"),
        ("items", "4"): N_("First order of 4 lines or more"),
        ("amount", "smallest third"): N_("First order among the smallest third"),
        ("amount", "middle third"): N_("First order among the middle third by amount"),
        ("amount", "largest third"): N_("First order among the largest third"),
    }
)

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "visit": N_("visit"),
        "view": N_("looked at a product"),
        "cart_add": N_("filled the cart"),
        "checkout": N_("went to checkout"),
        "purchase": N_("bought"),
    }
)


def reason_name(reason: str, words: Words) -> str:
    """A reason in two or three words, for a chart and a table."""
    if reason.startswith(CONTACT):
        return words.say(N_("service: {kind}"), kind=segment_name(reason.removeprefix(CONTACT), words))
    return words.say(_REASONS[reason])


def who_met(reason: str, words: Words) -> str:
    """The customers who met with a reason, as the heading of a sentence."""
    if reason.startswith(CONTACT):
        kind = segment_name(reason.removeprefix(CONTACT), words)
        return words.say(N_("Customers who contacted service, {kind}"), kind=kind)
    return words.say(_WHO[reason])


def feature_name(feature: str, words: Words) -> str:
    """A feature of a first order, as the heading of its levels."""
    return words.say(_FEATURES[feature])


def level_name(feature: str, level: str, words: Words) -> str:
    """A level of a feature; a channel's or a category's is its name."""
    known = _LEVELS.get((feature, level))
    return words.say(known) if known else segment_name(level, words)


def first_order(feature: str, level: str, words: Words) -> str:
    """What a first order was like, as the heading of a sentence."""
    known = _FIRST_ORDER.get((feature, level))
    if known:
        return words.say(known)
    name = segment_name(level, words)
    if feature == "channel":
        return words.say(N_("First order by {channel}"), channel=name)
    return words.say(N_("First order mostly {category}"), category=name)


def step_name(step: str, words: Words) -> str:
    """A step on the way to a purchase."""
    return words.say(STEPS[step])
