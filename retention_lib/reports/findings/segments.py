"""Sentences about groups of customers and departments that lose their buyers."""

from __future__ import annotations

from retention_lib.models.segments import SegmentRates
from retention_lib.models.where import WhereRates
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import row, segment_name
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: SegmentRates, words: Words) -> Finding:
    table = result.table.set_index("segment")
    judged = table[~table["thin"]]
    caption = _caption(result, words)
    if result.highest is None or result.lowest is None or len(judged) < 2:
        lonely = (
            N_("Only one segment has {n} customers or more, so there is none to compare it with.")
            if len(judged)
            else N_("No segment is large enough to compare: each has fewer than {n}.")
        )
        sentence = words.say(lonely, n=result.minimum_base)
        return Finding(sentence=sentence, alt=sentence, caption=caption)
    high, low, differing = row(table, result.highest), row(table, result.lowest), int(judged["differs"].sum())
    shown = {
        "highest": segment_name(result.highest, words),
        "high": words.percent(high["share"]),
        "high_n": int(high["base"]),
        "lowest": segment_name(result.lowest, words),
        "low": words.percent(low["share"]),
        "low_n": int(low["base"]),
    }
    alt = words.say(
        N_(
            "Dots with intervals by segment: the share lost is highest in {highest} ({high} of {high_n}) and lowest in "
            "{lowest} ({low} of {low_n})."
        ),
        **shown,
    )
    sentence = words.say(_apart(differing), count=differing, tested=len(judged), **shown)
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _apart(differing: int) -> str:
    """Where the share lost is highest and lowest, by how many segments differ from the rest."""
    if differing:
        return N_(
            "The share lost is highest in **{highest}** ({high} of {high_n}) and lowest in {lowest} ({low} of "
            "{low_n}); {count} of {tested} segments differ from the rest by more than chance. That is where they "
            "leave, not yet why."
        )
    return N_(
        "Losses run from {low} ({lowest}) to {high} ({highest}), but no segment differs from the rest by more than "
        "chance."
    )


@alert.register
def _(result: SegmentRates | WhereRates, words: Words) -> Alert:
    thin = int(result.table["thin"].sum())
    every = words.say(N_("Every group has at least {minimum} customers."), minimum=result.minimum_base)
    some = words.count(
        "{n} group has fewer than {minimum} customers; it is grey and not judged.",
        "{n} groups have fewer than {minimum} customers; they are grey and not judged.",
        thin,
        minimum=result.minimum_base,
    )
    return check_alert(found=thin > 0, title=words.say(N_("Thin groups.")), sentence=some if thin else every)


def _caption(result: SegmentRates, words: Words) -> str:
    """How many are counted and how they are judged; without a comparison nothing is corrected for."""
    base, tests = int(result.table["base"].sum()), int(result.table["p_adjusted"].notna().sum())
    if "elsewhere" in result.table:
        counted = words.count(
            "{n} department, {base} pairs of a customer and a department bought from; bars: 95% intervals",
            "{n} departments, {base} pairs of a customer and a department bought from; bars: 95% intervals",
            len(result.table),
            base=base,
        )
    else:
        counted = words.count(
            "{n} segment, {base} customers counted; bars: 95% intervals",
            "{n} segments, {base} customers counted; bars: 95% intervals",
            len(result.table),
            base=base,
        )
    if tests == 0:
        return words.say(N_("{counted}."), counted=counted)
    return words.count(
        "{counted}; coloured: differs from the rest.",
        "{counted}; coloured: differs from the rest after correction for {n} comparisons.",
        tests,
        counted=counted,
    )
