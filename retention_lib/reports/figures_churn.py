"""The figures of the churn diagnosis."""

from __future__ import annotations

from retention_lib.reports.figure_specs import one
from retention_lib.reports.words import N_

CHURN = (
    one("retention_gross", N_("Stayed active"), "share", N_("retained / active at the start"), "up"),
    one("lapse_rate", N_("Went quiet"), "share", N_("went quiet / active at the start"), "down"),
    one(
        "crr",
        N_("Retention, net (CRR)"),
        "share",
        N_("(active at the end - new) / active at the start; customers who came back are counted in"),
        "up",
    ),
    one(
        "churn_rate",
        N_("Churn, net"),
        "share",
        N_("(active at the start + new - active at the end) / active at the start = 1 - CRR"),
        "down",
    ),
    one(
        "customers_active_start",
        N_("Active at the start"),
        "count",
        N_("customers who bought within the lapse window before the month's first day"),
        "up",
    ),
    one(
        "customers_active_end",
        N_("Active at the end"),
        "count",
        N_("customers who bought within the lapse window before the first day after the month"),
        "up",
    ),
    one("customers_new", N_("New"), "count", N_("active at the end, never bought before the month"), "up"),
    one("customers_retained", N_("Stayed"), "count", N_("active at the start and at the end"), "up"),
    one(
        "customers_lapsed",
        N_("Went quiet"),
        "count",
        N_("active at the start, not active at the end"),
        "down",
    ),
    one(
        "customers_reactivated",
        N_("Came back"),
        "count",
        N_("known but not active at the start, active at the end"),
        "up",
    ),
    one(
        "customers_passed_through",
        N_("Came and went"),
        "count",
        N_("not active at the start, bought inside the month, not active at the end"),
    ),
    one(
        "at_risk_days",
        N_("Getting late after"),
        "days",
        N_("median of the customers' own 80th percentile gaps between purchases, running silences as gaps still open"),
    ),
    one(
        "lapse_days",
        N_("Quiet after"),
        "days",
        N_(
            "days given in the parameters; else the 80th percentile of the customers' own 80th percentile gaps between "
            "purchases, running silences as gaps still open; else 30"
        ),
    ),
    one(
        "return_chance_beyond",
        N_("Silent ones who come back"),
        "share",
        N_(
            "customers silent longer than the lapse window at a past day who bought within the horizon, 90 days unless "
            "set otherwise"
        ),
        "up",
    ),
    one(
        "return_chance_just_reached",
        N_("Newly quiet who still return"),
        "share",
        N_(
            "customers silent one to one and a half lapse windows at a past day who bought within the horizon, 90 days "
            "unless set otherwise"
        ),
        "up",
    ),
    one(
        "revenue_total",
        N_("Sales, all data"),
        "money",
        N_("sum of net amounts of the whole source, rows used and rows set aside, whatever the month"),
    ),
    one(
        "revenue_month", N_("Sales in the month"), "money", N_("sum of the month's net amounts, known customers"), "up"
    ),
    one(
        "one_time_share",
        N_("Bought only once"),
        "share",
        N_("customers with one purchase / customers, both of those first seen at least 90 days before the month's end"),
        "down",
    ),
    one(
        "second_purchase_30d",
        N_("Second purchase in 30 days"),
        "share",
        N_(
            "new customers with a second purchase within 30 days / new customers, of the last twelve months of first "
            "purchases that were followed for so long"
        ),
        "up",
    ),
    one(
        "second_purchase_60d",
        N_("Second purchase in 60 days"),
        "share",
        N_(
            "new customers with a second purchase within 60 days / new customers, of the last twelve months of first "
            "purchases that were followed for so long"
        ),
        "up",
    ),
    one(
        "second_purchase_90d",
        N_("Second purchase in 90 days"),
        "share",
        N_(
            "new customers with a second purchase within 90 days / new customers, of the last twelve months of first "
            "purchases that were followed for so long"
        ),
        "up",
    ),
    one(
        "purchase_frequency",
        N_("Purchases a buyer in a year"),
        "number",
        N_("purchases (days with one) of the last twelve months / customers who bought in them"),
        "up",
    ),
    one(
        "average_order",
        N_("Average order"),
        "money_per_order",
        N_("money of the month's orders before refunds / orders"),
        "up",
    ),
    one(
        "refund_share",
        N_("Goods returned"),
        "share",
        N_("money refunded in the month / money of the month's orders before refunds"),
        "down",
    ),
    one(
        "revenue_retention_year",
        N_("Money of last year's customers kept"),
        "share",
        N_("spend in the last twelve months of those who bought in the twelve months before / their spend then"),
        "up",
    ),
    one(
        "cost_of_keeping",
        N_("Cost of keeping a customer"),
        "money_per_customer",
        N_("money spent on retention and the programme in the month / customers active at its start and at its end"),
        "down",
    ),
    one(
        "cost_of_winning",
        N_("Cost of winning a customer"),
        "money_per_customer",
        N_("money spent on acquisition in the month / customers with their first purchase in it"),
        "down",
    ),
    one(
        "revenue_change",
        N_("Change of sales"),
        "money",
        N_("net sales of the month - net sales of the month compared with"),
        "up",
    ),
    one(
        "late_delivery_difference_90d",
        N_("Late first delivery: fewer come back"),
        "points",
        N_(
            "share with a second purchase within 90 days of the promised day, late - on time, among customers whose "
            "first delivery was late, adjusted for what was known at the first order"
        ),
        "up",
    ),
    one(
        "hazard_ratio_late_delivery",
        N_("Second purchase after a late delivery, hazard ratio"),
        "ratio",
        N_("hazard of the second purchase, late / on time, Cox regression with what was known at the first order"),
        "up",
    ),
    one(
        "risk_auc",
        N_("Risk score: sorts right"),
        "number",
        N_("area under the ROC curve of the chosen score on the last window, which no choice has seen"),
        "up",
    ),
    one(
        "risk_auc_recency",
        N_("Days of silence alone: sort right"),
        "number",
        N_("area under the ROC curve of the days since the last purchase on the same window"),
        "up",
    ),
    one(
        "risk_auc_palive",
        N_("P(alive) alone: sorts right"),
        "number",
        N_("area under the ROC curve of the purchase model's chance of no purchase on the same window"),
        "up",
    ),
    one(
        "risk_average_precision",
        N_("Risk score: average precision"),
        "number",
        N_("average precision of the chosen score on the last window"),
        "up",
    ),
    one(
        "risk_calibration_error",
        N_("Risk score: calibration error"),
        "share",
        N_("mean absolute gap of predicted and actual shares over ten bins of equal count, weighted by count"),
        "down",
    ),
    one(
        "risk_calibration_slope",
        N_("Risk score: calibration slope"),
        "number",
        N_("slope of the logistic regression of what happened on the logit of the score; 1 is right"),
    ),
    one(
        "risk_lift_top_decile",
        N_("Risk score: lift of the top tenth"),
        "ratio",
        N_("share without a purchase in the tenth with the highest score / share in all"),
        "up",
    ),
    one(
        "gross_profit_at_stake_90d",
        N_("Gross profit at stake"),
        "money",
        N_(
            "sum over customers of the gross profit expected within 90 days of one who stays x chance of no purchase "
            "in them"
        ),
        "down",
    ),
)
