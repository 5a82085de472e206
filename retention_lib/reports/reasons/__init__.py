"""Why there is no answer, in words: one sentence for each reason code that a measure or a model may give.

Each module holds the `SENTENCES` of one subject, by code; `{have}` and `{need}` in them are numbers already formatted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.estimates import NotEnough
from retention_lib.reports.reasons import (
    campaigns,
    churn,
    data,
    experiments,
    playbook,
    points,
    programme,
    value,
)
from retention_lib.reports.words import N_, Words


def _registry(*tables: Mapping[str, str]) -> Mapping[str, str]:
    sentences = {code: sentence for table in tables for code, sentence in table.items()}
    if len(sentences) != sum(len(table) for table in tables):
        raise ValueError("a reason code stands in two subjects")
    return MappingProxyType(sentences)


REASONS = _registry(
    data.SENTENCES,
    churn.SENTENCES,
    value.SENTENCES,
    campaigns.SENTENCES,
    programme.SENTENCES,
    points.SENTENCES,
    experiments.SENTENCES,
    playbook.SENTENCES,
)

_UNNAMED = N_("There is not enough data for this answer: it needs {need}, there are {have}.")


def reason_sentence(refusal: NotEnough, words: Words) -> str:
    """The sentence that stands where a figure, a chart or a table could not be made."""
    return words.say(
        REASONS.get(refusal.reason, _UNNAMED),
        have=_amount(refusal.have, words),
        need=_amount(refusal.need, words),
    )


def _amount(value: float, words: Words) -> str:
    return words.number(value) if float(value).is_integer() else words.number(value, 2)
