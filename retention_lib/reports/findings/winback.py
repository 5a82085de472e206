"""Sentences about writing to those who went quiet: what it must bring to pay, and what a test can show."""

from __future__ import annotations

from retention_lib.models.economics import BreakEven
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import action
from retention_lib.reports.words import N_, Words


@action.register
def _(result: BreakEven, words: Words) -> Action:
    letters = result.customers - result.customers // 2
    title = words.say(
        N_("Write to **{letters}** of the {n} customers who went quiet, drawn at random, and leave the others alone"),
        letters=letters,
        n=result.customers,
    )
    facts = (
        (words.say(N_("Customers")), words.number(result.customers)),
        (words.say(N_("Cost of the test")), words.money(letters * result.contact_cost)),
        (words.say(N_("Pays")), _pays(result, words)),
    )
    return Action(title=title, tested=False, facts=facts, note=_test_note(result, words))


def _pays(result: BreakEven, words: Words) -> str:
    """When a contact pays for itself."""
    if not result.one_in:
        return words.say(N_("with any lift: a contact costs nothing"))
    if not result.reachable:
        return words.say(N_("not at this cost: even bringing everyone back would not cover it"))
    return words.say(
        N_("if every {n} contacts bring back one customer more than no contact would"),
        n=words.number(max(1.0, result.one_in), 0),
    )


def _test_note(result: BreakEven, words: Words) -> str:
    """What a test on one month's list can show."""
    base, days = words.percent(result.base_share, 0), words.days(result.horizon_days)
    room = 1 - result.base_share
    if result.detectable_share is None:
        return words.say(
            N_("{base} come back by themselves. So few customers cannot show any lift: pool several months."), base=base
        )
    lift = words.points(result.detectable_share)
    if result.detectable_share > room / 2:
        return words.say(
            N_(
                "{base} come back by themselves, and a test of this size shows only a lift of {lift} or more of the "
                "{room} "
                "possible: one month can hardly show it, so pool several. Judge each list {days} after the contact."
            ),
            base=base,
            lift=lift,
            room=words.points(room),
            days=days,
        )
    return words.say(
        N_(
            "{base} come back by themselves, so only the difference to those left alone counts. A test of this size "
            "shows "
            "a lift of {lift} or more; a smaller one needs several months together. Judge it {days} after the contact."
        ),
        base=base,
        lift=lift,
        days=days,
    )
