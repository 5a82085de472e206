"""What a chart says: the sentence under it, its alt text and its caption, all made from the drawn result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.reports.blocks import Action, Alert, Verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.words import N_, Words


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A result in words.

    Attributes:
        sentence: What the reader should take away, with the numbers.
        alt: What the chart shows, for those who cannot see it: its shape and at least one number.
        caption: Base and period, under the chart.
    """

    sentence: str
    alt: str = ""
    caption: str = ""


@singledispatch
def finding(result: Any, words: Words) -> Finding:
    """The finding of a result, by its type.

    Args:
        result: A result of `retention_lib.models`.
        words: The reader's language and currency.

    Raises:
        TypeError: No finding is written for results of this type.
    """
    raise TypeError(f"no finding is written for {type(result).__name__}; add one in retention_lib/reports/findings")


@finding.register
def _(result: NotEnough, words: Words) -> Finding:
    return Finding(sentence=reason_sentence(result, words))


@singledispatch
def verdict(result: Any, words: Words, **context: Any) -> Verdict:
    """The answer of a report, by the type of its main result.

    Args:
        result: The result that answers the report's question.
        words: The reader's language and currency.
        **context: Further results that the sentence needs, named by the verdict of the type.

    Raises:
        TypeError: No verdict is written for results of this type.
    """
    raise TypeError(f"no verdict is written for {type(result).__name__}; add one in retention_lib/reports/findings")


@verdict.register
def _(result: NotEnough, words: Words, **context: Any) -> Verdict:
    return Verdict(status="unknown", sentence=reason_sentence(result, words))


@singledispatch
def alert(result: Any, words: Words) -> Alert:
    """How far a result can be trusted, by its type.

    Args:
        result: A result, or a fact about the data.
        words: The reader's language and currency.

    Raises:
        TypeError: No alert is written for results of this type.
    """
    raise TypeError(f"no alert is written for {type(result).__name__}; add one in retention_lib/reports/findings")


@alert.register
def _(result: NotEnough, words: Words) -> Alert:
    return Alert(level="warn", title=words.say(N_("Not enough data.")), sentence=reason_sentence(result, words))


@singledispatch
def action(result: Any, words: Words) -> Action | None:
    """A next step, by the type of the result that proposes it; None where it proposes nothing.

    Args:
        result: A result of `retention_lib.models`.
        words: The reader's language and currency.

    Raises:
        TypeError: No action is written for results of this type.
    """
    raise TypeError(f"no action is written for {type(result).__name__}; add one in retention_lib/reports/findings")


def check_alert(*, found: bool, title: str, sentence: str) -> Alert:
    """The line of a check: to take care of where it found something, else fine.

    Args:
        found: Whether the check found something.
        title: Two or three words, translated.
        sentence: What was found, with numbers, translated.
    """
    return Alert(level="warn" if found else "ok", title=title, sentence=sentence)


def finding_alert(result: Any, words: Words, *, found: bool, title: str) -> Alert:
    """The line of a check that says what the result's finding says.

    Args:
        result: What was checked.
        words: The reader's language and currency.
        found: Whether the check found something.
        title: Two or three words, translated.
    """
    return check_alert(found=found, title=title, sentence=finding(result, words).sentence)
