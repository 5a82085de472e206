"""Sentences about the step at which new customers stop, and about those who may have stopped."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.alive import AliveBands
from retention_lib.models.contact_bands import BreakEvenByBand
from retention_lib.models.steps import JUDGED_AT, StepSurvival
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.words import N_, Words

SHARE = f"returned_{JUDGED_AT}"
MODEL_WORDS = {
    "right": N_("about right"),
    "hopeful": N_("too hopeful"),
    "gloomy": N_("too gloomy"),
}


@finding.register
def _(result: StepSurvival, words: Words) -> Finding:
    sentences = [_where_they_leave(result, words), _peak(rows(result.table)[0], words)]
    read = result.table.loc[result.table[SHARE].notna()]
    shares = [words.percent(share, 0) for share in read[SHARE]]
    alt = words.say(
        N_(
            "Falling curves, one a step, of the share that has not bought again; {shares} have bought again by day "
            "{day}, first step first."
        )
        if shares
        else N_("Falling curves, one a step, of the share of {n} new customers that has not bought again."),
        shares=words.listed(shares),
        day=JUDGED_AT,
        n=result.customers,
    )
    caption = words.say(
        N_("{n} customers first seen from {day} on, so known to be new; followed to {end}; bands: 95% intervals."),
        n=result.customers,
        day=result.new_from,
        end=result.end - pd.Timedelta(days=1),
    )
    return Finding(sentence=" ".join(sentences), alt=alt, caption=caption)


def _where_they_leave(result: StepSurvival, words: Words) -> str:
    """The step that loses most, where one does beyond chance."""
    first, *later = rows(result.table)
    shares = {int(row.step): float(getattr(row, SHARE)) for row in (first, *later) if not pd.isna(getattr(row, SHARE))}
    if 1 not in shares:
        return words.say(
            N_("{events} of {n} new customers have bought a second time so far; none is seen for {days} yet."),
            events=int(first.events),
            n=int(first.customers),
            days=words.days(JUDGED_AT),
        )
    step = int(result.weakest or 1)
    return words.say(
        _step_message(result, shares),
        first=words.percent(shares[1], 0),
        interval=words.interval(getattr(first, f"{SHARE}_low"), getattr(first, f"{SHARE}_high"), "share"),
        second=words.percent(shares.get(2), 0),
        weakest=words.percent(shares[step], 0),
        step=step,
        days=words.days(JUDGED_AT),
    )


def _step_message(result: StepSurvival, shares: dict[int, float]) -> str:
    """What the shares back by day 90 allow to be said."""
    if 2 not in shares:
        return N_("**{first}** ({interval}) of new customers buy a second time within {days}.")
    if result.gap is None or not result.gap.claimed:
        return N_(
            "Within {days} **{first}** ({interval}) of new customers buy a second time, and {second} of those who did "
            "a third. No step loses more customers than the others by more than chance."
        )
    if result.weakest != 1:
        return N_(
            "Within {days} {first} of new customers buy a second time, but only **{weakest}** of those with {step} "
            "purchases buy once more: there they leave."
        )
    if shares[1] < 0.5:
        return N_(
            "Only **{first}** ({interval}) of new customers buy a second time within {days}, but {second} of those who "
            "did buy a third: the second purchase is where they leave."
        )
    return N_(
        "**{first}** ({interval}) of new customers buy a second time within {days}, but {second} of those who did buy "
        "a third: the second purchase is where they leave."
    )


def _peak(first: Any, words: Words) -> str:
    """When the second order is most likely."""
    if pd.isna(first.peak_from):
        return words.say(N_("No week stands out as the time of the second order."))
    if int(first.peak_from) == 1:
        return words.say(
            N_("The second order is most likely in the first **{days}** after the first one."),
            days=words.days(first.peak_to),
        )
    if pd.isna(first.peak_to):
        return words.say(
            N_(
                "The second order is most likely **{first} days or more** after the first; the chance may still rise "
                "beyond the weeks read."
            ),
            first=int(first.peak_from),
        )
    return words.say(
        N_("The second order is most likely **{first} to {last} days** after the first."),
        first=int(first.peak_from),
        last=int(first.peak_to),
    )


@finding.register
def _(result: AliveBands, words: Words) -> Finding:
    longest = rows(result.table)[-1]
    sentence = words.say(
        N_(
            "From the days of purchase alone, a model of buying expected {expected} of the customers silent for more "
            "than {window} on {cutoff} to buy within {days}; **{share}** ({interval}) did, so its word is {right}. Of "
            "those silent longest it holds {alive} to be customers still."
        ),
        window=words.days(result.lapse_days),
        cutoff=result.cutoff,
        expected=words.percent(result.expected_beyond, 0),
        days=words.days(result.horizon_days),
        share=words.percent(result.beyond.value, 0),
        interval=words.interval(result.beyond.low, result.beyond.high, "share"),
        right=words.say(MODEL_WORDS[result.word]),
        alive=words.percent(float(longest.alive), 0),
    )
    return Finding(sentence=sentence)


@alert.register
def _(result: AliveBands, words: Words) -> Alert:
    return check_alert(
        found=result.word != "right",
        title=words.say(N_("Chance to be a customer still.")),
        sentence=words.say(
            N_(
                "The model of buying, fitted on data before {cutoff}, gave the silent a chance of {expected} to buy "
                "within {days}; {share} did ({interval})."
            ),
            cutoff=result.cutoff,
            expected=words.percent(result.expected_beyond),
            days=words.days(result.horizon_days),
            share=words.percent(result.beyond.value),
            interval=words.interval(result.beyond.low, result.beyond.high, "share"),
        ),
    )


@finding.register
def _(result: BreakEvenByBand, words: Words) -> Finding:
    cost = words.money(result.contact_cost)
    if result.contact_cost == 0:
        return Finding(sentence=words.say(N_("A contact costs nothing, so it pays with any customer it adds.")))
    paying = result.table.loc[result.table["reachable"] & ~result.table["thin"]]
    if paying.empty:
        return Finding(sentence=_none_pays(result, cost, words))
    first, last = rows(paying)[0], rows(paying)[-1]
    shown = {
        "cost": cost,
        "first_n": words.number(max(1.0, float(first.one_in))),
        "first_band": band_name(first.silence_above, first.silence_to, words),
        "first_share": words.percent(float(first.share), 0),
        "last_n": words.number(max(1.0, float(last.one_in))),
        "last_band": band_name(last.silence_above, last.silence_to, words),
        "last_share": words.percent(float(last.share), 0),
    }
    message = (
        N_(
            "A contact at {cost} pays if it wins 1 more customer in **{first_n}** among those silent for {first_band} "
            "days. {first_share} of them come back by themselves, which no contact earns: only a group left alone "
            "shows what it adds."
        )
        if len(paying) == 1
        else N_(
            "A contact at {cost} pays if it wins 1 more customer in **{first_n}** among those silent for {first_band} "
            "days, and 1 in **{last_n}** among those silent for {last_band}. {first_share} and {last_share} of them "
            "come back by themselves, which no contact earns: only a group left alone shows what it adds."
        )
    )
    return Finding(sentence=words.say(message, **shown))


def _none_pays(result: BreakEvenByBand, cost: str, words: Words) -> str:
    """Where no band is known to pay: whether that is known of all of them, of some or of none."""
    cannot = result.table.loc[result.table["pays"] == "cannot"]
    if len(cannot) == len(result.table):
        return words.say(
            N_("At {cost} a contact cannot pay: even bringing back everybody beyond the window would not cover it."),
            cost=cost,
        )
    if cannot.empty:
        return words.say(
            N_(
                "Whether a contact at {cost} pays is not known: too few of those silent beyond the window came back by "
                "themselves to show what one who returns brings."
            ),
            cost=cost,
        )
    return words.say(
        N_(
            "At {cost} a contact cannot pay among those silent for {bands} days; of the others too few came back by "
            "themselves to know."
        ),
        cost=cost,
        bands=words.listed([band_name(row.silence_above, row.silence_to, words) for row in rows(cannot)]),
    )


def band_name(above: Any, to: Any, words: Words) -> str:
    """A band of silence in days, as in "27 to 39" or "over 78"."""
    if pd.isna(to):
        return words.say(N_("over {above}"), above=int(above))
    return words.say(N_("{first} to {last}"), first=int(above) + 1, last=int(to))
