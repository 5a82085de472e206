"""What is called what of the things known of customers before a test, and of the groups made of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.reports.rows import segment_name
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

_NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "orders_before": N_("orders before the test"),
        "revenue_before": N_("money spent before the test"),
        "gross_profit_before": N_("gross profit before the test"),
        "visit_before": N_("visited before the test"),
        "mean_order_before": N_("average order before the test"),
        "discount_share_before": N_("share of the price saved before the test"),
        "days_since_last": N_("days since the last order"),
        "days_since_first": N_("days since the first order"),
        "messages_before": N_("messages before the test"),
        "opens_before": N_("messages opened before the test"),
        "members": N_("customers in the household"),
        "years": N_("age in years"),
    }
)

_DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "purchases": N_("orders before the test"),
        "recency": N_("days since the last order"),
        "acquisition_channel": N_("won by"),
        "stratum": N_("group of the draw"),
        "region": N_("region"),
        "income": N_("income"),
        "sex": N_("sex"),
        "age": N_("age"),
    }
)

_SEGMENTS: Mapping[str, str] = MappingProxyType(
    {
        "other": N_("others"),
        "unknown": N_("not stated"),
        "yes": N_("yes"),
        "no": N_("no"),
        "low": N_("low"),
        "middle": N_("middle"),
        "high": N_("high"),
    }
)


def known_dimension(dimension: str, words: Words) -> str:
    """What a way to part customers is called; a column of the store's own by its name."""
    told = _DIMENSIONS.get(dimension)
    return words.say(told) if told else clean_value(dimension.replace("_", " "))


def known_segment(segment: str, words: Words) -> str:
    """What a part of the customers is called; a value of the store's own as it is."""
    told = _SEGMENTS.get(segment)
    return words.say(told) if told else clean_value(segment_name(segment, words).replace("_", " "))


def known_group(dimension: str, segment: str, words: Words) -> str:
    """A part of the customers with what parts them, as in "income: low"."""
    message = N_("{dimension}: {segment}")
    return words.say(message, dimension=known_dimension(dimension, words), segment=known_segment(segment, words))


def feature_name(feature: str, words: Words) -> str:
    """What a thing known of customers is called, as in "income: low" or "orders before the test"."""
    if feature in _NUMBERS:
        return words.say(_NUMBERS[feature])
    owner = next((name for name in _DIMENSIONS if feature.startswith(f"{name}_")), None)
    if owner is not None:
        return known_group(owner, feature.removeprefix(f"{owner}_"), words)
    return clean_value(feature.replace("_", " "))
