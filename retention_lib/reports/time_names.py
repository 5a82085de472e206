"""What weekdays and hours are called."""

from __future__ import annotations

from retention_lib.reports.words import N_, Words

_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_SHORT = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def weekday_name(weekday: int, words: Words, *, short: bool = False) -> str:
    """A weekday in words.

    Args:
        weekday: 1 = Monday to 7.
        words: The reader's language.
        short: Whether there is little room, as for "Mon".
    """
    return words.say((_SHORT if short else _WEEKDAYS)[weekday - 1])


def hour_name(hour: int) -> str:
    """A full hour, as in "20:00"; hours beyond midnight are those of the next day.

    Args:
        hour: 0 to 23, or beyond.
    """
    return f"{hour % 24:02d}:00"
