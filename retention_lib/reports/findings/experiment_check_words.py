"""What is said of each check of a test: its title, and a message for what it stops and for what it warns of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from retention_lib.reports.words import N_


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said of a check.

    Attributes:
        title: Two or three words.
        short: What it forbids or warns of, in few words.
        stop: The message where it stops the test, about households and about customers.
        warn: The same where it warns.
        found: How what it found is written in a table: `p`, `of`, `count` or `day`.
        remedy: What to do where it stops a test against something that was only assumed.
    """

    title: str
    short: str
    stop: tuple[str, str] | None = None
    warn: tuple[str, str] | None = None
    found: str = "of"
    remedy: str = ""


def _both(message: str) -> tuple[str, str]:
    """A message that names neither households nor customers."""
    return message, message


CHECKS: Mapping[str, Told] = MappingProxyType(
    {
        "sample_ratio_broken": Told(
            title=N_("Split."),
            short=N_("the split is broken"),
            stop=(
                N_(
                    "The arms do not have the planned sizes: arm {about} is off by {gap} of {base} households. "
                    "Chance does that in fewer than 1 test of 1,000, so something else chose who is in which arm."
                ),
                N_(
                    "The arms do not have the planned sizes: arm {about} is off by {gap} of {base} customers. "
                    "Chance does that in fewer than 1 test of 1,000, so something else chose who is in which arm."
                ),
            ),
            warn=_both(
                N_(
                    "The arms are a little off their planned sizes: arm {about} by {gap} (p {p}). Chance does that, "
                    "but rarely; look how the list was made."
                )
            ),
            found="p",
            remedy=N_("If the arms were not meant to be equal, write their planned sizes into planned_split."),
        ),
        "sample_ratio_strata": Told(
            title=N_("Split inside groups."),
            short=N_("the split is broken in a group"),
            stop=_both(
                N_(
                    "Inside {found} of {base} groups the arms do not have the planned sizes, most of all in {about}: "
                    "some customers are missing from an arm."
                )
            ),
            warn=_both(N_("In the group {about} the arms are a little off their planned sizes (p {p}).")),
            found="p",
        ),
        "sample_ratio_days": Told(
            title=N_("Split day by day."),
            short=N_("the split is broken on a day"),
            stop=_both(
                N_(
                    "On {found} of {base} days the arms did not get the planned sizes, most of all on {about}: the "
                    "arms saw different days."
                )
            ),
            warn=_both(N_("On {about} the arms were a little off their planned sizes (p {p}).")),
            found="p",
        ),
        "two_arms": Told(
            title=N_("In two arms."),
            short=N_("too many are in two arms"),
            stop=(
                N_("{found} of {base} households are in two arms: so many that leaving them out changes who is left."),
                N_("{found} of {base} customers are in two arms: so many that leaving them out changes who is left."),
            ),
            warn=(
                N_("{found} of {base} households are in two arms; they count in neither."),
                N_("{found} of {base} customers are in two arms; they count in neither."),
            ),
        ),
        "set_aside": Told(
            title=N_("Rows at odds."),
            short=N_("rows of the list contradict one another"),
            warn=_both(
                N_(
                    "{found} rows of the list, of all tests together, put somebody into two arms of one test; they "
                    "were set aside when the data were read and count in no arm."
                )
            ),
            found="count",
        ),
        "households_split": Told(
            title=N_("Households in two arms."),
            short=N_("households are in two arms"),
            warn=_both(
                N_(
                    "{found} households have members in two arms. Who lives with a customer that got the offer may use "
                    "it too, which makes effects look smaller than they are."
                )
            ),
            found="count",
        ),
        "assignment_after_exposure": Told(
            title=N_("Drawn before reached."),
            short=N_("customers were reached before they were drawn"),
            stop=(
                N_(
                    "{found} of {base} households had the campaign's message or coupon before they were put into an "
                    "arm: chance did not choose who got it."
                ),
                N_(
                    "{found} of {base} customers had the campaign's message or coupon before they were put into an "
                    "arm: chance did not choose who got it."
                ),
            ),
            warn=(
                N_("{found} of {base} households had the message before they were put into an arm; too few to matter."),
                N_("{found} of {base} customers had the message before they were put into an arm; too few to matter."),
            ),
        ),
        "unbalanced_before": Told(
            title=N_("Alike before."),
            short=N_("the arms differed before the test"),
            stop=_both(
                N_(
                    "The arms bought differently before the test already, more than chance explains: {metric} differs "
                    "by {gap}. The same difference afterwards is no effect."
                )
            ),
            warn=_both(
                N_(
                    "Before the test the arms differ a little more than chance mostly makes them ({metric} by {gap}, p "
                    "{p})."
                )
            ),
            found="p",
        ),
        "outcomes_missing": Told(
            title=N_("Results missing."),
            short=N_("results are missing from one arm more than from another"),
            stop=_both(
                N_(
                    "Results are missing from one arm more than from another ({metric}: for {found} of {base} in the "
                    "arm with fewest): who is left can no longer be compared."
                )
            ),
            warn=_both(N_("Results are missing for {found} of {base} in an arm ({metric}), and in the others alike.")),
        ),
        "other_campaigns": Told(
            title=N_("Other campaigns."),
            short=N_("another campaign reached one arm more than another"),
            stop=_both(
                N_(
                    "{about} reached the arms unequally: the shares differ by {gap}. What it did cannot be told from "
                    "what this campaign did."
                )
            ),
            warn=_both(
                N_(
                    "{about} reached the arms a little unequally (by {gap}), perhaps because of this campaign; the "
                    "effects hold its part."
                )
            ),
        ),
        "other_tests": Told(
            title=N_("Other tests."),
            short=N_("another test reached one arm more than another"),
            stop=_both(
                N_(
                    "{about} took its customers unequally from the arms: the shares differ by {gap}. What it did "
                    "cannot be told from what this campaign did."
                )
            ),
            warn=(
                N_(
                    "{found} of {base} households were in another test at the time or just before ({about}), in all "
                    "arms alike: effects hold for customers who got that as well."
                ),
                N_(
                    "{found} of {base} customers were in another test at the time or just before ({about}), in all "
                    "arms alike: effects hold for customers who got that as well."
                ),
            ),
        ),
        "control_contacted": Told(
            title=N_("Left alone."),
            short=N_("those left alone were not"),
            stop=_both(
                N_("{found} of {base} who were to be left alone got the message: there is nobody to compare with.")
            ),
            warn=_both(
                N_(
                    "{found} of {base} who were to be left alone got the message; they count as left alone, which "
                    "makes effects look smaller."
                )
            ),
        ),
        "not_contacted": Told(
            title=N_("Not reached."),
            short=N_("many were not reached"),
            warn=_both(
                N_(
                    "{found} of {base} in {about} got no message. They count all the same: the effect is that of "
                    "sending to everybody on the list."
                )
            ),
        ),
        "small_arms": Told(
            title=N_("Large enough."),
            short=N_("an arm is too small"),
            stop=(
                N_("{about} has {found} households; nothing can be said with fewer than {base}."),
                N_("{about} has {found} customers; nothing can be said with fewer than {base}."),
            ),
            found="count",
        ),
        "bought_between": Told(
            title=N_("Bought just before."),
            short=N_("customers bought just before"),
            warn=(
                N_(
                    "{found} of {base} households bought on the day they were put into an arm, before that; these "
                    "purchases count as before the test."
                ),
                N_(
                    "{found} of {base} customers bought on the day they were put into an arm, before that; these "
                    "purchases count as before the test."
                ),
            ),
        ),
        "holdout_touched": Told(
            title=N_("Hold-out."),
            short=N_("customers were to be left out of all campaigns"),
            warn=_both(
                N_("{found} who were to be left out of all campaigns are in an arm of this test that is written to.")
            ),
        ),
        "days_missing": Told(
            title=N_("Days without sales."),
            short=N_("days of sales are missing"),
            warn=_both(
                N_("On {found} of {base} days the shop has no sale at all: data may be missing, from all arms alike.")
            ),
        ),
        "undated": Told(title=N_("Dates."), short=N_("the test has no dates"), found="day"),
        "after_weeks_open": Told(
            title=N_("Weeks after."),
            short=N_("the weeks after the offer are not over"),
            warn=_both(N_("The weeks after the offer are not over: what is left of it can be told from {on} on.")),
            found="day",
        ),
        "interim": Told(
            title=N_("Test over."),
            short=N_("the test is not over"),
            warn=_both(
                N_(
                    "The test is not over: it can be judged from {on} on, in {days}. Calling a winner earlier finds "
                    "winners that are none."
                )
            ),
            found="day",
        ),
    }
)
"""What is said of each check, by its code."""
