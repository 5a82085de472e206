"""Sentences of the checks of a test, one a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from retention_lib.models.experiments.validity import Check
from retention_lib.reports.blocks import Alert, Level
from retention_lib.reports.findings.base import alert
from retention_lib.reports.findings.experiment_check_words import CHECKS
from retention_lib.reports.metric_names import metric_name
from retention_lib.reports.rows import segment_name
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_LEVELS: Mapping[str, Level] = MappingProxyType(
    {"stop": "stop", "interim": "warn", "warn": "warn", "ok": "ok", "unknown": "ok"}
)


@alert.register
def _(result: Check, words: Words) -> Alert:
    title = words.say(CHECKS[result.name].title)
    return Alert(level=_LEVELS[result.level], title=title, sentence=check_sentence(result, words))


def check_sentence(check: Check, words: Words) -> str:
    """What a check found, in a sentence.

    Args:
        check: The check.
        words: The reader's language.
    """
    told = CHECKS[check.name]
    if check.level == "unknown":
        return words.say(N_("Cannot be checked with these data."))
    messages = told.stop if check.level == "stop" else told.warn
    if check.level == "ok" or messages is None:
        return words.say(N_("Nothing found."))
    household, customer = messages
    sentence = words.say(
        of_unit(check.unit, household=household, customer=customer),
        about=_about(check, words),
        metric=metric_name(check.about.removesuffix("_before"), words, unit=check.unit),
        found=int(check.found),
        base=int(check.base),
        gap=_gap(check, words),
        p=words.p_value(check.p),
        on=check.on,
        days=words.days(check.found),
    )
    remedy = told.remedy if check.assumed and check.level == "stop" else ""
    return f"{sentence} {words.say(remedy)}" if remedy else sentence


def found_text(check: Check, words: Words) -> str:
    """What a check found, for a cell of a table; empty where it says nothing."""
    return "" if check.level == "unknown" else _FOUND[CHECKS[check.name].found](check, words)


def _about(check: Check, words: Words) -> str:
    """What a check is worst in."""
    if check.name == "sample_ratio_days" and check.about:
        return words.date(check.about)
    return segment_name(check.about, words) if check.name == "sample_ratio_strata" else check.about


def _gap(check: Check, words: Words) -> str:
    """A difference of shares in points; of means before the test in per cent."""
    return words.percent(abs(check.found)) if check.name == "unbalanced_before" else words.points(abs(check.found))


def _p_text(check: Check, words: Words) -> str:
    if check.p is None:
        return words.say(N_("only one group"))
    return words.say(N_("p {p}"), p=words.p_value(check.p))


def _of_text(check: Check, words: Words) -> str:
    if check.p is not None and check.base == 1:
        return words.points(check.found)
    if not check.base:
        return words.number(check.found)
    return words.say(N_("{found} of {base}"), found=int(check.found), base=int(check.base))


def _count_text(check: Check, words: Words) -> str:
    return words.number(check.found)


def _day_text(check: Check, words: Words) -> str:
    return words.date(check.on) if check.on else words.say(N_("yes"))


_FOUND: Mapping[str, Callable[[Check, Words], str]] = MappingProxyType(
    {"p": _p_text, "of": _of_text, "count": _count_text, "day": _day_text}
)
