"""Sentences about how many customers a shop keeps: the verdict of a month, its net rates and its vital signs."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.changes import UsualLapse, beyond_chance
from retention_lib.models.lapse import ReturnChance
from retention_lib.models.retention import MonthRetention
from retention_lib.models.second_purchase import SecondPurchases
from retention_lib.models.signs import VitalSign
from retention_lib.models.vitals import VitalSigns
from retention_lib.reports.blocks import Status, Verdict
from retention_lib.reports.figures import figure_spec
from retention_lib.reports.findings.base import Finding, finding, verdict
from retention_lib.reports.findings.vitals_tables import SHOWN, UNTOLD, moved
from retention_lib.reports.style import FEW
from retention_lib.reports.words import N_, Words
from retention_lib.settings.calendar import Month

# Shares that a reader takes in at once, as words.
_PLAIN_SHARES = (
    (1 / 10, N_("one in ten")),
    (1 / 5, N_("one in five")),
    (1 / 4, N_("one in four")),
    (1 / 3, N_("one in three")),
    (2 / 5, N_("two in five")),
    (1 / 2, N_("half")),
    (3 / 5, N_("three in five")),
    (2 / 3, N_("two in three")),
    (3 / 4, N_("three in four")),
    (4 / 5, N_("four in five")),
    (9 / 10, N_("nine in ten")),
)
_NEAR = 0.025
NOT_COMPARED = NotEnough("months_to_compare", 0, 6)


@verdict.register
def _(
    result: MonthRetention,
    words: Words,
    *,
    change: Estimate | NotEnough,
    returns: ReturnChance | NotEnough,
    on_year: Estimate | NotEnough = NOT_COMPARED,
    usual: UsualLapse | NotEnough = NOT_COMPARED,
) -> Verdict:
    lapsed = not isinstance(returns, NotEnough) and returns.word == "lapsed"
    sentence = words.say(
        N_(
            "**{lapsed} of {start}** active customers lapsed in {month} (no purchase for {days}): {share} ({interval})"
            "{change}{usual}."
        )
        if lapsed
        else N_(
            "**{lapsed} of {start}** active customers went quiet in {month} (no purchase for {days}): {share} "
            "({interval}){change}{usual}."
        ),
        lapsed=result.customers_lapsed,
        start=result.customers_active_start,
        month=words.month(result.month),
        share=words.percent(result.lapse_rate.value),
        interval=words.interval(result.lapse_rate.low, result.lapse_rate.high, "share"),
        days=words.days(result.lapse_days),
        change=_change_clause(change, words),
        usual=_usual_clause(usual, words),
    )
    unfinished = "" if result.whole is True else words.say(N_("The month is not over, so these numbers will change."))
    told = [sentence, unfinished or _expected_loss(result, returns, words)]
    return Verdict(status=_status(result, change, on_year, usual), sentence=" ".join(part for part in told if part))


def _change_clause(change: Estimate | NotEnough, words: Words) -> str:
    """The change on the month before as the end of a sentence; empty where there is no month before."""
    if isinstance(change, NotEnough) or change.low is None or change.high is None:
        return ""
    size = words.points(abs(change.value))
    if change.low > 0:
        return words.say(N_(", {points} more than the month before, which is more than chance"), points=size)
    if change.high < 0:
        return words.say(N_(", {points} less than the month before, which is more than chance"), points=size)
    if change.value >= 0:
        return words.say(N_(", about the same as the month before ({points} more, within chance)"), points=size)
    return words.say(N_(", about the same as the month before ({points} less, within chance)"), points=size)


def _usual_clause(usual: UsualLapse | NotEnough, words: Words) -> str:
    """What the months before were like, as the end of a sentence; empty where there are too few."""
    if isinstance(usual, NotEnough):
        return ""
    return words.say(
        N_("; in the {n} months before it was {low} to {high}, {middle} in the middle"),
        n=usual.months,
        low=words.percent(usual.low),
        high=words.percent(usual.high),
        middle=words.percent(usual.middle),
    )


def _expected_loss(result: MonthRetention, returns: ReturnChance | NotEnough, words: Words) -> str:
    """What past experience says of those who went quiet; empty where nothing was measured."""
    if isinstance(returns, NotEnough) or isinstance(returns.lapsed_in_month, NotEnough):
        return ""
    just, every = returns.lapsed_in_month.value, returns.beyond.value
    few, many = sorted(_rounded(result.customers_lapsed * (1 - share)) for share in (just, every))
    if returns.word == "lapsed":
        message = N_(
            "On past experience {just} of those who have just lapsed buy again within {days}, and {all} of all the "
            "lapsed, so expect **{few} to {many}** to be really lost."
        )
    else:
        message = N_(
            "On past experience {all} of the quiet buy again within {days}, and {just} of those who have just gone "
            "quiet, so expect **{few} to {many}** to be really lost."
        )
    return words.say(
        message,
        all=share_in_words(every, words),
        just=share_in_words(just, words),
        days=words.days(returns.horizon_days),
        few=few,
        many=many,
    )


def share_in_words(share: float, words: Words) -> str:
    """A share as "about three in four", or in percent where no plain share is near."""
    nearest, name = min(_PLAIN_SHARES, key=lambda plain: abs(plain[0] - share))
    said = words.say(name) if abs(nearest - share) <= _NEAR else words.percent(share, 0)
    return words.say(N_("about {share}"), share=said)


def _rounded(customers: float) -> int:
    """A number of customers as precise as a forecast of it may be said."""
    if customers < 20:
        return round(customers)
    step = 5 if customers < 100 else 10 ** (len(str(int(customers))) - 2)
    return int(step * round(customers / step))


def _status(
    result: MonthRetention,
    change: Estimate | NotEnough,
    on_year: Estimate | NotEnough,
    usual: UsualLapse | NotEnough,
) -> Status:
    """The light of the verdict.

    Unknown under 30 customers or while the month is not over; act when more than half lapse, or more than chance
    explains against the month before and more than in most months; watch when more lapse than chance explains against
    the same month last year, or the base shrinks by more than chance explains; else good.
    """
    if result.customers_active_start < FEW or result.whole is not True:
        return "unknown"
    rate = result.lapse_rate.value
    unusual = isinstance(usual, NotEnough) or rate > usual.middle
    if rate > 0.5 or (_risen(change) and unusual):
        return "act"
    shrinks = result.growth.high is not None and result.growth.high < 1
    return "watch" if _risen(on_year) or shrinks else "good"


def _risen(change: Estimate | NotEnough) -> bool:
    """Whether more lapsed than chance explains."""
    return isinstance(change, Estimate) and beyond_chance(change) and change.value > 0


@finding.register
def _(result: MonthRetention, words: Words) -> Finding:
    crr, churn = words.percent(result.crr.value), words.percent(result.churn_rate.value)
    bounds = words.interval(result.crr.low, result.crr.high, "share")
    if result.crr.value > 1:
        message = N_(
            "Net of those who came back, retention (CRR) is {crr} ({interval}) and churn {churn}: more came back than "
            "went quiet, so the net pair passes 100% and 0%. It is no share of anyone; the gross pair is."
        )
    else:
        message = N_(
            "Counting those who came back against those who went, retention (CRR) is {crr} ({interval}) and churn "
            "{churn}."
        )
    return Finding(sentence=words.say(message, crr=crr, churn=churn, interval=bounds))


@finding.register
def _(result: VitalSigns, words: Words) -> Finding:
    month = Month.parse(result.month)
    signs = {sign.figure: sign for sign in result.signs}
    told = [
        _level(signs, words),
        _movement([(sign, sign.change_month) for sign in result.signs], str(month.previous()), words, year=False),
        _movement([(sign, sign.change_year) for sign in result.signs], str(month.shift(-12)), words, year=True),
        _unknown(result, words),
    ]
    return Finding(sentence=" ".join(part for part in told if part))


def _level(signs: dict[str, VitalSign], words: Words) -> str:
    """What customers do, in the figures that most stores have."""
    repeat, order, often = (signs[name].value for name in ("repeat_rate", "average_order", "purchase_frequency"))
    if isinstance(repeat, NotEnough) or isinstance(order, NotEnough):
        return ""
    values = {"repeat": words.percent(repeat.value), "order": words.money(order.value)}
    if isinstance(often, NotEnough):
        return words.say(
            N_("**{repeat}** of all customers have bought a second time, and an order is {order} on average."), **values
        )
    return words.say(
        N_(
            "**{repeat}** of all customers have bought a second time; who bought in the last twelve months did so "
            "{often} times on average (days with a purchase), and an order is {order}."
        ),
        **values,
        often=words.number(often.value, 1),
    )


def _movement(pairs: list[tuple[VitalSign, Estimate | NotEnough]], before: str, words: Words, *, year: bool) -> str:
    """Which signs moved by more than chance explains; empty where nothing can be compared."""
    told = set(SHOWN) - UNTOLD
    compared = [
        (sign, change)
        for sign, change in pairs
        if sign.figure in told and isinstance(change, Estimate) and change.low is not None and change.high is not None
    ]
    if not compared:
        return ""
    changed = [
        words.say(
            N_("{sign} ({change})"),
            sign=figure_spec(sign.figure).label_in(words),
            change=moved(sign, change, words),
        )
        for sign, change in compared
        if beyond_chance(change)
    ]
    name = words.month(before, year=year)
    if not changed:
        return words.say(N_("Since {month} nothing has changed by more than chance explains."), month=name)
    return words.say(
        N_("Changed since {month} by more than chance explains, each looked at alone: {signs}."),
        month=name,
        signs=words.listed(changed),
    )


def _unknown(result: VitalSigns, words: Words) -> str:
    """Which signs the data cannot carry."""
    names = [
        figure_spec(sign.figure).label_in(words)
        for sign in result.signs
        if sign.figure in SHOWN and isinstance(sign.value, NotEnough)
    ]
    return words.say(N_("Not known from these data: {signs}."), signs=words.listed(names)) if names else ""


@finding.register
def _(result: SecondPurchases, words: Words) -> Finding:
    first, last, followed = result.table.iloc[0], result.table.iloc[-1], result.followed
    pooled = result.signs["second_purchase_90d"].value
    sentence = words.say(
        N_(
            "Of {n} new customers **{late}** ({interval}) bought again within 90 days; {early} had done so by day 30 "
            "and {middle} by day 60."
        ),
        n=int(result.table["customers"].sum()),
        late=words.percent(followed[90], 0),
        interval=words.interval(pooled.low, pooled.high, "share"),
        early=words.percent(followed[30], 0),
        middle=words.percent(followed[60], 0),
    )
    if result.weakest is not None:
        weakest = result.table.loc[result.table["cohort"] == result.weakest].iloc[0]
        sentence += " " + words.say(
            N_("Those won in {month} came back least: {share} ({interval}), fewer than chance explains."),
            month=words.month(result.weakest),
            share=words.percent(weakest["share"], 0),
            interval=words.interval(weakest["low"], weakest["high"], "share"),
        )
    alt = words.say(
        N_(
            "Dots with intervals by month of the first purchase: {first} of the first cohort and {last} of the last "
            "bought again within 90 days."
        ),
        first=words.percent(first["share"], 0),
        last=words.percent(last["share"], 0),
    )
    caption = words.say(
        N_(
            "New customers by month of the first purchase, {first} to {last}, each followed for 90 days; bars: 95% "
            "intervals; grey: fewer than {few}."
        ),
        first=words.month(str(first["cohort"])),
        last=words.month(str(last["cohort"])),
        few=FEW,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)
