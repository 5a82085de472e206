"""Sentences about whether the judged lists of the playbook may be read, from the checks of each of them."""

from __future__ import annotations

from collections.abc import Sequence

from retention_lib.models.actions.judged import Judged
from retention_lib.models.actions.list_readings import JudgedList
from retention_lib.models.experiments.validity import Check
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert, check_alert
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.words import N_, Words

_SPLIT, _BEFORE, _ALONE = "sample_ratio_broken", "unbalanced_before", "control_contacted"

_SOUND = {
    _SPLIT: N_("split as planned"),
    _BEFORE: N_("both sides alike before"),
    _ALONE: N_("nobody left alone was contacted"),
}
"""What may be said where a check found nothing on any list."""

_UNKNOWN = {
    _SPLIT: N_("whether the split is as planned"),
    _BEFORE: N_("whether both sides were alike before"),
    _ALONE: N_("who got messages"),
}


@alert.register
def _(result: Judged, words: Words) -> Alert:
    broken = result.table[result.table["standing"] == "invalid"]
    read = [one for one in result.lists if not one.reason]
    warned = _warned(read, words)
    parts = []
    if len(broken):
        reasons = list(dict.fromkeys(why_withheld(str(code), words) for code in broken["reason"]))
        message = N_("May not be read: {broken} of {lists} judged lists ({why}). Nothing is learned from these.")
        told = {"lists": len(result.table), "broken": len(broken), "why": words.listed(reasons)}
        parts.append(words.say(message, **told))
    elif read:
        parts.append(_sound(read, words))
    parts += [*warned, *_unknown(read, words)]
    if len(result.left_out):
        message = N_(
            "Not judged, as they have one arm only, were not sent, are too old or do not say who was left alone: {n}."
        )
        parts.append(words.say(message, n=len(result.left_out)))
    if not parts:
        parts.append(words.say(N_("No list has been judged yet.")))
    found = bool(len(broken) or warned or len(result.left_out))
    return check_alert(found=found, title=words.say(N_("Judged lists.")), sentence=" ".join(parts))


def _sound(read: Sequence[JudgedList], words: Words) -> str:
    """That all lists may be read, with what every one of them was found to be."""
    fine = [words.say(text) for name, text in _SOUND.items() if all(_level(one, name) == "ok" for one in read)]
    if not fine:
        return words.count("The judged list may be read.", "All {n} judged lists may be read.", len(read))
    return words.count(
        "The judged list may be read: {fine}.",
        "All {n} judged lists may be read: {fine}.",
        len(read),
        fine=words.listed(fine),
    )


def _warned(read: Sequence[JudgedList], words: Words) -> list[str]:
    """What does not forbid to read a list, and is to be kept in mind."""
    parts = []
    split, before = (sum(_level(one, name) == "warn" for one in read) for name in (_SPLIT, _BEFORE))
    if split:
        one = "{n} list is further off its planned split than chance usually makes it."
        many = "{n} lists are further off their planned split than chance usually makes them."
        parts.append(words.count(one, many, split))
    if before:
        one = "On {n} list both sides differed before by more than chance usually makes them."
        many = "On {n} lists both sides differed before by more than chance usually makes them."
        parts.append(words.count(one, many, before))
    wrong = [check for one in read if (check := _check(one, _ALONE)) is not None and check.level == "warn"]
    if wrong:
        one = "On {n} list {wrong} of {base} left alone got the message all the same, which makes gains look smaller."
        many = "On {n} lists {wrong} of {base} left alone got the message all the same, which makes gains look smaller."
        told = {"wrong": int(sum(check.found for check in wrong)), "base": int(sum(check.base for check in wrong))}
        parts.append(words.count(one, many, len(wrong), **told))
    return parts


def _unknown(read: Sequence[JudgedList], words: Words) -> list[str]:
    """What no check could find out, and of how many lists."""
    counts = {name: sum(_level(one, name) == "unknown" for one in read) for name in _UNKNOWN}
    told = [
        words.count(
            "{what} ({some} of {n} list)",
            "{what} ({some} of {n} lists)",
            len(read),
            what=words.say(_UNKNOWN[name]),
            some=some,
        )
        for name, some in counts.items()
        if some
    ]
    return [words.say(N_("Not known: {what}."), what=words.listed(told))] if told else []


def _level(one: JudgedList, name: str) -> str:
    """What a check of a list says; a list of too few customers has none of them."""
    check = _check(one, name)
    return "unknown" if check is None else check.level


def _check(one: JudgedList, name: str) -> Check | None:
    return next((check for check in one.validity.checks if check.name == name), None)
