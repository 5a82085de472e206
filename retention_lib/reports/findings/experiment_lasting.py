"""Sentences about whether what a campaign gained is still there weeks later."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from retention_lib.models.experiments.lasting import Lasting
from retention_lib.reports.blocks import Column, Kind, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.metric_names import difference_text, differences_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_KINDS: dict[str, Kind] = {"share": "points", "money": "money", "count": "number"}

COURSES: Mapping[str, str] = MappingProxyType(
    {
        "lasts": N_("it lasts"),
        "part_lost": N_("a part is lost"),
        "all_lost": N_("only bought earlier"),
        "grows": N_("it grew"),
        "no_gain": N_("no gain shown"),
        "cannot_tell": N_("cannot be told"),
        "waiting": N_("not known yet"),
        "withheld": N_("not called"),
    }
)
"""What became of a gain, in a word or two."""

_SAID: Mapping[str, str] = MappingProxyType(
    {
        "lasts": N_(
            "**The gain of {arm} lasts**: {window} in the first {days}, and the {later} after took back {most} of it "
            "at most; in all it is {full} ({full_range})."
        ),
        "part_lost": N_(
            "**Of what {arm} gained, {lost} was only bought earlier** ({lost_range}): {window} in the first {days} "
            "became {full} ({full_range}) once the {later} after are counted."
        ),
        "all_lost": N_(
            "**What {arm} gained was only bought earlier**: {window} in the first {days} became {full} ({full_range}) "
            "once the {later} after are counted."
        ),
        "grows": N_(
            "**The gain of {arm} grew**: {window} in the first {days} became {full} ({full_range}) once the {later} "
            "after are counted."
        ),
        "no_gain": N_(
            "**{arm}** gained nothing in the first {days} that can be told from chance ({window}, {window_range}), so "
            "there is nothing to lose; with the {later} after it is {full} ({full_range})."
        ),
        "cannot_tell": N_(
            "**Whether the gain of {arm} lasts cannot be told**: it was {window} in the first {days}, and the {later} "
            "after changed it by {after} ({after_range}), to {full} ({full_range})."
        ),
    }
)


@finding.register
def _(result: Lasting, words: Words) -> Finding:
    sentence = _said_of_all(result, words)
    if not sentence:
        sentence = " ".join(words.say(_SAID[row.course], **_shown(row, result, words)) for row in rows(result.summary))
    ends = result.path.groupby("arm", sort=False).tail(1)
    told = [
        words.say(
            N_("{arm} {effect} after {days}"),
            arm=row.arm,
            effect=difference_text(row.effect, result.kind, words, sign=True),
            days=words.days(row.age + 1),
        )
        for row in rows(ends)
    ]
    alt = words.say(N_("Lines with bands over the days since the mailing: {ends}."), ends=words.listed(told))
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "Difference to {control} in {metric}, all days so far together, of {n} households; 95% intervals for "
                "each day."
            ),
            customer=N_(
                "Difference to {control} in {metric}, all days so far together, of {n} customers; 95% intervals for "
                "each day."
            ),
        ),
        control=result.control,
        metric=metric_name(result.metric, words, unit=result.unit, kind=result.kind),
        n=int(result.summary["base"].sum() + result.summary["control_base"].max()),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _said_of_all(result: Lasting, words: Words) -> str:
    """What is said where no arm can be judged; empty where one can."""
    courses = set(result.summary["course"])
    if courses == {"withheld"}:
        return words.say(N_("**Nothing is said of a gain**, as the test is not valid."))
    if courses == {"waiting"}:
        message = N_(
            "**Whether the gain lasts is not known before {day}**: the {later} after the window are not over. They are "
            "waited for even where the sending stops earlier."
        )
        return words.say(message, day=result.after_ends, later=words.days(result.after_days))
    return ""


def _shown(row: Any, result: Lasting, words: Words) -> dict[str, object]:
    """What the messages about one arm name."""
    kind = result.kind
    values = {name: difference_text(getattr(row, name), kind, words, sign=True) for name in ("window", "after", "full")}
    ranges = {
        f"{name}_range": differences_text(getattr(row, f"{name}_low"), getattr(row, f"{name}_high"), kind, words)
        for name in ("window", "after", "full")
    }
    return {
        "arm": row.arm,
        **values,
        **ranges,
        "lost": words.percent(_share(row.lost), 0),
        "lost_range": words.interval(_share(row.lost_low), _share(row.lost_high), "share"),
        "most": words.percent(_share(row.lost_high), 0),
        "days": words.days(result.window_days),
        "later": words.days(result.after_days),
    }


def _share(lost: float) -> float:
    """A share of a gain, of which no less than nothing can be lost."""
    return lost if math.isnan(lost) else max(0.0, lost)


@shown_table.register
def _(result: Lasting, words: Words) -> Table:
    kind = _KINDS[result.kind]
    frame = result.summary.assign(told=[words.say(COURSES[course]) for course in result.summary["course"]])
    columns = (
        Column(name="arm", header=words.say(N_("Arm"))),
        _effect("window", words.say(N_("First {days}"), days=words.days(result.window_days)), kind),
        _effect("after", words.say(N_("The {days} after"), days=words.days(result.after_days)), kind),
        _effect("full", words.say(N_("Together")), kind),
        Column(name="told", header=words.say(N_("The gain"))),
    )
    caption = words.say(
        N_("What was gained against {control} and what the days after took back, in {metric}"),
        control=result.control,
        metric=metric_name(result.metric, words, unit=result.unit, kind=result.kind),
    )
    return Table(columns=columns, frame=frame, caption=caption)


def _effect(name: str, header: str, kind: Kind) -> Column:
    return Column(name=name, header=header, kind=kind, low=f"{name}_low", high=f"{name}_high")
