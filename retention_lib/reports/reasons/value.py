"""Why there is no answer: what customers are worth, and what it costs to win them."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "acquisition_cost_by_group": N_(
        "What winning a customer costs is not known group by group, so groups are not held against their cost."
    ),
    "acquisition_cost_known": N_(
        "What winning a customer costs is not known: neither the tables nor the parameter file tell it."
    ),
    "acquisition_cost_positive": N_("Winning a customer costs nothing here, so value and cost cannot be compared."),
    "backtest_days": N_(
        "There are {have} days of sales before the last test; {need} are needed to choose among forecasts."
    ),
    "boosting_customers": N_(
        "Only {have} customers were known in the window before; {need} are needed to learn from what they did."
    ),
    "cohort_customers": N_("The largest cohort has {have} customers; {need} are needed to judge one."),
    "cohort_months": N_("The cohorts are seen for {have} periods; {need} are needed to say what a customer brought."),
    "cohorts": N_("Nobody has bought yet, so there is no cohort."),
    "cohorts_to_compare": N_(
        "Cohorts of 30 customers that have been seen at the same age: {have}; it takes {need} to compare them."
    ),
    "costs_known": N_("The store has no table of costs, so what keeping and winning a customer costs is not known."),
    "costs_of_month": N_("The table of costs has no row for the month."),
    "customers_referred": N_(
        "Only {have} customers who came by a recommendation, or in another way, can be followed for half a year; "
        "{need} are needed to say what they bring."
    ),
    "customers_valued": N_(
        "{have} customers are expected to bring anything; {need} are needed to say how it is spread over them."
    ),
    "first_purchases_known": N_("The data begin too late to know who bought for the first time in the month."),
    "forecast_buyers": N_(
        "Only {have} customers have bought; a forecast of their value needs {need}, so none is made."
    ),
    "forecast_errors": N_("No forecast of it was made on past days, so its errors are not known."),
    "forecast_history_days": N_("The sales reach back {have} days; a forecast needs {need}, so none is made."),
    "forecast_recent_days": N_(
        "The last purchase is {have} days old; a forecast needs one in the last {need} days, so none is made."
    ),
    "forecast_third_purchases": N_("Nobody has bought three times, so no forecast of purchases is made."),
    "holdout_customers": N_(
        "Only {have} customers were known when the holdout began; {need} are needed to test a forecast."
    ),
    "holdout_purchases": N_("Nobody bought in the holdout, so a forecast cannot be tested on it."),
    "holdout_weeks": N_("There is not a whole week of data on each side of the holdout's beginning."),
    "income_customers": N_(
        "Only {have} customers bought in one of the last two years; {need} are needed for an income-based value."
    ),
    "income_history_days": N_(
        "The sales reach back {have} days; an income-based value needs two years, {need} days, to see who stays."
    ),
    "income_left": N_("No customer of the year before left, so years of relationship cannot be told."),
    "lifetime_history_months": N_(
        "The sales reach back {have} months; {need} are needed for a lifetime figure, so none is shown."
    ),
    "purchase_model_fit": N_("The model of purchases finds no maximum on these data, so no value is computed."),
    "purchase_models": N_("No model of purchases could be fitted."),
    "referrals_known": N_(
        "Neither points given nor the channels by which customers came speak of recommendations, so nothing can be "
        "said of them."
    ),
    "repeat_buyers": N_("Only {have} customers bought twice or more; {need} are needed to model what they spend."),
    "repeat_customers": N_("Only {have} customers bought twice or more; {need} are needed to model when they buy."),
    "repeat_customers_with_spend": N_(
        "What customers spend could not be modelled before the month, so its sales are not forecast."
    ),
    "season_history_days": N_(
        "The sales reach back {have} days; {need} are needed to tell a season from a trend, so none is used."
    ),
    "season_months": N_(
        "Only {have} months have purchases enough to tell a season; {need} are needed, so none is used."
    ),
    "spend_mean_finite": N_("The model of spend has no finite mean on these data, so no value is computed."),
    "spend_model_fit": N_("The model of spend finds no maximum on these data, so no value is computed."),
    "splits_known": N_(
        "The store knows neither a channel nor a category nor a discount of the first order, so groups by how "
        "customers were won are not compared."
    ),
    "stakes_buyers": N_(
        "Only {have} customers bought in the last whole window; {need} are needed to check what is said to be at stake."
    ),
    "survival_customers": N_("Only {have} customers are followed; {need} are needed to say how many stay."),
    "survival_fit": N_(
        "How many stay follows no curve that can be carried on (nobody left, or everybody alike), so none is drawn."
    ),
    "survival_periods": N_("Customers are followed for {have} renewals; {need} are needed to say how many stay."),
    "top_customers_who_may_leave": N_(
        "Of the {need} most valuable customers only {have} would buy nothing by themselves, too few for a test to "
        "show that treating them better keeps more."
    ),
}
