"""Sentences about customers who were invited into the programme at random."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.invitation import CHANCE, SAMPLE_RATIO, UNBALANCED, InvitationEffect
from retention_lib.models.impact.invitation_balance import RandomBalance
from retention_lib.models.impact.invitations_found import InvitationsFound
from retention_lib.reports.blocks import Action, Alert, Status, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding, verdict
from retention_lib.reports.rows import row, rows
from retention_lib.reports.words import N_, Words

_WEAK = 10

_REFUSED = {
    SAMPLE_RATIO: N_(
        "**No effect of the programme is claimed from the invitation**: not as many were invited as were meant to be, "
        "so chance did not draw the two groups."
    ),
    UNBALANCED: N_(
        "**No effect of the programme is claimed from the invitation**: those invited bought differently even before "
        "it, more than chance explains."
    ),
}
_INVITED = {
    True: N_(
        "Invited at random, customers made **{share} more purchases** in {days} ({range}) than those not invited."
    ),
    False: N_(
        "Invited at random, customers made **{share} fewer purchases** in {days} ({range}) than those not invited."
    ),
}
_NOT_TOLD = {
    True: N_(
        "**Whether the programme makes customers buy more often cannot be told** from the invitation: in {days} the "
        "invited made {share} more purchases than the others ({range}), which chance alone can do."
    ),
    False: N_(
        "**Whether the programme makes customers buy more often cannot be told** from the invitation: in {days} the "
        "invited made {share} fewer purchases than the others ({range}), which chance alone can do."
    ),
}
_JOINED = {
    True: N_(
        "{taken} of the invited joined because of it; these bought {share} more often than they would have without "
        "the programme ({range})."
    ),
    False: N_(
        "{taken} of the invited joined because of it; these bought {share} less often than they would have without "
        "the programme ({range})."
    ),
}
"""Sentences of an effect by whether it is above 0."""


@verdict.register
def _(result: InvitationEffect, words: Words, **context: object) -> Verdict:
    effect = result.effect("purchases")
    status: Status = "unknown"
    if isinstance(effect, Estimate) and effect.claimed:
        status = "good" if effect.value > 0 else "act"
    elif isinstance(effect, Estimate) and effect.reason == CHANCE:
        status = "watch"
    return Verdict(status=status, sentence=_sentence(result, words))


@finding.register
def _(result: InvitationEffect, words: Words) -> Finding:
    sentence = f"{_sentence(result, words)} {_naive(result, words)}".strip()
    return Finding(sentence=sentence, alt=_alt(result, words), caption=_caption(result, words))


def _sentence(result: InvitationEffect, words: Words) -> str:
    """What the invitation did to all invited, to those who joined for it, and to profit."""
    effect = result.effect("purchases", relative=True)
    if isinstance(effect, NotEnough):
        return finding(effect, words).sentence
    if result.refused:
        return words.say(_REFUSED[result.refused])
    parts = (_of_invited(effect, result, words), _of_joined(result, words), _of_profit(result, words))
    return " ".join(part for part in parts if part)


def _of_invited(effect: Estimate, result: InvitationEffect, words: Words) -> str:
    """What the invitation did to all who got it."""
    message = (_INVITED if effect.claimed else _NOT_TOLD)[effect.value > 0]
    share, days = words.percent(abs(effect.value)), words.days(result.days)
    return words.say(message, share=share, range=_turned(effect, words), days=days)


def _of_joined(result: InvitationEffect, words: Words) -> str:
    """What the programme did to those who joined because of the invitation."""
    taken, effect = words.percent(result.taken.value, 0), result.effect("purchases", "joined", relative=True)
    if isinstance(effect, NotEnough):
        message = N_("The invitation moved the share that joined by {taken}, too little to say more of those who did.")
        return words.say(message, taken=words.points(result.taken.value))
    if effect.claimed:
        share, between = words.percent(abs(effect.value)), _turned(effect, words)
        return words.say(_JOINED[effect.value > 0], taken=taken, share=share, range=between)
    message = N_("{taken} of the invited joined because of it; for these the change lies between {low} and {high}.")
    low, high = (words.percent(bound) for bound in (effect.low, effect.high))
    return words.say(message, taken=taken, low=low, high=high)


def _of_profit(result: InvitationEffect, words: Words) -> str:
    """What an invitation left in gross profit; nothing where none is known."""
    effect = result.effect("gross_profit")
    if isinstance(effect, NotEnough):
        return ""
    message = (
        N_("That is {profit} of gross profit for each customer invited ({range}), before rewards and running cost.")
        if effect.claimed
        else N_(
            "In gross profit it is {profit} for each customer invited ({range}), which may be chance, before rewards "
            "and running cost."
        )
    )
    between = words.interval(effect.low, effect.high, "money")
    return words.say(message, profit=words.money(effect.value), range=between)


def _naive(result: InvitationEffect, words: Words) -> str:
    """What a plain comparison of members and others would have said."""
    if result.refused or not result.naive_with or not result.naive_without:
        return ""
    times = words.number(result.naive_with / result.naive_without, 1)
    message = (
        N_(
            "Comparing members with the others would mislead: those who joined made {times} times as many purchases, "
            "as frequent buyers are the ones who join."
        )
        if result.naive_with > result.naive_without
        else N_("Comparing members with the others would mislead: those who joined made {times} times their purchases.")
    )
    return words.say(message, times=times)


def _turned(effect: Estimate, words: Words) -> str:
    """The bounds of a share in the direction of the effect, the smaller one first."""
    sign = -1 if effect.value < 0 else 1
    low, high = sorted(sign * float(bound or 0.0) for bound in (effect.low, effect.high))
    return words.interval(low, high, "share")


def _alt(result: InvitationEffect, words: Words) -> str:
    drawn = result.table[result.table["relative_low"].notna()]
    if drawn.empty or result.refused:
        return words.say(N_("Empty chart: no change is drawn for {n} customers."), n=result.invited + result.left_out)
    first = row(drawn, drawn.index[0])
    return words.say(
        N_(
            "Dots with intervals around a line at no effect, for all invited and for those who joined: purchases of "
            "all invited changed by {share} ({range})."
        ),
        share=words.percent(first["relative"]),
        range=words.interval(first["relative_low"], first["relative_high"], "share"),
    )


def _caption(result: InvitationEffect, words: Words) -> str:
    return words.say(
        N_(
            "{invited} customers invited by chance and {left_out} left out, followed for {days} from {day}; adjusted "
            "for what they bought before; {level} intervals, grey: may be chance."
        ),
        invited=result.invited,
        left_out=result.left_out,
        days=words.days(result.days),
        day=result.first,
        level=words.percent(result.level, 0),
    )


@alert.register
def _(result: InvitationEffect, words: Words) -> Alert:
    """What has to be taken as given for those who joined, and who was left out."""
    left = (result.members_already, result.mixed, result.unseen)
    parts = [
        words.say(
            N_(
                "The effect on those who joined takes it that an invitation changes nothing for those whom it does not "
                "make join; if its reading alone made some buy, that effect is too large."
            )
        )
    ]
    if result.strength < _WEAK:
        parts.append(words.say(N_("The invitation made few join, so little can be said of these.")))
    if not result.one_sided:
        parts.append(
            words.say(
                N_("{share} of those not invited joined too; the effect says nothing of who joins in any case."),
                share=words.percent(result.joined_left_out.value),
            )
        )
    if sum(left):
        parts.append(
            words.say(
                N_(
                    "Left out of both groups: {members} members already, {mixed} in both groups, {unseen} not seen to "
                    "the end."
                ),
                members=left[0],
                mixed=left[1],
                unseen=left[2],
            )
        )
    found = result.strength < _WEAK or result.mixed > 0
    return check_alert(found=found, title=words.say(N_("Invitation.")), sentence=" ".join(parts))


@alert.register
def _(result: RandomBalance, words: Words) -> Alert:
    message = (
        N_(
            "Those invited and those left out differed before the invitation by more than chance explains (largest "
            "difference {worst} standard deviations, p {p}): no effect is claimed."
        )
        if result.broken
        else N_(
            "Before the invitation the two groups were less alike than chance mostly makes them (largest difference "
            "{worst} standard deviations, p {p}); the figures are adjusted for it."
        )
        if result.doubted
        else N_(
            "Before the invitation the two groups were alike (largest difference {worst} standard deviations, p {p})."
        )
    )
    sentence = words.say(message, worst=words.number(result.worst, 2), p=words.p_value(result.p))
    title = words.say(N_("Before the invitation."))
    return Alert(level="stop" if result.broken else "warn" if result.doubted else "ok", title=title, sentence=sentence)


@alert.register
def _(result: InvitationsFound, words: Words) -> Alert:
    said = [
        words.say(
            N_(
                "Of arm {arm} of experiment {experiment} {share} joined the programme within 60 days, of arm {control} "
                "{control_share}: it looks like an invitation at random, the safest way to judge the programme. If it "
                "was one, name it in the parameter {parameter}."
            ),
            arm=one.arm,
            experiment=one.experiment,
            share=words.percent(one.share),
            control=one.control,
            control_share=words.percent(one.control_share),
            parameter="loyalty_impact.invitation",
        )
        for one in rows(result.table)
    ]
    return Alert(level="warn", title=words.say(N_("Not used.")), sentence=" ".join(said))


@action.register
def _(result: InvitationEffect, words: Words) -> Action | None:
    effect, profit = result.effect("purchases"), result.effect("gross_profit")
    if isinstance(effect, NotEnough) or result.refused:
        return None
    if effect.claimed and effect.value < 0:
        lost = words.number(-effect.value * 100)
        return Action(
            title=words.say(N_("Stop inviting customers as it was done here")),
            tested=True,
            facts=((words.say(N_("Purchases lost for 100 customers invited")), lost),),
            note=words.say(N_("Ask some of those who joined what they dislike, and invite the next ones at random.")),
        )
    if effect.claimed and isinstance(profit, Estimate) and profit.claimed:
        return _invite(result, profit, words)
    return _repeat(result, words)


def _invite(result: InvitationEffect, profit: Estimate, words: Words) -> Action:
    """Invite those left out, with the money that the test promises."""
    low, high = (float(bound or 0.0) * result.left_out for bound in (profit.low, profit.high))
    money = words.say(
        N_("{profit} ({range}) in {days}"),
        profit=words.money(profit.value * result.left_out, compact=True),
        range=words.interval(low, high, "money", compact=True),
        days=words.days(result.days),
    )
    return Action(
        title=words.count(
            "Invite the **{n} customer** left out so far",
            "Invite the **{n} customers** left out so far",
            result.left_out,
        ),
        tested=True,
        facts=((words.say(N_("Gross profit, before rewards and running cost")), money),),
        note=words.say(N_("Measured on customers drawn by chance. Leave a random tenth out to see whether it lasts.")),
    )


def _repeat(result: InvitationEffect, words: Words) -> Action:
    """Invite more at random: too few to tell, or no profit told."""
    purchases = row(result.table, result.table.index[0])
    least = purchases["detectable"] / purchases["without"] if purchases["without"] > 0 else float("nan")
    return Action(
        title=words.say(N_("Invite the **next customers at random** too, and judge both invitations together")),
        tested=False,
        facts=(
            (
                words.say(N_("This invitation would mostly show")),
                words.say(N_("a change of {share} or more among all invited"), share=words.percent(least, 0)),
            ),
        ),
        note=words.say(
            N_("Only chance makes two groups that nothing but the programme sets apart, so only so it can be judged.")
        ),
    )
