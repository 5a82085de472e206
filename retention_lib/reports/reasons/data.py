"""Why there is no answer: what the tables hold: sales, months, ids, and too few of whatever is counted."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "contact_cost_known": N_("The cost of a contact is not given; set economics.contact_cost in the parameter file."),
    "customers": N_("There are {have} customers; the model of purchases needs at least {need}."),
    "customers_alike": N_("There are no customers alike to compare with."),
    "customers_followed": N_(
        "Only {have} customers are seen long enough after their first purchase; {need} are needed to say how they buy."
    ),
    "customers_in_base": N_("There are {have} customers in the base of this share; it needs at least {need}."),
    "customers_in_rfm_groups": N_(
        "Customers in groups by recency and frequency: {have}; it takes {need} to say anything of the groups."
    ),
    "customers_in_segments": N_("The store has no column that splits its customers this way."),
    "customers_scored": N_("Nobody has bought lately, so there are no groups by recency and frequency."),
    "customers_scored_start": N_(
        "Nobody had bought before the month, so nobody can have moved from one group to another."
    ),
    "customers_with_sales": N_("There are {have} customers with sales; {need} are needed."),
    "days_of_sales": N_("There is no sale, so there is no calendar of sales."),
    "dimensions_known": N_(
        "The store knows nothing of its customers that would tell one group from another, but what they buy."
    ),
    "identities_known": N_("The store has no table of identities, so each customer id is taken for one person."),
    "margin": N_("Neither costs nor a margin are known, so there is no gross profit."),
    "margin_and_cost_known": N_(
        "Without a margin and the cost of a contact no profit can be computed; set them "
        "under economics in the parameter file."
    ),
    "margin_known": N_("Without a margin no profit can be computed; set economics.gross_margin in the parameter file."),
    "measures_compared": N_("No measure of the shop can be compared with those of other shops."),
    "month_compared_seen": N_(
        "Of the month to compare with the data hold {have} of {need} days, so the change of sales is not told."
    ),
    "month_over": N_("The month is not over, so it is not compared with another."),
    "month_whole": N_(
        "The month is seen for {have} of its {need} days only, so it is not compared with the month before."
    ),
    "months_of_history": N_("The data reach back {have} whole months; {need} are needed."),
    "months_to_compare": N_("Only {have} months before this one can be read; {need} are needed to say what is usual."),
    "months_with_history": N_("No month has a whole window of history before it."),
    "observations": N_("There are {have} observations; {need} are needed."),
    "orders": N_("There are {have} orders; {need} are needed to say which are far larger than the rest."),
    "reference_store": N_("No published sample is named to check the models against."),
    "refunds_known": N_("The sales hold no refunds, so what was returned is not known."),
    "sales_in_two_months": N_("Nobody bought in either of the two months, so there is no change of sales."),
    "sales_known": N_("The store has no sales that can be read."),
    "sales_variation": N_("Sales do not vary, so nothing can be compared."),
    "simulated_store": N_("Only a simulated store is asked whether it looks like a shop."),
    "tables_with_ids": N_("The store has one table with ids, so there is no other to compare it with."),
    "values_seen_to_quantile": N_(
        "Of {need} values only {have} are known, the others are larger: the quantile is not reached."
    ),
    "zero_variance": N_("All customers do the same, so that there is nothing to compare."),
}
