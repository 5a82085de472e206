"""What periods of cohorts and lengths of time in them are called."""

from __future__ import annotations

import datetime as dt

from retention_lib.models.cohort_sums import Grain
from retention_lib.reports.words import N_, Words

_MONTH, _QUARTER, _YEAR = len("2026-01"), len("2026-Q1"), len("2026")

AGE_AXES: dict[Grain, str] = {
    "month": N_("months since the month of the first purchase"),
    "week": N_("weeks since the week of the first purchase"),
    "quarter": N_("quarters since the quarter of the first purchase"),
}


def period_name(label: str, words: Words) -> str:
    """A period by its label: "January 2026", "Q1 2026", "2026", or "week of 5 January 2026".

    Args:
        label: As results hold it: '2026-01', '2026-Q1', '2026' or a week's Monday, '2026-01-05'.
        words: The reader's language.
    """
    if len(label) == _YEAR:
        return label
    if "Q" in label:
        return words.say(N_("Q{quarter} {year}"), quarter=label[-1], year=label[:4])
    if len(label) == _MONTH:
        return words.month(label)
    return words.say(N_("week of {day}"), day=dt.date.fromisoformat(label))


def period_range(first: str, last: str, words: Words) -> str:
    """The periods from one to another, as in "January 2026 to March 2026"; one by its name."""
    if first == last:
        return period_name(first, words)
    return words.say(N_("{first} to {last}"), first=period_name(first, words), last=period_name(last, words))


def short_name(label: str, words: Words) -> str:
    """A period for an axis with little room: "Jan 26", "Q1 26", "5 Jan"."""
    if len(label) == _YEAR:
        return label
    if "Q" in label:
        return words.say(N_("Q{quarter} {year}"), quarter=label[-1], year=label[2:4])
    month = words.month(label[:_MONTH], year=False)[:3]
    if len(label) == _MONTH:
        return words.say(N_("{month} {year}"), month=month, year=label[2:4])
    return words.say(N_("{day} {month}"), day=int(label[8:]), month=month)


def periods_text(count: int, by: Grain, words: Words) -> str:
    """A length of time in periods, as in "3 months"."""
    if by == "month":
        return words.count("{n} month", "{n} months", count)
    if by == "week":
        return words.count("{n} week", "{n} weeks", count)
    return words.count("{n} quarter", "{n} quarters", count)


def first_period_text(by: Grain, words: Words) -> str:
    """The period of the first purchase."""
    names: dict[Grain, str] = {
        "month": N_("the month of the first purchase"),
        "week": N_("the week of the first purchase"),
        "quarter": N_("the quarter of the first purchase"),
    }
    return words.say(names[by])
