"""The figures of the playbook: what lists earned, what is planned, and what is known of customers' times and wants."""

from __future__ import annotations

from retention_lib.reports.figure_specs import one
from retention_lib.reports.words import N_

_PLAN = (
    one("actions_total", N_("Lists this month"), "count", N_("scenarios with at least one customer to contact")),
    one(
        "contacts_planned",
        N_("Customers to contact"),
        "count",
        N_("customers on all lists, without those set aside as control"),
    ),
    one(
        "plan_cost",
        N_("Cost of the plan"),
        "money",
        N_("messages + expected coupons of those contacted + fixed cost of the lists"),
        "down",
    ),
    one(
        "plan_expected_profit",
        N_("Profit expected"),
        "money",
        N_("measured share of profit added x profit expected without a message, less cost, over lists with a measure"),
        "up",
    ),
    one(
        "plan_break_even_lift",
        N_("Rise needed to break even"),
        "share",
        N_("cost of the plan / gross profit of those contacted without a message, less what offers give away on it"),
        "down",
    ),
    one("plan_gap", N_("Short of the best plan"), "share", N_("(bound of a linear programme - plan) / bound"), "down"),
    one("*_contacts", N_("To contact, {name}"), "count", N_("customers of the list {name} who get its message")),
    one("*_control", N_("Left alone, {name}"), "count", N_("customers of the list {name} set aside as control")),
)

_LOOP = (
    one(
        "last_month_profit",
        N_("Earned by last month's lists"),
        "money",
        N_("profit a contact x customers contacted, over the lists judged since the last report"),
        "up",
    ),
    one(
        "lists_judged",
        N_("Lists judged"),
        "count",
        N_("lists whose days were over since the last report and that may be read"),
    ),
)

_KNOWN = (
    one(
        "replenishment_hit_rate",
        N_("Next purchase named"),
        "share",
        N_("customers who bought at least one of ten products named as due / customers with purchases in that month"),
        "up",
    ),
    one(
        "popularity_hit_rate",
        N_("Same, best sellers"),
        "share",
        N_("customers who bought at least one of the ten best sellers / the same customers"),
    ),
    one(
        "hit_rate_coverage",
        N_("Customers covered"),
        "share",
        N_("customers for whom a product can be named as due / customers active before that month"),
        "up",
    ),
    one(
        "own_hour_gain",
        N_("Gain of the own hour"),
        "points",
        N_("openings (else orders) within two hours of the own hour - of the best hour of all, on held-out weeks"),
        "up",
    ),
    one(
        "own_weekday_gain",
        N_("Gain of the own weekday"),
        "points",
        N_("share of orders on the own weekday - on the best weekday of all, on held-out weeks"),
        "up",
    ),
    one(
        "next_order_interval_coverage",
        N_("Next order as expected"),
        "share",
        N_("customers who bought again between the days told / who bought again, on a held-out window; 80 % is meant"),
    ),
    one(
        "customers_overdue",
        N_("Overdue customers"),
        "count",
        N_("silent for longer than the interval that holds four of five of the own, not yet for the store's lapse"),
    ),
)

PLAYBOOK = (*_PLAN, *_LOOP, *_KNOWN)
"""Every figure of the report `retention_playbook`."""
