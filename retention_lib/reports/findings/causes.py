"""What to try where something seems to drive customers away: a comparison found it, a test would have to confirm it."""

from __future__ import annotations

import math

from retention_lib.models.late_delivery import LateDelivery
from retention_lib.models.leaving import ReasonsToLeave
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import action
from retention_lib.reports.rows import row
from retention_lib.reports.why_words import who_met
from retention_lib.reports.words import N_, Words


@action.register
def _(result: LateDelivery, words: Words) -> Action | None:
    """Deliver first orders on time, where late ones brought fewer customers back."""
    found = result.difference
    if not found.claimed or found.value >= 0 or found.low is None or found.high is None:
        return None
    fewer = round(-found.value * result.late)
    return Action(
        title=words.say(
            N_(
                "Deliver first orders when promised: of **{late}** customers who got theirs late about **{fewer}** "
                "fewer bought again than customers alike whose order was on time"
            ),
            late=result.late,
            fewer=fewer,
        ),
        tested=False,
        facts=(
            (words.say(N_("Customers")), words.number(result.late)),
            (
                words.say(N_("Fewer who bought again")),
                words.say(
                    N_("{low} to {high}"),
                    low=words.number(round(-found.high * result.late)),
                    high=words.number(round(-found.low * result.late)),
                ),
            ),
        ),
        note=words.say(
            N_(
                "A comparison with customers alike, not a test. Have orders drawn at random sent another way, or "
                "promised a later day, and see whether more of these customers buy again."
            )
        ),
    )


@action.register
def _(result: ReasonsToLeave, words: Words) -> Action | None:
    """Look into what marks those who went quiet by more than chance."""
    if result.worst is None:
        return None
    worst = row(result.table.set_index("reason"), result.worst)
    if math.isnan(worst["behind_it"]):
        return None
    return Action(
        title=words.say(
            N_(
                "Mend what marks those who leave. {who}: of {n} with customers alike **{behind}** more went quiet than "
                "of these"
            ),
            who=who_met(str(result.worst), words),
            behind=words.say(N_("about {n}"), n=round(float(worst["behind_it"]))),
            n=round(float(worst["customers"] * worst["covered"])),
        ),
        tested=False,
        facts=(
            (words.say(N_("Customers")), words.number(int(worst["customers"]))),
            (
                words.say(N_("More who went quiet")),
                words.say(
                    N_("{low} to {high}"),
                    low=words.number(round(float(worst["behind_low"]))),
                    high=words.number(round(float(worst["behind_high"]))),
                ),
            ),
        ),
        note=words.say(
            N_(
                "A comparison, not a test. Treat cases drawn at random better, the others as now, and judge both "
                "{days} later."
            ),
            days=words.days(result.horizon_days),
        ),
    )
