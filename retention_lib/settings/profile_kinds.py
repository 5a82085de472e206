"""The columns of the customer profile and what their values are, so that a condition is checked without any data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

ProfileKind = Literal["text", "day", "count", "money", "number", "boolean"]

_TEXT = (
    *("customer_id", "favourite_category", "main_channel", "acquisition_channel", "region", "sex", "age_band"),
    *("income_band", "household_id", "tier"),
)
_DAY = ("first_purchase", "last_purchase", "acquired_on", "member_since")
_COUNT = (
    *("recency_days", "frequency", "orders", "recency_score", "frequency_score", "monetary_score", "category_breadth"),
    *("coupons_used", "favourite_weekday", "favourite_hour", "favourite_open_weekday", "favourite_open_hour"),
    *("visits", "views", "carts", "checkouts", "days_since_web_event", "messages", "days_since_message"),
    *("opens", "clicks", "reviews", "negative_reviews", "days_since_negative_review", "surveys"),
    *("service_contacts", "days_since_service_contact", "open_service_contacts"),
)
_MONEY = ("monetary", "average_order")
_NUMBER = (
    *("refund_share", "discount_share", "discount_dependence", "weekday_share", "hour_share", "open_weekday_share"),
    *("open_hour_share", "open_rate", "click_rate", "points_balance", "review_score", "survey_score"),
)
_BOOLEAN = ("email_consent", "sms_consent", "messenger_consent", "member")

_BY_KIND: tuple[tuple[ProfileKind, tuple[str, ...]], ...] = (
    ("text", _TEXT),
    ("day", _DAY),
    ("count", _COUNT),
    ("money", _MONEY),
    ("number", _NUMBER),
    ("boolean", _BOOLEAN),
)

PROFILE_KINDS: Mapping[str, ProfileKind] = MappingProxyType({name: kind for kind, names in _BY_KIND for name in names})
"""What the values of each column are: `count` whole numbers, `number` decimal ones, `day` a date."""
