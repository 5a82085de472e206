"""Sentences about late first deliveries and about what goes with a sooner second purchase."""

from __future__ import annotations

from collections.abc import Sequence

from retention_lib.estimates import Estimate
from retention_lib.models import late_delivery
from retention_lib.models.first_orders import RARE, UNKNOWN
from retention_lib.models.hazards import LATE, LONGEST_DAYS, STEPS, Course, HazardRatios
from retention_lib.models.late_delivery import HORIZON_DAYS, LateDelivery
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_ACCOUNTED = {
    "carrier": N_("carrier"),
    "region": N_("region"),
    "channel": N_("channel"),
    "acquisition_channel": N_("source"),
    "category": N_("basket"),
    "lines": N_("basket"),
    "amount": N_("basket"),
    "coupon": N_("discount"),
    "discount_share": N_("discount"),
    "promised_days": N_("promised time"),
    "month_of_year": N_("season"),
    "trend": N_("season"),
}
"""What a feature is called in a list of what is accounted for; several may have one word."""

_NUMBERS = {
    LATE: N_("First delivery late, against on time"),
    "lines": N_("One line more in the basket"),
    "amount": N_("Twice the money"),
    "discount_share": N_("{points} points more discount"),
    "promised_days": N_("One day more promised"),
}
_NAMES = {
    "carrier": N_("Carrier {level}, against {base}"),
    "region": N_("Region {level}, against {base}"),
    "channel": N_("Channel {level}, against {base}"),
    "acquisition_channel": N_("Source {level}, against {base}"),
    "category": N_("Most money on {level}, against {base}"),
    "coupon": N_("With a coupon, against without"),
}
_LEVELS = {RARE: N_("rare ones"), UNKNOWN: N_("not known")}
_COURSES: dict[Course, str] = {
    "steady": N_("There is no sign that the gap changes with time."),
    "early": N_("The gap is largest early on and closes later."),
    "later": N_("The gap grows with time."),
}
_DOUBTS = {
    late_delivery.SUPPORT: N_("too few of the customers on time are like the late ones"),
    late_delivery.BALANCE: N_("the customers on time cannot be weighted to look like the late ones"),
    late_delivery.PLACEBO: N_(
        "the late ones bought differently even before the promised day, when it could not matter"
    ),
}

_PACES = {
    (True, True): N_(
        "All else known being equal, customers whose first delivery was late make their second purchase at **{ratio} "
        "times** the pace of those on time ({range}). {course}"
    ),
    (True, False): N_(
        "All else known being equal, the pace of the second purchase after a late first delivery is {ratio} times that "
        "after one on time ({range}), which may be chance."
    ),
    (False, True): N_(
        "Without claiming to compare like with like, customers whose first delivery was late make their second "
        "purchase at **{ratio} times** the pace of those on time ({range}). {course}"
    ),
    (False, False): N_(
        "Without claiming to compare like with like, the pace of the second purchase after a late first delivery is "
        "{ratio} times that after one on time ({range}), which may be chance."
    ),
}
"""Sentences of the hazard ratio by whether the two groups could be made alike and whether it is beyond chance."""

_SMALL = 0.015


@finding.register
def _(result: LateDelivery, words: Words) -> Finding:
    return Finding(sentence=_sentence(result, words), alt=_alt(result, words), caption=_caption(result, words))


def _sentence(result: LateDelivery, words: Words) -> str:
    if not result.trusted:
        return _raw_only(result, words)
    if not result.difference.claimed:
        return _not_told(result, words)
    found = result.difference
    message = (
        N_(
            "Of 100 customers whose first delivery was late, **{n} fewer came back** within {days} ({range}) than "
            "would have with a delivery on time, after accounting for {features}."
        )
        if found.value < 0
        else N_(
            "Of 100 customers whose first delivery was late, **{n} more came back** within {days} ({range}) than "
            "would have with a delivery on time, after accounting for {features}."
        )
    )
    first = words.say(
        message,
        n=_of_100(found.value, words, like=found),
        range=_range(found, words),
        days=words.days(HORIZON_DAYS),
        features=_features(result.features, words),
    )
    return f"{first} {_explained_away(result, words)}"


def _explained_away(result: LateDelivery, words: Words) -> str:
    """The E-value, as a retailer would put it."""
    message = (
        N_(
            "To explain this, something unseen would have to make both lateness and staying away {e} times likelier "
            "({bound} times to leave it within chance). As seen, before accounting for anything, the gap is {raw} of "
            "100."
        )
        if result.difference.value < 0
        else N_(
            "To explain this, something unseen would have to make both lateness and coming back {e} times likelier "
            "({bound} times to leave it within chance). As seen, before accounting for anything, the gap is {raw} of "
            "100."
        )
    )
    return words.say(
        message,
        e=words.number(result.e_value, 1),
        bound=words.number(result.e_value_bound, 1),
        raw=_signed(result.raw, words),
    )


def _not_told(result: LateDelivery, words: Words) -> str:
    """The sentence of a difference that may be chance."""
    found = result.difference
    return words.say(
        N_(
            "**Whether a late first delivery keeps customers away cannot be told**: of 100 such customers, between "
            "{fewer} fewer and {more} more came back within {days} than would have with a delivery on time, after "
            "accounting for {features}."
        ),
        fewer=_of_100(min(found.low or 0.0, 0.0), words, like=found),
        more=_of_100(max(found.high or 0.0, 0.0), words, like=found),
        days=words.days(HORIZON_DAYS),
        features=_features(result.features, words),
    )


def _raw_only(result: LateDelivery, words: Words) -> str:
    """The sentence where the adjustment cannot be trusted."""
    message = (
        N_(
            "Of 100 customers whose first delivery was late, {n} fewer came back within {days} ({range}) than of 100 "
            "on time. **This is a raw gap**, for {doubt}: how much of it is the lateness cannot be told."
        )
        if result.raw.value < 0
        else N_(
            "Of 100 customers whose first delivery was late, {n} more came back within {days} ({range}) than of 100 on "
            "time. **This is a raw gap**, for {doubt}: how much of it is the lateness cannot be told."
        )
    )
    return words.say(
        message,
        n=_of_100(result.raw.value, words, like=result.raw),
        range=_range(result.raw, words),
        days=words.days(HORIZON_DAYS),
        doubt=words.say(_DOUBTS[str(result.difference.reason)]),
    )


def _alt(result: LateDelivery, words: Words) -> str:
    message = (
        N_(
            "Dots with intervals, customers of 100: late less on time is {raw} as seen, {adjusted} after accounting "
            "for what was known, and {placebo} before the promised day."
        )
        if result.trusted
        else N_(
            "Dots with intervals, customers of 100: late less on time is {raw} as seen and {placebo} before the "
            "promised day."
        )
    )
    return words.say(
        message,
        raw=_signed(result.raw, words),
        adjusted=_signed(result.difference, words),
        placebo=_signed(result.placebo, words),
    )


def _caption(result: LateDelivery, words: Words) -> str:
    parts = [
        words.say(
            N_(
                "{late} late and {on_time} on time, seen for {days} after the promised day; left out: {before} who "
                "bought again before it, {short} not seen for so long."
            ),
            late=result.late,
            on_time=result.on_time,
            days=words.days(HORIZON_DAYS),
            before=result.bought_before,
            short=result.unfollowed,
        ),
        _lines(result, words),
    ]
    if result.drawn_from is not None:
        parts.append(words.say(N_("Drawn by chance from {n}."), n=result.drawn_from))
    return " ".join(parts)


def _lines(result: LateDelivery, words: Words) -> str:
    """What the lines of the chart are; only a difference that may be chance is grey."""
    message = (
        N_("Lines: {level} intervals, before the promised day {strict}; grey: may be chance.")
        if result.difference.reason == late_delivery.CHANCE
        else N_("Lines: {level} intervals, before the promised day {strict}.")
    )
    strict = words.percent(result.placebo.level, 0)
    return words.say(message, level=words.percent(result.difference.level, 0), strict=strict)


def _features(features: Sequence[str], words: Words) -> str:
    return words.listed(list(dict.fromkeys(words.say(_ACCOUNTED[name]) for name in features)))


def _digits(like: Estimate) -> int:
    """Decimals of customers of 100: whole ones, but for small differences."""
    return 1 if abs(like.value) < _SMALL else 0


def _of_100(value: float, words: Words, *, like: Estimate) -> str:
    return words.number(abs(value) * 100, _digits(like))


def _signed(found: Estimate, words: Words) -> str:
    return words.number(found.value * 100, _digits(found))


def _range(found: Estimate, words: Words) -> str:
    """The bounds as customers of 100, the smaller one first, in the direction of the difference."""
    sign = -1 if found.value < 0 else 1
    low, high = sorted((sign * (found.low or 0.0), sign * (found.high or 0.0)))
    digits = _digits(found)
    return words.say(N_("{low} to {high}"), low=words.number(low * 100, digits), high=words.number(high * 100, digits))


@alert.register
def _(result: LateDelivery, words: Words) -> Alert:
    sentence = words.say(
        N_(
            "Late first deliveries: after weighting, the largest difference in what was known at the order is {worst} "
            "standard deviations; {outside} of the late ones have nobody like them on time; before the promised day, "
            "when lateness could not matter, {placebo} of 100 more or fewer bought again ({range}; {level} interval)."
        ),
        worst=words.number(result.worst, 2),
        outside=words.percent(result.outside, 0),
        placebo=words.number(result.placebo.value * 100, 1),
        range=words.say(
            N_("{low} to {high}"),
            low=words.number((result.placebo.low or 0.0) * 100, 1),
            high=words.number((result.placebo.high or 0.0) * 100, 1),
        ),
        level=words.percent(result.placebo.level, 0),
    )
    return check_alert(found=not result.trusted, title=words.say(N_("Late and on time.")), sentence=sentence)


@finding.register
def _(result: HazardRatios, words: Words) -> Finding:
    found = result.late
    told = found.high is not None and found.low is not None and not found.low <= 1 <= found.high
    sentence = words.say(
        _PACES[result.trusted, told],
        ratio=words.number(found.value, 2),
        range=words.say(N_("{low} to {high}"), low=words.number(found.low, 2), high=words.number(found.high, 2)),
        course=words.say(_COURSES[result.course]),
    )
    return Finding(sentence=sentence)


@shown_table.register
def _(result: HazardRatios, words: Words) -> Table:
    names = [_name(one.feature, one.level, one.base, words) for one in rows(result.table)]
    columns = (
        Column(name="name", header=words.say(N_("At the first order"))),
        Column(
            name="ratio", header=words.say(N_("Pace of the second purchase")), kind="number", low="low", high="high"
        ),
    )
    message = (
        N_(
            "Hazard ratios, each with the others and the season accounted for: how many times as fast customers bought "
            "again within {days} of the promised day; {n} customers, {events} second purchases"
        )
        if result.drawn_from is None
        else N_(
            "Hazard ratios, each with the others and the season accounted for: how many times as fast customers bought "
            "again within {days} of the promised day; {n} customers drawn by chance from {all}, {events} second "
            "purchases"
        )
    )
    caption = words.say(
        message, days=words.days(LONGEST_DAYS), n=result.customers, events=result.events, all=result.drawn_from or 0
    )
    return Table(columns=columns, frame=result.table.assign(name=names), caption=caption)


def _name(feature: str, level: str, base: str, words: Words) -> str:
    """A row of the table of hazard ratios."""
    if level and feature in _NAMES:
        return words.say(_NAMES[feature], level=_level(level, words), base=_level(base, words))
    if level:
        return words.say(N_("{feature} not known"), feature=words.say(_ACCOUNTED[feature]))
    return words.say(_NUMBERS[feature], points=words.number(100 * STEPS["discount_share"]))


def _level(level: str, words: Words) -> str:
    return words.say(_LEVELS[level]) if level in _LEVELS else level
