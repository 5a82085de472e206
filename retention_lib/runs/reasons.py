"""Why a report was skipped or failed, as one sentence in a reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from retention_lib.runs.failure import Failure
    from retention_lib.runs.months import StoreFacts

_SECTION = {
    "raised": N_("Stopped in the section {section}: {error}."),
    "timeout": N_("Took longer than {error} seconds, in the section {section}."),
    "killed": N_("Its process was ended from outside in the section {section}; perhaps memory ran out."),
}
_START = {
    "raised": N_("Stopped before its first section: {error}."),
    "timeout": N_("Took longer than {error} seconds, before its first section."),
    "killed": N_("Its process was ended from outside before its first section; perhaps memory ran out."),
    "page": N_("Its page could not be made: {error}."),
}


def failure_sentence(failure: Failure, words: Words) -> str:
    """Why a report failed, with the section it stopped in and the error's last line."""
    message = _SECTION.get(failure.kind) if failure.section else None
    section = words.gettext(failure.section)
    return words.say(message or _START[failure.kind], section=section, error=failure.error)


def missing_sentence(missing: tuple[tuple[str, ...], ...], store: StoreFacts, words: Words) -> str:
    """Which tables a skipped report needs and its store lacks."""
    from babel.lists import format_list

    alternatives = [words.listed(list(tables)) for tables in missing]
    tables = format_list(alternatives, style="or", locale=words.locale)
    return words.say("Needs the table {tables}, which {store} does not have.", tables=tables, store=store.title)


def month_sentence(month: str, store: StoreFacts, words: Words) -> str:
    """That a store holds nothing of the run's month."""
    return words.say(
        "{store} has no sales in {month}; its data end on {day}.",
        store=store.title,
        month=words.month(month),
        day=store.last_day,
    )
