"""Whether a test may be read, in words: the banner, the line under the headline and the table of checks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from retention_lib.models.experiments.validity import Check, Validity
from retention_lib.reports.blocks import Alert, Column, Level, Table, Verdict
from retention_lib.reports.findings.base import Finding, alert, finding, verdict
from retention_lib.reports.findings.experiment_check_words import CHECKS
from retention_lib.reports.findings.experiment_checks import check_sentence, found_text
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

RESULTS: Mapping[str, str] = MappingProxyType(
    {
        "stop": N_("No winner"),
        "interim": N_("Not over"),
        "warn": N_("Take care"),
        "ok": N_("Fine"),
        "unknown": N_("Not known"),
    }
)
"""What a check says, in a word or two."""

_ORDER = ("stop", "interim", "warn", "ok", "unknown")


def why_withheld(code: str | None, words: Words) -> str:
    """Why nothing is called, in few words.

    Args:
        code: `reason` of the `Validity`.
        words: The reader's language.
    """
    told = CHECKS.get(code or "")
    return words.say(told.short if told else N_("the test is not valid"))


@verdict.register
def _(result: Validity, words: Words, **context: object) -> Verdict:
    if result.status == "invalid":
        return Verdict(status="act", sentence=_invalid(result, words))
    if result.status == "interim":
        return Verdict(status="watch", sentence=_interim(result, words))
    return Verdict(status="good", sentence=_valid(result, words))


@finding.register
def _(result: Validity, words: Words) -> Finding:
    sentences = {"invalid": _invalid, "interim": _interim, "valid": _valid}
    return Finding(sentence=sentences[result.status](result, words))


def _invalid(result: Validity, words: Words) -> str:
    """Why nothing is called."""
    stopping = [check for check in result.checks if check.level == "stop"]
    head = words.say(N_("**No winner is called: this test is not valid.**"))
    parts = [head, check_sentence(stopping[0], words)]
    if len(stopping) > 1:
        more = [words.say(CHECKS[check.name].short) for check in stopping[1:]]
        parts.append(words.say(N_("Besides: {reasons}."), reasons=words.listed(more)))
    return " ".join(parts)


def _interim(result: Validity, words: Words) -> str:
    """That it is too early, and when it is not."""
    check = next(check for check in result.checks if check.level == "interim")
    message = N_(
        "**Interim, no winner**: the test can be judged from {on} on, in {days}. Differences are shown as they stand, "
        "but none is called."
    )
    return words.say(message, on=check.on, days=words.days(check.found))


def _valid(result: Validity, words: Words) -> str:
    """That it can be read, and what is to be kept in mind."""
    made = [check for check in result.checks if check.level != "unknown"]
    warned = [words.say(CHECKS[check.name].title).rstrip(".") for check in result.concerns]
    if not warned:
        return words.say(N_("**The test can be read**: {n} checks found nothing against it."), n=len(made))
    message = N_("**The test can be read**: none of {n} checks forbids it. To be kept in mind: {concerns}.")
    return words.say(message, n=len(made), concerns=words.listed(warned))


@alert.register
def _(result: Validity, words: Words) -> Alert:
    fine = sum(check.level == "ok" for check in result.checks)
    unknown = [words.say(CHECKS[check.name].title).rstrip(".") for check in result.checks if check.level == "unknown"]
    level: Level = "stop" if result.status == "invalid" else "warn" if result.status == "interim" else "ok"
    sentence = words.say(N_("{n} of {all} checks of the test found nothing."), n=fine, all=len(result.checks))
    if unknown:
        told = words.say(N_("Not known from these data: {names}."), names=words.listed(unknown))
        sentence = f"{sentence} {told}"
    return Alert(level=level, title=words.say(N_("Validity.")), sentence=sentence)


@shown_table.register
def _(result: Validity, words: Words) -> Table:
    columns = (
        Column(name="check", header=words.say(N_("Check"))),
        Column(name="result", header=words.say(N_("Result"))),
        Column(name="found", header=words.say(N_("Found")), kind="written"),
    )
    ordered = sorted(result.checks, key=lambda check: _ORDER.index(check.level))
    rows = [_row(check, words) for check in ordered]
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    caption = words.say(N_("Checks of the test, the gravest first"))
    return Table(columns=columns, frame=frame, caption=caption, folded=result.status == "valid")


def _row(check: Check, words: Words) -> list[str | None]:
    title = words.say(CHECKS[check.name].title).rstrip(".")
    return [title, words.say(RESULTS[check.level]), found_text(check, words) or None]
