"""Sentences about where customers go quiet: segments, RFM groups, habits and messages."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.fatigue import ContactFatigue
from retention_lib.models.habits import StayersAndLeavers
from retention_lib.models.rfm import RfmGroups, RfmMigration
from retention_lib.models.where import WhereRates
from retention_lib.reports.charts.where import band_name
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.segment_names import group_name, named_segment
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: WhereRates, words: Words) -> Finding:
    told = [sentence for sentence in (_most(result, words), _least(result, words)) if sentence]
    if not told:
        told = [
            words.count(
                "No group leaves more or less than the others of its kind by more than chance, in {n} comparison.",
                "No group leaves more or less than the others of its kind by more than chance, in {n} comparisons.",
                result.tests,
            )
        ]
    elif result.highest is not None:
        told.append(words.say(N_("That is where they leave, not yet why.")))
    caption = words.count(
        "{customers} customers active when the month began; coloured: differs from the others of its kind.",
        "{customers} customers active when the month began; coloured: differs from the others of its kind, after "
        "correction for {n} comparisons.",
        result.tests,
        customers=int(result.overall.n or 0),
    )
    alt = words.say(
        N_(
            "Dots with intervals by group of customers, each beside the others of its kind; of all, {share} went quiet."
        ),
        share=words.percent(result.overall.value),
    )
    return Finding(sentence=" ".join(told), alt=" ".join([alt, *told[:1]]), caption=caption)


@finding.register
def _(result: RfmGroups, words: Words) -> Finding:
    of_money = result.revenue or 1.0
    sentence = words.say(
        N_(
            "**Champions and loyal customers are {share} of the {customers} customers and brought {money} of the last "
            "year's money.** {slipping} are in groups that are slipping away, and brought {slipping_money} of it."
        ),
        share=words.percent(result.core / result.customers, 0),
        customers=result.customers,
        money=words.percent(result.core_revenue / of_money, 0),
        slipping=words.percent(result.slipping / result.customers, 0),
        slipping_money=words.percent(result.slipping_revenue / of_money, 0),
    )
    caption = words.say(
        N_(
            "{customers} customers at the end of {month}, scored by fifths of them, so that some are always last; "
            "money of the 365 days before."
        ),
        customers=result.customers,
        month=words.month(result.month),
    )
    return Finding(sentence=sentence, alt=sentence, caption=caption)


@finding.register
def _(result: RfmMigration, words: Words) -> Finding:
    caption = words.say(
        N_(
            "{month}: groups when it began (rows) and when it ended (columns), by the same edges; grey: fewer than {n} "
            "customers."
        ),
        month=words.month(result.month),
        n=result.minimum_base,
    )
    if result.slide is None:
        sentence = words.say(
            N_(
                "None of the {best} champions, loyal and potential loyal customers slid into a group that is slipping "
                "away."
            ),
            best=result.best,
        )
        return Finding(sentence=sentence, alt=sentence, caption=caption)
    slide = result.slide
    largest = words.say(
        N_(
            "The largest move down in {month}: {customers} of {base} {origin} customers to “{target}”; they had spent "
            "{money} in the year before."
        ),
        customers=int(slide["customers"]),
        base=int(slide["base"]),
        origin=group_name(slide["from_group"], words),
        target=group_name(slide["to_group"], words),
        month=words.month(result.month, year=False),
        money=words.money(float(slide["revenue"]), compact=True),
    )
    every = words.say(
        N_(
            "{slid} of {best} champions, loyal and potential loyal customers slid into a group that is slipping away, "
            "with {money} behind them; {regained} came the other way."
        ),
        slid=result.slid,
        best=result.best,
        money=words.money(result.slid_revenue, compact=True),
        regained=result.regained,
    )
    return Finding(sentence=f"{every} {largest}", alt=largest, caption=caption)


@finding.register
def _(result: StayersAndLeavers, words: Words) -> Finding:
    return Finding(sentence=" ".join(_habit(row, words) for row in result.table.to_dict("records")))


@finding.register
def _(result: ContactFatigue, words: Words) -> Finding:
    bands = result.table.loc[(result.table["channel"] == result.channel) & ~result.table["thin"]]
    told = [_consents(result, words), _openings(result, bands, words), _quiet(bands, words)]
    chosen = words.say(
        N_("The shop chose whom to write to: this compares groups, and does not show what a message does.")
    )
    sentences = [sentence for sentence in told if sentence]
    caption = words.say(
        N_(
            "{n} customers who got messages by {channel} in the {days} before the month, all known for as long; bars: "
            "95% intervals."
        ),
        n=int(bands["customers"].sum()),
        channel=result.channel,
        days=words.days(result.days),
    )
    alt = words.say(N_("Shares by number of messages by {channel}."), channel=result.channel)
    return Finding(sentence=" ".join([*sentences, chosen]), alt=" ".join([alt, *sentences]), caption=caption)


def _most(result: WhereRates, words: Words) -> str:
    if result.highest is None:
        return ""
    return words.say(
        N_(
            "They leave most in **{segment}**: {share} of {base} went quiet, against {rest} of the others; that is "
            "{excess} more than if they had left like the others."
        ),
        **_named(result.highest, words),
        excess=round(float(result.highest["excess"])),
    )


def _least(result: WhereRates, words: Words) -> str:
    if result.lowest is None:
        return ""
    message = N_("They leave least in {segment}: {share} of {base}, against {rest} of the others.")
    return words.say(message, **_named(result.lowest, words))


def _named(row: Any, words: Words) -> dict[str, Any]:
    return {
        "segment": named_segment(row["dimension"], row["segment"], words),
        "share": words.percent(row["share"]),
        "base": int(row["base"]),
        "rest": words.percent(row["rest_share"]),
    }


def _habit(row: dict[Any, Any], words: Words) -> str:
    """What those who went quiet had bought, beside those who stayed and bought as often."""
    if row["habit"] == "discount_share":
        apart = N_(
            "At a discount those who went quiet had paid **{quiet}** of their money, those who stayed and bought as "
            "often **{stayed}**: a difference beyond chance."
        )
        alike = N_(
            "At a discount those who went quiet had paid {quiet} of their money, those who stayed and bought as often "
            "{stayed}: no difference beyond chance."
        )
        quiet, stayed = words.percent(row["alike_quiet"]), words.percent(row["alike_stayed"])
    else:
        apart = N_(
            "Those who went quiet had bought from **{quiet}** categories, those who stayed and bought as often from "
            "**{stayed}**: a difference beyond chance."
        )
        alike = N_(
            "Those who went quiet had bought from {quiet} categories, those who stayed and bought as often from "
            "{stayed}: no difference beyond chance."
        )
        quiet, stayed = words.number(row["alike_quiet"], 1), words.number(row["alike_stayed"], 1)
    return words.say(apart if row["differs"] else alike, quiet=quiet, stayed=stayed)


def _consents(result: ContactFatigue, words: Words) -> str:
    """How many are without consent now, as far as the store knows."""
    if result.asked == 0:
        return words.say(N_("The store does not say who consents to {channel}."), channel=result.channel)
    if result.withdrawn == 0:
        message = N_("None of the {asked} customers who got messages by {channel} is without consent now.")
        return words.say(message, asked=result.asked, channel=result.channel)
    return words.count(
        "{n} of {asked} customers who got messages by {channel} is without consent now, withdrawn or never given; who "
        "withdraws also gets fewer messages.",
        "{n} of {asked} customers who got messages by {channel} are without consent now, withdrawn or never given; who "
        "withdraws also gets fewer messages.",
        result.withdrawn,
        asked=result.asked,
        channel=result.channel,
    )


def _openings(result: ContactFatigue, bands: pd.DataFrame, words: Words) -> str:
    """The share opened by those who got most messages beside those who got fewest."""
    change = result.opened_change
    if isinstance(change, NotEnough):
        return ""
    seen = bands.loc[bands["opened_low"].notna()]
    first, last = seen.iloc[0], seen.iloc[-1]
    message = (
        N_("{high} were opened by those sent {most}, {low} by those sent {fewest}: no difference beyond chance.")
        if not change.claimed
        else N_("**Of messages {high} were opened by those sent {most}, {low} by those sent {fewest}.**")
    )
    return words.say(
        message,
        most=band_name(int(last["messages_from"]), last["messages_to"], words),
        fewest=band_name(int(first["messages_from"]), first["messages_to"], words),
        high=words.percent(last["opened_share"]),
        low=words.percent(first["opened_share"]),
    )


def _quiet(bands: pd.DataFrame, words: Words) -> str:
    """The share gone quiet of those who got most messages beside those who got none."""
    known = bands.loc[bands["lapse"].notna()]
    if len(known) < 2 or known.iloc[0]["messages_from"] != 0:
        return ""
    first, last = known.iloc[0], known.iloc[-1]
    return words.say(
        N_("Of the active who got {most} messages {high} went quiet, of those who got none {low}."),
        most=band_name(int(last["messages_from"]), last["messages_to"], words),
        high=words.percent(last["lapse"]),
        low=words.percent(first["lapse"]),
    )
