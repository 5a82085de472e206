"""Who a customer is and what he says: the part of the profile from customers, loyalty, feedback and service."""

from __future__ import annotations

from datetime import date

import ibis
from ibis.expr import types as ir

from retention_lib.measures.point_entries import signed_points
from retention_lib.measures.profile_behaviour import days_before
from retention_lib.measures.profile_columns import NEGATIVE

_AS_WRITTEN = (
    *("acquisition_channel", "region", "sex", "income_band", "household_id"),
    *("email_consent", "sms_consent", "messenger_consent"),
)
_BANDS = (
    ("under 18", 0, 18),
    ("18-24", 18, 25),
    ("25-34", 25, 35),
    ("35-44", 35, 45),
    ("45-54", 45, 55),
    ("55-64", 55, 65),
    ("65+", 65, 130),
)


def person_part(customers: ir.Table, *, until: date) -> ir.Table:
    """What the shop knows of its customers, as it knows it now.

    Args:
        customers: The store's `customers`, one row a customer.
        until: The day at which ages are read.

    Returns:
        Table of `customer_id` and the columns of `PROFILE_SUBJECTS["Person"]` that the source has.
    """
    columns: dict[str, ir.Value] = {name: customers[name] for name in _AS_WRITTEN if name in customers.columns}
    if "acquired_at" in customers.columns:
        columns["acquired_on"] = customers.acquired_at.date()
    bands = [customers.age_band] if "age_band" in customers.columns else []
    if "birth_date" in customers.columns:
        bands.append(_age_band(customers.birth_date, until))
    if bands:
        columns["age_band"] = ibis.coalesce(*bands)
    return customers.select("customer_id", **columns)


def loyalty_part(loyalty_events: ir.Table, *, until: date) -> ir.Table:
    """Membership, tier and points by customer.

    Args:
        loyalty_events: The store's `loyalty_events`, with or without `tier` and `points`.
        until: First day that is no longer seen.

    Returns:
        Table of `customer_id`, `member`, `member_since` and, as far as the columns are there, `tier`,
        `points_balance`.
    """
    seen = loyalty_events.filter(loyalty_events.occurred_at < ibis.timestamp(until.isoformat()))
    joined = seen.occurred_at.max(where=seen.event == "join")
    left = seen.occurred_at.max(where=seen.event == "leave")
    figures = {"joined": joined, "left": left}
    if "points" in seen.columns:
        figures["points_balance"] = signed_points(seen).sum().cast("float64")
    part = seen.group_by("customer_id").aggregate(**figures)
    member = (part.joined.notnull() & (part.left.isnull() | (part.left < part.joined))).fill_null(False)
    part = part.mutate(member=member, member_since=member.ifelse(part.joined.date(), ibis.null("date")))
    part = part.drop("joined", "left")
    if "tier" not in seen.columns:
        return part
    return part.left_join(_tiers(seen), "customer_id").drop("customer_id_right")


def feedback_part(feedback: ir.Table, *, until: date) -> ir.Table:
    """Reviews and survey answers by customer.

    Args:
        feedback: The store's `feedback`, with or without `kind`.
        until: First day that is no longer seen.

    Returns:
        Table of `customer_id`, `reviews`, `review_score`, `negative_reviews`, `days_since_negative_review`,
        `surveys`, `survey_score`.
    """
    seen = feedback.filter(feedback.given_at < ibis.timestamp(until.isoformat()))
    kind = seen.kind.fill_null("review") if "kind" in seen.columns else ibis.literal("review")
    # cast: the mean of DECIMAL does not depend on the order of the rows.
    score = (seen.score / seen.scale.nullif(0)).cast("decimal(18, 8)")
    told = seen.select("customer_id", "given_at", score=score, survey=kind == "survey")
    negative = ~told.survey & (told.score <= NEGATIVE)
    return told.group_by("customer_id").aggregate(
        reviews=(~told.survey).cast("int64").sum(),
        review_score=told.score.mean(where=~told.survey).cast("float64").round(6),
        negative_reviews=negative.cast("int64").sum().coalesce(0),
        days_since_negative_review=days_before(until, told.given_at.max(where=negative)),
        surveys=told.survey.cast("int64").sum(),
        survey_score=told.score.mean(where=told.survey).cast("float64").round(6),
    )


def service_part(service: ir.Table, *, until: date) -> ir.Table:
    """Contacts with the service by customer.

    Args:
        service: The store's `service`, with or without `closed_at`.
        until: First day that is no longer seen; what was closed later is not closed yet.

    Returns:
        Table of `customer_id`, `service_contacts`, `days_since_service_contact` and, with `closed_at`,
        `open_service_contacts`.
    """
    stop = ibis.timestamp(until.isoformat())
    seen = service.filter(service.opened_at < stop)
    figures = {
        "service_contacts": seen.count(),
        "days_since_service_contact": days_before(until, seen.opened_at.max()),
    }
    if "closed_at" in seen.columns:
        still_open = seen.closed_at.isnull() | (seen.closed_at >= stop)
        figures["open_service_contacts"] = still_open.cast("int64").sum()
    return seen.group_by("customer_id").aggregate(**figures)


def _age_band(birth_date: ir.DateValue, until: date) -> ir.StringValue:
    """The band of the age on a day, in years completed."""
    before_birthday = birth_date.month() * 100 + birth_date.day() > until.month * 100 + until.day
    age = until.year - birth_date.year() - before_birthday.cast("int64")
    bands = [((age >= start) & (age < end), name) for name, start, end in _BANDS]
    return ibis.cases(*bands, else_=ibis.null("string"))


def _tiers(events: ir.Table) -> ir.Table:
    """The tier of each customer's last event that names one; of events at the same moment, the last by name."""
    told = events.filter(events.tier.notnull())
    # A row a tier first: a window over all events takes several times as long.
    named = told.group_by("customer_id", "tier").aggregate(occurred_at=told.occurred_at.max())
    order = [ibis.desc("occurred_at"), ibis.desc("tier")]
    ranked = named.mutate(place=ibis.row_number().over(ibis.window(group_by="customer_id", order_by=order)))
    return ranked.filter(ranked.place == 0).select("customer_id", "tier")
