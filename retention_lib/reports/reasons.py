"""Why there is no answer, in words: one sentence for each reason code that a model may give."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.models.estimates import NotEnough
from retention_lib.reports.words import N_, Words

# code -> sentence; {have} and {need} are numbers already formatted.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "arms": N_("There are {have} arms; a comparison needs at least {need}."),
        "cohort_customers": N_("The largest cohort has {have} customers; {need} are needed to judge one."),
        "cohorts": N_("Nobody has bought yet, so there is no cohort."),
        "cohort_months": N_(
            "The oldest cohort is seen for {have} months; {need} are needed to say what a customer brought."
        ),
        "contact_cost_known": N_(
            "The cost of a contact is not given; set economics.contact_cost in the parameter file."
        ),
        "customers": N_("There are {have} customers; the model of purchases needs at least {need}."),
        "customers_active_start": N_(
            "Nobody was active when the month began, so nobody can have stayed or gone quiet."
        ),
        "customers_control": N_("{have} customers were left alone; a comparison needs at least {need}."),
        "customers_expected_per_arm": N_(
            "An arm should hold {have} by the plan; the check of the split needs at least {need}."
        ),
        "customers_in_base": N_("There are {have} customers in the base of this share; it needs at least {need}."),
        "customers_in_segments": N_("The store has no column that splits its customers this way."),
        "customers_on_list": N_("Nobody is on this list."),
        "customers_followed": N_(
            "Only {have} customers are seen long enough after their first purchase; {need} are needed to say how "
            "they buy."
        ),
        "customers_mailed": N_(
            "Only {have} customers were mailed first by this campaign; {need} are needed for a comparison."
        ),
        "customers_per_arm": N_("An arm has {have} with a result; it needs at least {need}."),
        "customers_silent_beyond_window": N_(
            "Only {have} customers were silent beyond the window at a past date "
            "with a full horizon after it; {need} are needed to say how many come back."
        ),
        "customers_treated": N_("{have} customers were addressed; a comparison needs at least {need}."),
        "customers_unmailed": N_("Only {have} customers were left alone; {need} are needed for a comparison."),
        "customers_with_sales": N_("There are {have} customers with sales; {need} are needed."),
        "customers_with_three_gaps": N_(
            "Only {have} customers have three gaps between purchases; {need} are needed "
            "to find the store's own window, so the usual 30 days are used."
        ),
        "days_of_sales": N_("There is no sale, so there is no calendar of sales."),
        "effects_claimed": N_("No arm changed the goal by more than chance, so there is no profit to speak of."),
        "episodes": N_("Only {have} customers bought in the period; {need} are needed for the curve."),
        "episodes_that_ended": N_("Nobody came back in the time seen, so there is no curve."),
        "forecast_buyers": N_(
            "Only {have} customers have bought; a forecast of their value needs {need}, so none is made."
        ),
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
        "households_control": N_("Only {have} households were left alone; {need} are needed for a comparison."),
        "households_treated": N_(
            "Only {have} households were mailed first by this campaign; {need} are needed for a comparison."
        ),
        "identities_known": N_("The store has no table of identities, so each customer id is taken for one person."),
        "margin_and_cost_known": N_(
            "Without a margin and the cost of a contact no profit can be computed; set them "
            "under economics in the parameter file."
        ),
        "margin_known": N_(
            "Without a margin no profit can be computed; set economics.gross_margin in the parameter file."
        ),
        "measures_compared": N_("No measure of the shop can be compared with those of other shops."),
        "month_whole": N_(
            "The month is seen for {have} of its {need} days only, so it is not compared with the month before."
        ),
        "months_with_history": N_("No month has a whole window of history before it."),
        "observations": N_("There are {have} observations; {need} are needed."),
        "orders": N_("There are {have} orders; {need} are needed to say which are far larger than the rest."),
        "profit_if_won_known": N_(
            "What a customer who comes back brings is not known: the margin is not given, or "
            "nobody came back at a past date."
        ),
        "profit_if_won_positive": N_(
            "A customer who comes back brings no profit at this margin, so no contact can pay."
        ),
        "purchase_model_fit": N_("The model of purchases finds no maximum on these data, so no value is computed."),
        "purchase_models": N_("No model of purchases could be fitted."),
        "redemptions_known": N_("The store has no table of redemptions, so use of coupons is not known."),
        "reference_store": N_("No published sample is named to check the models against."),
        "repeat_buyers": N_("Only {have} customers bought twice or more; {need} are needed to model what they spend."),
        "repeat_customers": N_("Only {have} customers bought twice or more; {need} are needed to model when they buy."),
        "sales_known": N_("The store has no sales that can be read."),
        "sales_variation": N_("Sales do not vary, so nothing can be compared."),
        "simulated_store": N_("Only a simulated store is asked whether it looks like a shop."),
        "spend_mean_finite": N_("The model of spend has no finite mean on these data, so no value is computed."),
        "spend_model_fit": N_("The model of spend finds no maximum on these data, so no value is computed."),
        "tables_with_ids": N_("The store has one table with ids, so there is no other to compare it with."),
        "weeks_after": N_("There are {have} weeks after the start; at least {need} is needed."),
        "weeks_before": N_(
            "There are {have} weeks before the start; at least {need} are needed to see whether the groups moved alike."
        ),
    }
)

_UNNAMED = N_("There is not enough data for this answer: it needs {need}, there are {have}.")


def reason_sentence(refusal: NotEnough, words: Words) -> str:
    """The sentence that stands where a figure, a chart or a table could not be made."""
    return words.say(
        REASONS.get(refusal.reason, _UNNAMED),
        have=_amount(refusal.have, words),
        need=_amount(refusal.need, words),
    )


def _amount(value: float, words: Words) -> str:
    return words.number(value) if float(value).is_integer() else words.number(value, 2)
