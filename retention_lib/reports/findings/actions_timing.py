"""Sentences and tables about when customers buy and read, when they are written to, and when they buy next."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.buying_hours import BuyingHours
from retention_lib.models.actions.favourites import WITHIN_HOURS
from retention_lib.models.actions.habits import Habits
from retention_lib.models.actions.next_orders import NextOrders
from retention_lib.models.actions.send_plan import SendPlan
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, finding
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.time_names import hour_name, weekday_name
from retention_lib.reports.words import N_, Words

JUDGED = {
    ("openings", "hour"): N_("hour of opening"),
    ("purchases", "hour"): N_("hour of buying"),
    ("purchases", "weekday"): N_("weekday of buying"),
}
"""What a judgement is about."""

_OWN_HOUR = {
    "openings": N_(
        "**Own hours would have met more**: in the last {days}, {own} of what {n} customers opened came "
        "within two hours of the hour we would have chosen for each, against {base} for {hour}, the best hour for all: "
        "{gain} more ({interval})."
    ),
    "purchases": N_(
        "**Own hours would have met more**: in the last {days}, {own} of what {n} customers bought came "
        "within two hours of the hour we would have chosen for each, against {base} for {hour}, the best hour for all: "
        "{gain} more ({interval})."
    ),
}
_ONE_HOUR = {
    "openings": N_(
        "**Everybody is written to at {hour}**: in the last {days}, {own} of what {n} customers opened came near their "
        "own usual hours and {base} near {hour}. The gain of {gain} ({interval}) is not surely above 0."
    ),
    "purchases": N_(
        "**Everybody is written to at {hour}**: in the last {days}, {own} of what {n} customers bought came near their "
        "own usual hours and {base} near {hour}. The gain of {gain} ({interval}) is not surely above 0."
    ),
}


@finding.register
def _(result: BuyingHours, words: Words) -> Finding:
    shown = {
        "hour": hour_name(result.best_hour),
        "begin": hour_name(result.best_hour - WITHIN_HOURS),
        "end": hour_name(result.best_hour + WITHIN_HOURS),
        "around": words.percent(result.around_best),
        "weekday": weekday_name(result.best_weekday, words),
        "on_day": words.percent(result.on_best_weekday),
    }
    sentence = N_(
        "**Most is bought around {hour}**, of the hours in which messages may be sent: {around} of orders come between "
        "{begin} and {end}. The strongest day is {weekday}, with {on_day} of orders."
    )
    alt = N_(
        "Shaded cells of orders by weekday and hour; a frame marks {begin} to {end}, with {around} of orders, and the "
        "row of {weekday}."
    )
    caption = N_("{n} orders of the 365 days before {until} whose time is known; several within an hour are one.")
    return Finding(
        sentence=words.say(sentence, **shown),
        alt=words.say(alt, **shown),
        caption=words.say(caption, n=result.purchases, until=result.until),
    )


@finding.register
def _(result: Habits, words: Words) -> Finding:
    parts = [_hour_sentence(result, words), _weekday_sentence(result, words)]
    judged = rows(result.gains)
    alt = words.say(N_("Nothing is drawn: nobody's hours are known well enough to be judged."))
    if judged:
        shown = [
            words.say(
                N_("{what}: {own} by the own, {base} by the best for all"),
                what=words.say(JUDGED[row.kind, row.what]),
                own=words.percent(row.own),
                base=words.percent(row.base),
            )
            for row in judged
        ]
        alt = words.say(
            N_("Two dots a row, what the own favourite would have met and what the best for all met. {rows}."),
            rows="; ".join(shown),
        )
    caption = words.say(
        N_(
            "Habits as known on {cutoff}, held against what customers did in the {days} from then on, each counted "
            "alike."
        ),
        cutoff=result.cutoff,
        days=words.days(result.held_out_days),
    )
    return Finding(sentence=" ".join(parts), alt=alt, caption=caption)


def _hour_sentence(result: Habits, words: Words) -> str:
    """Whether the own hour is used, and what it gains."""
    hour, gain = hour_name(result.base_hour), result.own_hour_gain
    if isinstance(gain, NotEnough):
        return words.say(
            N_("**Everybody is written to at {hour}.** {reason}"), hour=hour, reason=reason_sentence(gain, words)
        )
    row = next(one for one in rows(result.gains) if one.kind == result.kind and one.what == "hour")
    if gain.low is None:
        message = N_(
            "**Everybody is written to at {hour}**: at the own hour {gain} more would have been met, the same for each "
            "of {n} customers, so that there is no telling what was chance."
        )
        return words.say(message, hour=hour, gain=words.points(gain.value), n=int(row.customers))
    return words.say(
        (_OWN_HOUR if row.used else _ONE_HOUR)[result.kind],
        n=int(row.customers),
        days=words.days(result.held_out_days),
        own=words.percent(row.own),
        base=words.percent(row.base),
        hour=hour,
        gain=words.points(gain.value),
        interval=words.interval(gain.low, gain.high, "points"),
    )


def _weekday_sentence(result: Habits, words: Words) -> str:
    """Whether the own weekday is used."""
    gain = result.own_weekday_gain
    if not result.base_weekday:
        return words.say(N_("Of weekdays nothing is known, so the first possible day is taken."))
    weekday = weekday_name(result.base_weekday, words)
    if isinstance(gain, NotEnough):
        return words.say(
            N_("The weekday is {weekday} for all, as too few bought again to judge their own."), weekday=weekday
        )
    if gain.low is None:
        return words.say(N_("The weekday is {weekday} for all, as own ones would have met no more."), weekday=weekday)
    message = N_("The weekday is {weekday} for all: the own one would have met {gain} more ({interval}).")
    if gain.low > 0:
        message = N_("The own weekday is used too: it met {gain} more ({interval}) than {weekday}, the best for all.")
    return words.say(
        message,
        weekday=weekday,
        gain=words.points(gain.value),
        interval=words.interval(gain.low, gain.high, "points"),
    )


@shown_table.register
def _(result: Habits, words: Words) -> Table:
    yes, no = words.say(N_("yes")), words.say(N_("no"))
    frame = result.gains.assign(
        judged=[words.say(JUDGED[row.kind, row.what]) for row in rows(result.gains)],
        used=[yes if used else no for used in result.gains["used"]],
    )
    columns = (
        Column(name="judged", header=words.say(N_("Favourite"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="own", header=words.say(N_("Own met")), kind="share"),
        Column(name="base", header=words.say(N_("Best for all met")), kind="share"),
        Column(name="gain", header=words.say(N_("Gain")), kind="points", low="low", high="high"),
        Column(name="used", header=words.say(N_("Used"))),
    )
    caption = N_(
        "Own favourites beside the best for all, in the {days} from {cutoff}; hours within two before or after"
    )
    told = words.say(caption, days=words.days(result.held_out_days), cutoff=result.cutoff)
    return Table(columns=columns, frame=frame, caption=told)


@alert.register
def _(result: Habits, words: Words) -> Alert:
    title = words.say(N_("Hours of sending."))
    machines = result.machine_openings
    if isinstance(result.own_hour_gain, NotEnough):
        sentence = words.say(
            N_("Customers' own hours could not be held against what they did next, so all are written to at {hour}."),
            hour=hour_name(result.base_hour),
        )
        return Alert(level="warn", title=title, sentence=sentence)
    sentence = words.say(
        N_(
            "Openings within a minute of sending are taken for a machine's, and {n} messages that nobody else opened "
            "say nothing of hours. Machines that open later cannot be told from people."
        ),
        n=machines,
    )
    if not machines:
        sentence = words.say(
            N_("No opening looks like a machine's: hours are those of people, as far as the tables tell.")
        )
    return Alert(level="ok", title=title, sentence=sentence)


@finding.register
def _(result: SendPlan, words: Words) -> Finding:
    table = result.table
    busiest = rows(table.sort_values("contacts", ascending=False, kind="stable"))[0]
    shown: dict[str, Any] = {
        "n": result.contacts,
        "first": table["day"].iloc[0],
        "last": table["day"].iloc[-1],
        "day": busiest.day,
        "most": int(busiest.contacts),
        "hour": words.percent(result.at_hour),
        "own": words.percent(result.own_hour),
    }
    parts = [_planned(len(table), shown, words)]
    if result.audience:
        parts.append(
            words.count(
                "{n} more customer is in the audience of advertisements, at no hour.",
                "{n} more customers are in the audience of advertisements, at no hour.",
                result.audience,
            )
        )
    return Finding(sentence=" ".join(parts))


def _planned(days: int, shown: dict[str, Any], words: Words) -> str:
    """How many contacts are planned when."""
    if days > 1:
        message = N_(
            "**{n} messages are planned from {first} to {last}**, most on {day} ({most}). {hour} go out at the hour "
            "aimed for, {own} at an hour of the customer's own."
        )
        return words.say(message, **shown)
    return words.count(
        "**One message is planned, for {first}.** {hour} of messages go out at the hour aimed for, {own} at an hour of "
        "the customer's own.",
        "**{n} messages are planned for {first}**. {hour} go out at the hour aimed for, {own} at an hour of the "
        "customer's own.",
        **shown,
    )


@shown_table.register
def _(result: SendPlan, words: Words) -> Table:
    frame = result.table.assign(
        **{
            name: [hour_name(int(hour)) for hour in result.table[name]]
            for name in ("first_hour", "last_hour", "busiest")
        }
    )
    columns = (
        Column(name="day", header=words.say(N_("Day")), kind="date"),
        Column(name="contacts", header=words.say(N_("Messages")), kind="integer"),
        Column(name="first_hour", header=words.say(N_("First at")), kind="written"),
        Column(name="last_hour", header=words.say(N_("Last at")), kind="written"),
        Column(name="busiest", header=words.say(N_("Most at")), kind="written"),
        Column(name="at_hour", header=words.say(N_("At the hour aimed for")), kind="share"),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("Planned messages by day")))


@finding.register
def _(result: NextOrders, words: Words) -> Finding:
    near = rows(result.expected)
    if not near:
        return Finding(sentence=_coverage_sentence(result, words))
    sentence = words.say(
        N_("**About {n} customers are expected to buy within {days}**, {more} within {longer}."),
        n=round(near[0].customers),
        days=words.days(near[0].days),
        more=round(near[-1].customers),
        longer=words.days(near[-1].days),
    )
    return Finding(sentence=sentence)


def _coverage_sentence(result: NextOrders, words: Words) -> str:
    """How often what was told a window ago held."""
    coverage = result.coverage
    if isinstance(coverage, NotEnough):
        return reason_sentence(coverage, words)
    return words.say(
        N_(
            "Of {n} customers who bought again in the {days} from {day}, {share} ({interval}) did so between the two "
            "days foreseen for them; {level} is what was meant."
        ),
        n=int(coverage.n or 0),
        days=words.days(result.ahead_days),
        day=result.past_until,
        share=words.percent(coverage.value),
        interval=words.interval(coverage.low, coverage.high, "share"),
        level=words.percent(result.level, 0),
    )


@shown_table.register
def _(result: NextOrders, words: Words) -> Table | NotEnough:
    if isinstance(result.coverage, NotEnough):
        return result.coverage
    columns = (
        Column(name="told_from", header=words.say(N_("Expected from day")), kind="integer"),
        Column(name="told_to", header=words.say(N_("To day")), kind="integer"),
        Column(name="customers", header=words.say(N_("Bought again")), kind="integer"),
        Column(name="told", header=words.say(N_("Expected on day (median)")), kind="integer"),
        Column(name="came", header=words.say(N_("Came on day (median)")), kind="integer"),
        Column(name="inside", header=words.say(N_("Between the days told")), kind="share"),
    )
    caption = words.say(
        N_("Next orders expected on {day} beside those that came, in fifths by the day expected"), day=result.past_until
    )
    return Table(columns=columns, frame=result.calibration, caption=caption)


_FAR = 0.1
"""A coverage further than this from what was meant is a warning, whatever its interval."""


@alert.register
def _(result: NextOrders, words: Words) -> Alert:
    coverage = result.coverage
    title = words.say(N_("Next orders."))
    if isinstance(coverage, NotEnough):
        return Alert(level="warn", title=title, sentence=reason_sentence(coverage, words))
    far = abs(coverage.value - result.level) > _FAR
    return Alert(level="warn" if far else "ok", title=title, sentence=_coverage_sentence(result, words))
