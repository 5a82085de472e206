"""Sentences and tables of the ledger of points: what was credited, what became of it, what is still open."""

from __future__ import annotations

import math

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.points import ENDED, OpenPoints, PointsLedger
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

SOON = 90


@finding.register
def _(result: PointsLedger, words: Words) -> Finding:
    year = result.total("year")
    sentences = [_credited(result, year, words), _lapsed(result, year, words), _open(result, words)]
    alt = words.say(
        N_(
            "Bars by month, credited points above the line, those that went below it, and a line of open points, which "
            "stands at {open} in {month}."
        ),
        open=words.number(result.points_outstanding.value),
        month=words.month(str(year["last"])),
    )
    caption = words.say(
        N_(
            "{first} to {last}, {members} members at the end; at the beginning + earned + granted +/- adjusted = "
            "redeemed + reversed + expired + forfeited + open at the end, in every month."
        ),
        first=words.month(str(result.table["month"].iloc[0])),
        last=words.month(str(year["last"])),
        members=int(year["members"]),
    )
    return Finding(sentence=" ".join(sentences), alt=alt, caption=caption)


def _credited(result: PointsLedger, year: pd.Series, words: Words) -> str:
    """What was credited in the last twelve months, and how much of it not for buying."""
    earned, granted = float(year["earned"]), float(year["granted"])
    first, last = (words.month(str(year[name])) for name in ("first", "last"))
    if earned + granted <= 0:
        return words.say(N_("No points were credited since {first}."), first=first)
    message = (
        N_("In {first} members were credited **{credited} points**, {share} of them granted and not earned by buying.")
        if first == last
        else N_(
            "From {first} to {last} members were credited **{credited} points**, {share} of them granted and not "
            "earned by buying."
        )
    )
    credited, share = words.number(earned + granted), words.percent(granted / (earned + granted), 0)
    return words.say(message, first=first, last=last, credited=credited, share=share)


def _lapsed(result: PointsLedger, year: pd.Series, words: Words) -> str:
    """How many were used and how many lapsed in the last twelve months."""
    if isinstance(result.used_share_year, NotEnough):
        return words.say(N_("None were redeemed and none lapsed in that time."))
    used = float(year["burned"])
    lapsed = float(year[list(ENDED)].sum()) - used
    message = N_("In that time {used} points were redeemed and **{lapsed} lapsed unused**.")
    return words.say(message, used=words.number(used), lapsed=words.number(lapsed))


def _open(result: PointsLedger, words: Words) -> str:
    """What can still be used."""
    held = result.open
    if held.points <= 0:
        return words.say(N_("No member holds points that can be used."))
    shown = {"open": words.number(held.points), "members": held.members}
    if held.expiry["to_day"].notna().any():
        soon = words.percent(held.within(SOON) / held.points, 0)
        message = N_("{members} members hold {open} points; {soon} of these lapse within {days} unless used.")
        return words.say(message, **shown, soon=soon, days=words.days(SOON))
    return words.say(N_("{members} members hold {open} points, of which no date of expiry is known."), **shown)


@finding.register
def _(result: OpenPoints, words: Words) -> Finding:
    if result.points <= 0:
        return Finding(sentence=words.say(N_("No member holds points that can be used.")))
    old = result.age.loc[result.age["to_day"] > SOON, "share"].sum()
    message = (
        N_("Of {open} open points, **{soon} lapse within {days}** unless used, and {old} are older than {days}.")
        if result.expiry["to_day"].notna().any()
        else N_("Of {open} open points, **{old} are older than {days}**; of none is known when they lapse.")
    )
    return Finding(
        sentence=words.say(
            message,
            open=words.number(result.points),
            soon=words.percent(result.within(SOON) / result.points, 0),
            old=words.percent(float(old), 0),
            days=words.days(SOON),
        )
    )


@alert.register
def _(result: PointsLedger, words: Words) -> Alert:
    title = words.say(N_("Points add up."))
    if not result.balanced:
        message = N_("The ledger of points misses the balances by up to {n} points; do not rely on it.")
        return Alert(level="stop", title=title, sentence=words.say(message, n=words.number(result.difference, 2)))
    one = N_("The ledger of points balances to the point in the one month seen.")
    told = [
        words.count(one, N_("The ledger of points balances to the point in each of {n} months."), len(result.table))
    ]
    if result.by_date > 0:
        message = N_(
            "{n} points are past their date, or belong to members who left, and no entry says that they are gone; they "
            "count as lapsed."
        )
        told.append(words.say(message, n=words.number(result.by_date)))
    if result.overdrawn > 0:
        message = N_(
            "{n} points of {members} members were taken that no credit in the data covers: credited before the data "
            "begin, or accounts below zero."
        )
        told.append(words.say(message, n=words.number(result.overdrawn), members=result.accounts_overdrawn))
    return check_alert(found=len(told) > 1, title=title, sentence=" ".join(told))


@shown_table.register
def _(result: PointsLedger, words: Words) -> Table:
    names = {
        "opening": N_("At the beginning"),
        "earned": N_("Earned"),
        "granted": N_("Granted"),
        "adjusted": N_("Adjusted"),
        "burned": N_("Redeemed"),
        "reversed": N_("Reversed"),
        "expired": N_("Expired"),
        "forfeited": N_("Forfeited"),
        "outstanding": N_("At the end"),
    }
    if result.table["overdrawn"].any():
        names["overdrawn"] = N_("Below zero")
    names["members"] = N_("Members")
    columns = [Column(name="month", header=words.say(N_("Month")), kind="month")]
    columns += [Column(name=name, header=words.say(label), kind="integer") for name, label in names.items()]
    newest = result.table.iloc[::-1].reset_index(drop=True)
    caption = words.say(
        N_(
            "Points by month, newest first; what is credited is added, what is redeemed, reversed or lapses is taken "
            "away"
        )
    )
    frame = newest[[column.name for column in columns]]
    return Table(columns=tuple(columns), frame=frame, caption=caption, folded=True)


@shown_table.register
def _(result: OpenPoints, words: Words) -> Table:
    columns = (
        Column(name="band", header=words.say(N_("Lapse within, days"))),
        Column(name="points", header=words.say(N_("Points")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
        Column(name="members", header=words.say(N_("Members")), kind="integer"),
    )
    frame = result.expiry.assign(
        band=[_band(first, last, words) for first, last in result.expiry[["from_day", "to_day"]].to_numpy()]
    )
    caption = words.say(
        N_("Points that can still be used, by the days until they lapse; a member may hold several kinds")
    )
    return Table(columns=columns, frame=frame[[column.name for column in columns]], caption=caption)


def _band(first: float, last: float, words: Words) -> str:
    """A band of days in words."""
    if math.isnan(last):
        return words.say(N_("no date known"))
    if math.isinf(last):
        return words.say(N_("over {above}"), above=int(first))
    return words.say(N_("{first} to {last}"), first=int(first) + 1, last=int(last))
