"""The figures of the campaign evaluation and of the plan of the next test."""

from __future__ import annotations

from retention_lib.reports.figure_specs import one
from retention_lib.reports.words import N_

_TRUST = (
    one("srm_p", N_("Split as planned? (p)"), "p", N_("chi-squared test of the arms' sizes against the plan")),
    one(
        "customers_in_test",
        N_("In the test"),
        "count",
        N_("customers (households where these were drawn) in one arm"),
    ),
    one(
        "decision",
        N_("Decision"),
        "text",
        N_("ship, ship to a part, stop, keep running, or invalid, by the rule in the method notes"),
    ),
)

_EFFECTS = (
    one(
        "visit_effect_*",
        N_("Extra visits, {name}"),
        "points",
        N_("share of all assigned who visited, {name} - control"),
        "up",
    ),
    one(
        "conversion_effect_*",
        N_("Extra buyers, {name}"),
        "points",
        N_("share of all assigned who bought, {name} - control"),
        "up",
    ),
    one(
        "orders_effect_*",
        N_("Extra orders, {name}"),
        "number",
        N_("mean orders of all assigned, {name} - control"),
        "up",
    ),
    one(
        "spend_effect_*",
        N_("Extra spend, {name}"),
        "money_per_customer",
        N_("mean spend of all assigned, {name} - control"),
        "up",
    ),
    one(
        "revenue_effect_*",
        N_("Extra sales, {name}"),
        "money_per_customer",
        N_("mean net sales of all assigned, {name} - control"),
        "up",
    ),
    one(
        "gross_profit_effect_*",
        N_("Extra gross profit, {name}"),
        "money_per_customer",
        N_("mean gross profit of all assigned, {name} - control"),
        "up",
    ),
    one(
        "average_order_effect_*",
        N_("Average order, {name}"),
        "money_per_order",
        N_("sales / orders of all assigned, {name} - control"),
        "up",
    ),
    one(
        "refund_share_effect_*",
        N_("Refunds, {name}"),
        "points",
        N_("money refunded / money sold, {name} - control"),
        "down",
    ),
    one(
        "discount_share_effect_*",
        N_("Discounts, {name}"),
        "points",
        N_("discount / full price of what was sold, {name} - control"),
        "down",
    ),
    one(
        "unsubscribed_effect_*",
        N_("Unsubscribed, {name}"),
        "points",
        N_("share of all assigned who unsubscribed, {name} - control"),
        "down",
    ),
    one("*_effect_*", N_("{name}"), "number", N_("mean of all assigned, arm - control: {name}")),
    one(
        "cuped_variance_reduction",
        N_("Saved by the past"),
        "share",
        N_("part of the goal's variance that purchases before the test explain, so many customers fewer are needed"),
        "up",
    ),
)

_MONEY = (
    one(
        "profit_per_contact_*",
        N_("Profit a contact, {name}"),
        "money_per_customer",
        N_("extra gross profit a customer of {name}, less coupons, sending and campaign cost"),
        "up",
    ),
    one(
        "probability_profit_*",
        N_("Chance that {name} pays"),
        "share",
        N_("chance that the profit a contact is above 0, from the measured effect and the prior of the parameters"),
        "up",
    ),
    one(
        "incremental_orders_*",
        N_("Extra orders in all, {name}"),
        "count",
        N_("extra orders a customer of {name} x customers of the arm"),
        "up",
    ),
    one(
        "cost_per_incremental_order_*",
        N_("Cost of an extra order, {name}"),
        "money_per_order",
        N_("coupons, sending and campaign cost / extra orders of {name}"),
        "down",
    ),
    one(
        "subsidy_share_*",
        N_("Coupons given away, {name}"),
        "share",
        N_("1 - extra orders of {name} / orders with its coupon, the weeks after included"),
        "down",
    ),
    one(
        "profit_on_base_*",
        N_("Sent to all, {name}"),
        "money",
        N_("profit a contact of {name} x all customers like those in the test"),
        "up",
    ),
    one(
        "policy_value",
        N_("Profit with the offer advised"),
        "money_per_customer",
        N_("on customers held out: profit a customer of what is advised, one offer for all or one for each, - of none"),
        "up",
    ),
    one(
        "policy_gain",
        N_("Gain of an offer for each"),
        "money_per_customer",
        N_("on customers held out: profit a customer of the offers chosen for each - of the best single offer"),
        "up",
    ),
    one(
        "past_profit_per_contact",
        N_("Earlier campaigns, a contact"),
        "money_per_customer",
        N_("mean profit a contact of the store's earlier tests, each counting once (random effects)"),
        "up",
    ),
    one(
        "holdout_profit_per_customer",
        N_("All campaigns together"),
        "money_per_customer",
        N_("gross profit a customer less sending, of those not held out - of those held out, since the start"),
        "up",
    ),
    one(
        "holdout_profit_total",
        N_("Of all not held out"),
        "money",
        N_("the same x customers not held out"),
        "up",
    ),
)

_PLAN = (
    one(
        "next_test_n_per_arm",
        N_("Next test, customers an arm"),
        "count",
        N_("customers an arm that find the chosen smallest effect with 80 % power, from the store's own variance"),
    ),
    one("planned_verdict_on", N_("Verdict on"), "date", N_("start of the test + window + weeks after")),
    one(
        "planned_detectable_effect",
        N_("Smallest effect found"),
        "share",
        N_("relative effect on the goal that a test of all who may be contacted finds with 80 % power"),
        "down",
    ),
    one(
        "planned_power",
        N_("Power as planned"),
        "share",
        N_("chance that the planned test finds the chosen effect"),
        "up",
    ),
    one("customers_eligible", N_("May take part"), "count", N_("customers who can take part in a test")),
    one("holdout_customers", N_("Held out"), "count", N_("customers of the global hold-out")),
)

CAMPAIGN = (*_TRUST, *_EFFECTS, *_MONEY, *_PLAN)
