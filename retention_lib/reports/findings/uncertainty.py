"""Sentences about how sure a forecast is, and what makes it unsure."""

from __future__ import annotations

from retention_lib.models.uncertainty import FEWEST_CUTOFFS, Spread
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.words import N_, Words

_PARTS = {
    "model": N_("how far forecasts of past days were off"),
    "process": N_("the luck of what single customers do"),
    "parameter": N_("the limited number of customers it was learned from"),
}


@finding.register
def _(result: Spread, words: Words) -> Finding:
    largest = max(_PARTS, key=lambda part: float(getattr(result, part)))
    bounds = {
        "low": words.percent(1 / result.factor, 0),
        "high": words.percent(result.factor, 0),
        "times": words.number(100 * result.level),
    }
    sentence = words.say(
        N_(
            "In {times} of 100 such cases, what comes lies between **{low} and {high}** of the forecast. What makes it "
            "unsure most is {part}."
        ),
        part=words.say(_PARTS[largest]),
        **bounds,
    )
    return Finding(sentence=f"{sentence} {_learned(result, words)}")


@alert.register
def _(result: Spread, words: Words) -> Alert:
    return check_alert(
        found=not result.cutoffs, title=words.say(N_("Intervals of the forecast.")), sentence=_learned(result, words)
    )


def _learned(result: Spread, words: Words) -> str:
    """Whether events that touch all customers alike are in the interval."""
    if result.cutoffs:
        return words.say(
            N_(
                "The intervals hold how far forecasts of {n} past days were off; an event unlike any since then is not "
                "in them."
            ),
            n=result.cutoffs,
        )
    return words.say(
        N_(
            "With fewer than {n} forecasts of past days, the intervals do not hold what touches all customers alike, "
            "such as a price rise, a late season or a new competitor: take them as too narrow."
        ),
        n=FEWEST_CUTOFFS,
    )
