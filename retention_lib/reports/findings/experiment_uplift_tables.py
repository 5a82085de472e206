"""Tables about customers for whom an offer works better, and about which offer is for whom."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.policy import OfferedGroups, OfferPolicy
from retention_lib.models.experiments.segments import OfferSegments
from retention_lib.models.experiments.uplift import GainCurves
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.feature_names import feature_name, known_group
from retention_lib.reports.findings.experiment_uplift import (
    gain_text,
    group_effect,
    group_range,
    measured,
    money_range,
    signed_money,
)
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import DASH, N_, Words

_LEVELS = 20
"""Every fifth share of the curves is shown: a quarter, a half, three quarters and all."""


@shown_table.register
def _(result: OfferSegments, words: Words) -> Table | NotEnough:
    if result.withheld is not None:
        return NotEnough(result.withheld, 0, 1)
    headers = {
        "group": N_("Group"),
        "arm": N_("Offer"),
        "customers": N_("Got it"),
        "effect": N_("Effect"),
        "interval": N_("95% interval"),
        "shrunk": N_("Drawn to the mean"),
        "p": N_("p, corrected"),
    }
    lines = [
        [
            known_group(one.dimension, one.segment, words),
            clean_value(one.arm),
            words.number(one.base),
            group_effect(one.effect, result, words),
            group_range(one.low, one.high, result, words),
            group_effect(one.shrunk, result, words),
            words.p_value(one.p_adjusted),
        ]
        for one in rows(result.table)
    ]
    caption = words.say(N_("What each offer changed in {metric}, group by group"), metric=measured(result, words))
    return _written(headers, lines, caption, words, texts=2)


@shown_table.register
def _(result: GainCurves, words: Words) -> Table | NotEnough:
    if result.withheld is not None:
        return NotEnough(result.withheld, 0, 1)
    headers = {
        "arm": N_("Offer"),
        "share": N_("Sent to the most promising"),
        "gain": N_("Gain for 1,000 customers"),
        "interval": N_("95% interval"),
        "chance": N_("Drawn by chance"),
    }
    told = result.table[[round(share * _LEVELS) in (5, 10, 15, 20) for share in result.table["share"]]]
    lines = [
        [
            clean_value(one.arm),
            words.percent(one.share, 0),
            gain_text(one.gain, result, words),
            words.say(
                N_("{low} to {high}"), low=gain_text(one.low, result, words), high=gain_text(one.high, result, words)
            ),
            gain_text(one.by_chance, result, words),
        ]
        for one in rows(told)
    ]
    caption = (
        N_("Profit by how many customers get an offer")
        if result.metric == "money"
        else N_("Extra buyers by how many customers get an offer")
    )
    return _written(headers, lines, words.say(caption), words, texts=1)


@shown_table.register
def _(result: OfferPolicy, words: Words) -> Table | NotEnough:
    if result.withheld is not None:
        return NotEnough(result.withheld, 0, 1)
    headers = {
        "arm": N_("Arm"),
        "share": N_("The rule gives it to"),
        "value": N_("For everybody"),
        "interval": N_("95% interval"),
        "gain": N_("The rule gains"),
        "gain_interval": N_("95% interval of the gain"),
    }
    lines = [
        [
            clean_value(one.arm),
            words.percent(one.share, 0),
            DASH if one.arm == result.control else signed_money(one.value, words),
            DASH if one.arm == result.control else money_range(one.low, one.high, words),
            signed_money(one.gain, words),
            money_range(one.gain_low, one.gain_high, words),
        ]
        for one in rows(result.arms)
    ]
    caption = words.say(N_("One arm for everybody, and a rule of who gets what, in profit a customer"))
    return _written(headers, lines, caption, words, texts=1)


@shown_table.register
def _(result: OfferedGroups, words: Words) -> Table:
    headers = {"arm": N_("Arm"), "feature": N_("Known of the customers"), "here": N_("Given it"), "else": N_("Others")}
    lines = []
    for one in rows(result.table):
        values = [words.percent(v, 0) if one.flag else words.number(v, 1) for v in (one.here, one.elsewhere)]
        lines.append([clean_value(one.arm), feature_name(one.feature, words), *values])
    return _written(headers, lines, words.say(N_("Who would get what")), words, texts=2)


def _written(headers: dict[str, str], lines: list[list[str]], caption: str, words: Words, *, texts: int) -> Table:
    """A table of finished texts, the first columns of them names."""
    columns = tuple(
        Column(name=name, header=words.say(header), kind="text" if place < texts else "written")
        for place, (name, header) in enumerate(headers.items())
    )
    return Table(columns=columns, frame=pd.DataFrame(lines, columns=list(headers)), caption=caption)
