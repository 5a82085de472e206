"""Sentences about how many customers a shop keeps: the verdict of a month, its net rates and its vital signs."""

from __future__ import annotations

from retention_lib.models.changes import beyond_chance
from retention_lib.models.estimates import Estimate, NotEnough
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


@verdict.register
def _(
    result: MonthRetention,
    words: Words,
    *,
    change: Estimate | NotEnough,
    returns: ReturnChance | NotEnough,
) -> Verdict:
    lapsed = not isinstance(returns, NotEnough) and returns.word == "lapsed"
    sentence = words.say(
        N_(
            "**{lapsed} of {start}** customers lapsed in {month}: {share} ({interval}) have not bought for "
            "{days}{change}."
        )
        if lapsed
        else N_(
            "**{lapsed} of {start}** customers went quiet in {month}: {share} ({interval}) have not bought for "
            "{days}{change}."
        ),
        lapsed=result.customers_lapsed,
        start=result.customers_active_start,
        month=words.month(result.month),
        share=words.percent(result.lapse_rate.value),
        interval=words.interval(result.lapse_rate.low, result.lapse_rate.high, "share"),
        days=words.days(result.lapse_days),
        change=_change_clause(change, words),
    )
    told = [sentence, _expected_loss(result, returns, words)]
    return Verdict(status=_status(result, change), sentence=" ".join(part for part in told if part))


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


def _status(result: MonthRetention, change: Estimate | NotEnough) -> Status:
    """The light of the verdict.

    Unknown under 30 customers; act when more than half lapse, or more than chance explains; watch when the base
    shrinks by more than chance explains; else good.
    """
    if result.customers_active_start < FEW:
        return "unknown"
    if result.lapse_rate.value > 0.5 or (beyond_chance(change) and isinstance(change, Estimate) and change.value > 0):
        return "act"
    return "watch" if result.growth.high is not None and result.growth.high < 1 else "good"


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
            "Net of those who came back, retention (CRR) is {crr} ({interval}) and churn {churn}; the gross pair above "
            "does not count them in."
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
            "{often} times on average, and an order is {order}."
        ),
        **values,
        often=words.number(often.value, 1),
    )


def _movement(pairs: list[tuple[VitalSign, Estimate | NotEnough]], before: str, words: Words, *, year: bool) -> str:
    """Which signs moved by more than chance explains; empty where nothing can be compared."""
    told = set(SHOWN) - UNTOLD
    compared = [(sign, change) for sign, change in pairs if sign.figure in told and isinstance(change, Estimate)]
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
        return words.say(N_("Against {month} nothing moved by more than chance explains."), month=name)
    return words.say(
        N_("Against {month}, by more than chance explains: {signs}."), month=name, signs=words.listed(changed)
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
