"""Sentences of whether the programme is generous or slow, and of the welcome gift to be tried."""

from __future__ import annotations

from retention_lib.models.gift_test import Gift, GiftTest
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.accrual import points_text, rounded
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.words import N_, Words

_VERDICTS = {
    (True, True): N_("**Neither: slow for those who buy, and generous in gifts that are hardly used.**"),
    (True, False): N_("**Slow for those who buy.**"),
    (False, True): N_("**Not slow for those who buy, but generous in gifts that are hardly used.**"),
    (False, False): N_("**Not slow: half of the members or more can buy their way to a reward.**"),
}


@finding.register
def _(result: GiftTest, words: Words) -> Finding:
    told = [
        words.say(_VERDICTS[result.slow, result.generous_unused]),
        words.say(
            N_("Within {time} of joining {bought} of members come to a reward of {reward} points by buying."),
            time=words.days(result.horizon),
            bought=words.percent(result.bought),
            reward=points_text(result.reward, words),
        ),
        _gifts(result, words),
        _welcome(result, words),
    ]
    return Finding(sentence=" ".join(part for part in told if part))


def _gifts(result: GiftTest, words: Words) -> str:
    """How much of what is given away is used."""
    if result.gifts_used is None or result.granted <= 0:
        return ""
    return words.say(
        N_("Of the points that are given away {used} are used."),
        used=words.percent(result.gifts_used, 0),
    )


def _welcome(result: GiftTest, words: Words) -> str:
    """Why today's welcome gift does not do; empty where it does or where there is none."""
    if result.gift is None or not result.proposed:
        return ""
    return words.say(
        N_("The welcome gift is {gift}, where a reward takes {reward} and points for buying live {life}."),
        gift=_gift_text(result.gift.points, result.gift.valid_days, words),
        reward=points_text(result.reward, words),
        life=_life(result.valid_days, words),
    )


def _gift_text(points: float, valid: float | None, words: Words) -> str:
    return words.say(N_("{points} points for {life}"), points=points_text(points, words), life=_life(valid, words))


def _life(valid: float | None, words: Words) -> str:
    return words.say(N_("an unlimited time")) if valid is None else words.days(valid)


@action.register
def _(result: GiftTest, words: Words) -> Action | None:
    """A welcome gift that can be used, for a half drawn by chance; nothing where today's can be used."""
    if not result.proposed or result.most is None:
        return None
    title = words.say(
        N_(
            "Give a **random half of new members** a welcome gift of {gift}, enough for a reward, and the others what "
            "new members get now"
        ),
        gift=_gift_text(result.reward, result.valid_days, words),
    )
    facts = [
        (words.say(N_("Now")), _now(result.gift, words)),
        (
            words.say(N_("For")),
            words.say(N_("{n} new members a year: half of those who joined in the last one"), n=result.tested),
        ),
        (
            words.say(N_("Costs at most")),
            words.say(
                N_("{each} a member, {all} a year, if every gift is used"),
                each=words.money(rounded(result.most_each)),
                all=words.money(rounded(result.most), compact=True, finer=1),
            ),
        ),
        (words.say(N_("Pays")), _pays(result, words)),
    ]
    note = words.say(
        N_("Whether members buy more with it is not known. Compare gross profit a member of both halves after {time}."),
        time=words.days(result.horizon),
    )
    return Action(title=title, tested=False, facts=tuple(facts), note=note)


def _now(gift: Gift | None, words: Words) -> str:
    """What new members get now, and how much of it they use."""
    if gift is None:
        return words.say(N_("no welcome gift"))
    text = _gift_text(gift.points, gift.valid_days, words)
    if gift.used is None:
        return text
    return words.say(N_("{gift}; {used} are used"), gift=text, used=words.percent(gift.used, 0))


def _pays(result: GiftTest, words: Words) -> str:
    """From how much more of a member on it pays for certain."""
    shown = {
        "profit": words.money(rounded(result.break_even)),
        "sales": words.money(rounded(result.break_even_sales)),
    }
    if result.break_even_sales is None:
        return words.say(N_("if a member with it brings {profit} more gross profit than one without"), **shown)
    return words.say(
        N_("if a member with it brings {profit} more gross profit than one without, {sales} more sales"), **shown
    )
