"""The columns of the customer profile: what each says, in which unit, and which tables it needs."""

from __future__ import annotations

from dataclasses import dataclass

from retention_lib.settings.profile_kinds import ProfileKind

PRIOR_STRENGTH = 10
"""How many observations the base counts for beside a customer's own, in shrunken shares and favourites."""

NEGATIVE = 0.4
"""A review is negative up to this share of its scale: 1 and 2 of 5, 1 to 4 of 10."""


@dataclass(frozen=True)
class ProfileColumn:
    """One column of the customer profile.

    Attributes:
        name: Its name.
        kind: What its values are: `count` whole numbers, `number` decimal ones, `day` a date.
        unit: The unit of its values; empty for words.
        meaning: What it says, in one sentence or two.
        needs: The tables, or `table.column`, without which it is missing for everybody.
        zero: Whether a customer without a row in those tables has zero, or no; else the value is missing.
    """

    name: str
    kind: ProfileKind
    unit: str
    meaning: str
    needs: tuple[str, ...] = ()
    zero: bool = False


def _column(name: str, kind: ProfileKind, unit: str, meaning: str, *needs: str) -> ProfileColumn:
    return ProfileColumn(name, kind, unit, meaning, needs)


def _zero(name: str, kind: ProfileKind, unit: str, meaning: str, *needs: str) -> ProfileColumn:
    return ProfileColumn(name, kind, unit, meaning, needs, zero=True)


_SALES = (
    _column("first_purchase", "day", "", "Day of the first purchase (a day with positive net amount).", "transactions"),
    _column("last_purchase", "day", "", "Day of the last purchase.", "transactions"),
    _column("recency_days", "count", "days", "From the last purchase to the end of the period.", "transactions"),
    _zero("frequency", "count", "days", "Days with a purchase; several orders on one day are one.", "transactions"),
    _zero("orders", "count", "orders", "Orders with a positive net amount.", "transactions"),
    _zero("monetary", "money", "money", "Net revenue of all rows, refunds deducted.", "transactions"),
    _column("average_order", "money", "money", "Mean net amount of those orders.", "transactions"),
    _column(
        "recency_score",
        "count",
        "1 to 5",
        "5 for the fifth of buyers that bought last.",
        "transactions",
    ),
    _column("frequency_score", "count", "1 to 5", "5 for the fifth of buyers with most purchase days.", "transactions"),
    _column("monetary_score", "count", "1 to 5", "5 for the fifth of buyers with most net revenue.", "transactions"),
    _column(
        "refund_share",
        "number",
        "share",
        "Money refunded in money sold; above 1 where sales lie before the data begin.",
        "transactions",
    ),
    _column(
        "discount_share",
        "number",
        "share",
        "Discount in the full price of the orders, whichever sign the source writes discounts with.",
        "transactions.discount",
    ),
    _column(
        "discount_dependence",
        "number",
        "share",
        "Orders with a discount in all orders.",
        "transactions.discount",
    ),
    _zero("category_breadth", "count", "categories", "Different categories bought.", "transactions.category"),
    _column(
        "favourite_category",
        "text",
        "",
        "The category in most orders; of equal ones that with more money, then the first by name.",
        "transactions.category",
    ),
    _column(
        "main_channel",
        "text",
        "",
        "The channel of most orders; of equal ones that with more money, then the first by name.",
        "transactions.channel",
    ),
    _zero("coupons_used", "count", "coupons", "Coupons redeemed.", "redemptions"),
)

_TIMES = (
    _column(
        "favourite_weekday",
        "count",
        "1 to 7",
        "The weekday of buying, 1 = Monday: the largest share of orders after shrinkage, the first of equal ones.",
        "transactions",
    ),
    _column("weekday_share", "number", "share", "That share, after shrinkage.", "transactions"),
    _column(
        "favourite_hour",
        "count",
        "0 to 23",
        "The hour of buying, in the store's time zone, likewise. A stamp of midnight sharp is a day without a time.",
        "transactions",
    ),
    _column("hour_share", "number", "share", "That share, after shrinkage.", "transactions"),
    _column(
        "favourite_open_weekday",
        "count",
        "1 to 7",
        "The weekday of opening messages, likewise.",
        "contacts.opened_at",
    ),
    _column("open_weekday_share", "number", "share", "That share, after shrinkage.", "contacts.opened_at"),
    _column("favourite_open_hour", "count", "0 to 23", "The hour of opening messages, likewise.", "contacts.opened_at"),
    _column("open_hour_share", "number", "share", "That share, after shrinkage.", "contacts.opened_at"),
)

_BEHAVIOUR = (
    _zero("visits", "count", "events", "Visits of the site.", "web_events.customer_id"),
    _zero("views", "count", "events", "Views of products.", "web_events.customer_id"),
    _zero("carts", "count", "events", "Products put into the cart.", "web_events.customer_id"),
    _zero("checkouts", "count", "events", "Checkouts begun.", "web_events.customer_id"),
    _column(
        "days_since_web_event",
        "count",
        "days",
        "From the last event on the site to the end of the period.",
        "web_events.customer_id",
    ),
    _zero("messages", "count", "messages", "Messages sent to the customer.", "contacts"),
    _column(
        "days_since_message",
        "count",
        "days",
        "From the last message to the end of the period.",
        "contacts",
    ),
    _zero("opens", "count", "messages", "Messages opened; a clicked one was opened.", "contacts.opened_at"),
    _zero("clicks", "count", "messages", "Messages clicked.", "contacts.clicked_at"),
    _column(
        "open_rate",
        "number",
        "share",
        "Opened messages in those sent, shrunk to the base; only channels in which openings are seen at all.",
        "contacts.opened_at",
    ),
    _column(
        "click_rate",
        "number",
        "share",
        "Clicked messages in those sent, likewise.",
        "contacts.clicked_at",
    ),
)

_PERSON = (
    _column("acquired_on", "day", "", "Day of registration.", "customers.acquired_at"),
    _column("acquisition_channel", "text", "", "Where the customer came from.", "customers.acquisition_channel"),
    _column("region", "text", "", "Where the customer lives, as the source says it.", "customers.region"),
    _column("sex", "text", "", "As the source says it.", "customers.sex"),
    _column(
        "age_band",
        "text",
        "",
        "As the source says it; else the age at the end of the period: under 18, 18-24, 25-34 ... 55-64, 65+.",
        "customers.age_band or customers.birth_date",
    ),
    _column("income_band", "text", "", "As the source says it.", "customers.income_band"),
    _column("household_id", "text", "", "The household, by which experiments are judged.", "customers.household_id"),
    _column("email_consent", "boolean", "", "May be written to by e-mail.", "customers.email_consent"),
    _column("sms_consent", "boolean", "", "May be written to by SMS.", "customers.sms_consent"),
    _column("messenger_consent", "boolean", "", "May be written to by messenger.", "customers.messenger_consent"),
)

_LOYALTY = (
    _zero(
        "member",
        "boolean",
        "",
        "In the loyalty programme: the last of joining and leaving was joining.",
        "loyalty_events",
    ),
    _column("member_since", "day", "", "Day of the last joining, for members.", "loyalty_events"),
    _column("tier", "text", "", "The tier of the last event that names one.", "loyalty_events.tier"),
    _zero(
        "points_balance",
        "number",
        "points",
        "Earned and granted less redeemed, expired and forfeited points, whichever sign they are written with; "
        "adjusted ones as written; reversed ones as written where the table holds negative points, else taken away.",
        "loyalty_events.points",
    ),
)

_ATTITUDE = (
    _zero("reviews", "count", "reviews", "Reviews given; without a kind all feedback is one.", "feedback"),
    _column("review_score", "number", "share", "Mean score of reviews as a share of their scale.", "feedback"),
    _zero(
        "negative_reviews", "count", "reviews", "Reviews of at most 0.4 of their scale (2 of 5, 4 of 10).", "feedback"
    ),
    _column(
        "days_since_negative_review",
        "count",
        "days",
        "From the last of these to the end of the period.",
        "feedback",
    ),
    _zero("surveys", "count", "answers", "Answers to surveys.", "feedback"),
    _column("survey_score", "number", "share", "Mean score of surveys as a share of their scale.", "feedback"),
    _zero("service_contacts", "count", "contacts", "Contacts with the service.", "service"),
    _column(
        "days_since_service_contact",
        "count",
        "days",
        "From the last of these to the end of the period.",
        "service",
    ),
    _zero("open_service_contacts", "count", "contacts", "Those not closed by the end.", "service.closed_at"),
)

PROFILE_SUBJECTS: dict[str, tuple[ProfileColumn, ...]] = {
    "Sales": _SALES,
    "Day and hour": _TIMES,
    "Behaviour": _BEHAVIOUR,
    "Person": _PERSON,
    "Loyalty programme": _LOYALTY,
    "Attitude": _ATTITUDE,
}
"""The columns by subject."""

PROFILE_COLUMNS: tuple[ProfileColumn, ...] = (
    _column("customer_id", "text", "", "The customer, each one once; the rows are ordered by it."),
    *(column for columns in PROFILE_SUBJECTS.values() for column in columns),
)
"""Every column of the profile, in its order."""
