"""Sentences and the table about the stages of customers."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.stages import Stages
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words

STAGE_NAMES = {
    "never": N_("not bought yet"),
    "new": N_("new"),
    "active": N_("active"),
    "due": N_("due"),
    "overdue": N_("overdue"),
    "quiet": N_("gone quiet"),
    "lapsed": N_("lapsed"),
}

_MEANINGS = {
    "never": N_("known, but without a purchase"),
    "new": N_("bought once, at most {lapse} ago"),
    "active": N_("within the own usual interval"),
    "due": N_("past the own usual interval"),
    "overdue": N_("past the interval that holds four of five of the own"),
    "quiet": N_("silent for more than {lapse}"),
    "lapsed": N_("silent for more than {twice}"),
}


@finding.register
def _(result: Stages, words: Words) -> Finding:
    shown: dict[str, Any] = {
        **{stage: result.count(stage) for stage in ("due", "overdue", "quiet", "lapsed")},
        "lapse": words.days(result.rules.lapse_days),
        "days": words.days(result.window_days),
    }
    sentence = words.say(
        N_(
            "**{overdue} customers are overdue** by their own rhythm and {due} are due; {quiet} have gone quiet "
            "(silent for more than {lapse}) and {lapsed} have lapsed (for more than twice as long)."
        ),
        **shown,
    )
    bought = {stage: result.bought(stage) for stage in ("active", "overdue", "quiet")}
    told = {stage: DASH if isinstance(one, NotEnough) else words.percent(one.value) for stage, one in bought.items()}
    if not all(isinstance(one, NotEnough) for one in bought.values()):
        more = N_(
            "In the last {days}, {active} of those then active bought, {overdue} of those overdue "
            "and {quiet} of those quiet."
        )
        sentence = f"{sentence} {words.say(more, days=shown['days'], **told)}"
    largest = max(rows(result.table), key=lambda row: row.customers)
    alt = words.say(
        N_("Bars of customers by stage; the longest is {stage} with {n} ({share})."),
        stage=words.say(STAGE_NAMES[largest.stage]),
        n=int(largest.customers),
        share=words.percent(largest.share),
    )
    caption = words.say(
        N_(
            "{n} customers; beside the bars, the share of those who stood there {days} before the end of the data and "
            "bought in these days."
        ),
        n=result.customers,
        days=shown["days"],
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@shown_table.register
def _(result: Stages, words: Words) -> Table:
    lapse, twice = words.days(result.rules.lapse_days), words.days(2 * result.rules.lapse_days)
    frame = result.table.assign(
        name=[words.say(STAGE_NAMES[stage]) for stage in result.table["stage"]],
        meaning=[words.say(_MEANINGS[stage], lapse=lapse, twice=twice) for stage in result.table["stage"]],
    )
    columns = (
        Column(name="name", header=words.say(N_("Stage"))),
        Column(name="meaning", header=words.say(N_("Which is"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Share of all")), kind="share"),
        Column(name="bought", header=words.say(N_("Bought in the window")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_("Customers by stage, and how many of those who stood there {days} ago bought since"),
        days=words.days(result.window_days),
    )
    return Table(columns=columns, frame=frame, caption=caption)
