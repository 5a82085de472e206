"""Why there is no answer: what the loyalty programme changed."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "before_untested": N_(
        "Most of the members measured were customers for too short a time to test whether they and the others "
        "moved alike before joining."
    ),
    "control_group": N_(
        "Of {need} customers needed to compare members with, {have} are left who had not joined by then: where "
        "everybody joins, or all at once, nobody shows what would have been bought without the programme."
    ),
    "controls_of_kind": N_(
        "At most {have} customers like the members had not joined at the time; a comparison needs {need}."
    ),
    "fit_converged": N_("The course of purchases without the programme could not be estimated from these data."),
    "invitation_customers": N_(
        "Of those invited at random and those left out, {have} are the fewer; {need} of each are needed to judge "
        "the invitation."
    ),
    "invitation_named": N_("No experiment is named in which customers were invited into the programme at random."),
    "invitation_not_taken": N_(
        "The invitation made too few customers join to say what the programme did to those who joined because of it."
    ),
    "invitation_outcome_varies": N_("Nobody invited, or nobody left out, bought anything, so nothing is compared."),
    "invitation_periods": N_(
        "The customers invited at random have been followed for less than 28 days, so nothing is said of them yet."
    ),
    "joined_at_purchases": N_(
        "Customers join when they buy, and those who joined were more active already before: the comparison takes "
        "the moment of joining for an effect."
    ),
    "joined_one_day": N_(
        "All members joined on one day, and whatever else changed for them then would be taken for an effect."
    ),
    "level_without_treatment": N_(
        "Without the programme members would have brought nothing, so its effect is no percentage of that."
    ),
    "loyalty_events": N_("The store has no table of a loyalty programme."),
    "member_gap": N_("There are no members to hold beside others in the same weeks."),
    "member_purchases": N_("The members to be measured made {have} purchases in their first weeks; {need} are needed."),
    "members_settled": N_(
        "{have} members had been customers for 12 weeks before they joined; {need} are needed, as the others have "
        "no before."
    ),
    "members_with_after": N_("{have} members with a past are seen after they joined; {need} are needed."),
    "overlap_poor": N_(
        "Hardly any other customers bought as much as the members before they joined, so nobody shows what they "
        "would have done."
    ),
    "periods_before": N_("No purchases are left to test whether members and others moved alike before joining."),
    "periods_before_treatment": N_(
        "Members are not seen long enough before they joined to test whether they moved like the others."
    ),
    "segments_measured": N_(
        "Groups of customers with enough members to be measured: {have}; a comparison needs {need}."
    ),
    "sums_positive": N_(
        "Sales of the members are not above zero in the weeks compared, so there are no shares to tell."
    ),
    "treated_seen_for": N_("Members are seen for {have} periods after they joined; {need} are needed."),
    "treated_with_past": N_(
        "The largest group of members with a past to be compared with has {have}; {need} are needed."
    ),
    "twins_members": N_(
        "{have} members were customers for 12 weeks before they joined; {need} are needed to find others like them."
    ),
    "twins_others": N_(
        "{have} customers who never joined were seen for 12 weeks; {need} are needed to be like the members."
    ),
}
