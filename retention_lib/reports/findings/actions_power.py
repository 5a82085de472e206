"""Sentences about what the lists of a plan can show as tests, and which cannot at their size."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.actions.power import ListPower
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import channel_name, scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words


@finding.register
def _(result: ListPower, words: Words) -> Finding:
    effect = words.percent(result.smallest_effect, 0)
    parts = [_alone(result, words, effect), _pooled(result, words, effect), _small(result, words)]
    known = result.lists[result.lists["detectable"].notna()].sort_values("detectable", kind="stable")
    alt = words.say(N_("No list is large enough to show any effect: 0 dots."))
    if len(known):
        alt = words.say(
            N_("Dots of the smallest effect that each list shows; the finest is {name} with {share}."),
            name=scenario_name(str(known["scenario"].iloc[0]), words),
            share=words.percent(known["detectable"].iloc[0], 0),
        )
    caption = words.say(
        N_("Smallest rise of gross profit found with a chance of {power}, at a confidence of {level}."),
        power=words.percent(result.power, 0),
        level=words.percent(result.level, 0),
    )
    return Finding(sentence=" ".join(part for part in parts if part), alt=alt, caption=caption)


def _alone(result: ListPower, words: Words, effect: str) -> str:
    if not result.alone:
        message = N_("**None of {all} lists is large enough** to show by itself a gain of {effect} a customer.")
        return words.say(message, all=len(result.lists), effect=effect)
    return words.count(
        "**{n} of {all} lists is large enough** to show by itself a gain of {effect} a customer.",
        "**{n} of {all} lists are large enough** to show by itself a gain of {effect} a customer.",
        result.alone,
        all=len(result.lists),
        effect=effect,
    )


def _pooled(result: ListPower, words: Words, effect: str) -> str:
    """Which lists show it together."""
    if not result.together:
        return ""
    return words.count(
        "Together with others of the same offer and channel {n} more can.",
        "Together with others of the same offer and channel {n} more can.",
        len(result.together),
    )


def _small(result: ListPower, words: Words) -> str:
    """What a month cannot teach, and how many months might."""
    if not result.too_small:
        return ""
    told = words.count(
        "{n} list needs more than this month.", "{n} lists need more than this month.", len(result.too_small)
    )
    small = result.lists[result.lists["scenario"].isin(result.too_small)]
    months = small["months"].dropna()
    if months.empty:
        return told
    first = small.loc[months.idxmin()]
    message = N_("Added up over the months, “{name}” gets there first, after {n} lists.")
    soonest = words.say(message, name=scenario_name(str(first["scenario"]), words), n=int(months.min()))
    return f"{told} {soonest}"


@alert.register
def _(result: ListPower, words: Words) -> Alert:
    title = words.say(N_("What the lists can teach."))
    if not result.too_small:
        sentence = words.say(
            N_("Every list, alone or with others, shows an effect of {effect}."),
            effect=words.percent(result.smallest_effect, 0),
        )
        return check_alert(found=False, title=title, sentence=sentence)
    sentence = words.count(
        "{n} of {all} lists is too small to be judged alone next month: if it looks very good or bad, take that for "
        "chance until the months add up.",
        "{n} of {all} lists are too small to be judged alone next month: if one looks very good or bad, take that for "
        "chance until the months add up.",
        len(result.too_small),
        all=len(result.lists),
    )
    return check_alert(found=True, title=title, sentence=sentence)


@shown_table.register
def _(result: ListPower, words: Words) -> Table:
    lists = result.lists.to_dict("records")
    frame = result.lists.assign(
        name=[scenario_name(str(row["scenario"]), words) for row in lists],
        offers=[_offer(row, words) for row in lists],
        months=[_months(row, words) for row in lists],
    )
    columns = (
        Column(name="name", header=words.say(N_("List")), under="offers"),
        Column(name="contacts", header=words.say(N_("Contact")), kind="integer"),
        Column(name="control", header=words.say(N_("Leave alone")), kind="integer"),
        Column(name="mean", header=words.say(N_("Left alone they bring")), kind="money"),
        Column(name="detectable", header=words.say(N_("Shows a rise of")), kind="share"),
        Column(name="detectable_money", header=words.say(N_("A contact")), kind="money"),
        Column(name="months", header=words.say(N_("Lists for {effect}"), effect=_share(result, words)), kind="written"),
    )
    caption = words.say(
        N_("What each list can show, and how many such lists together show a rise of {effect}"),
        effect=_share(result, words),
    )
    return Table(columns=columns, frame=frame, caption=caption)


def _share(result: ListPower, words: Words) -> str:
    return words.percent(result.smallest_effect, 0)


def _offer(row: dict[Any, Any], words: Words) -> str:
    """Offer and channel of a list, by which lists are read together."""
    return ", ".join([offer_name(str(row["offer"]), words), channel_name(str(row["channel"]), words)])


def _months(row: dict[Any, Any], words: Words) -> str:
    months = float(row["months"])
    return DASH if math.isnan(months) else words.number(months)
