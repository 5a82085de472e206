"""What a rule of the stores is called on a page: a reason's code in words."""

from __future__ import annotations

from retention_lib.reports.words import N_, Words

RULES = {
    "refused": N_("the table cannot be used"),
    "missing_customer_id": N_("no customer"),
    "conflicting_rows": N_("contradicts another row of the same id"),
    "duplicate_merged": N_("repeats an earlier row; dropped"),
    "duplicate_kept": N_("repeats an earlier row; used, as nothing says it is the same sale"),
    "after_as_of": N_("dated after the last day of the data"),
    "in_the_future": N_("dated in the future"),
    "amount_on_another_line": N_("a further line of an order whose amount stands on another line"),
    "left_out": N_("left out by the parameter file"),
    "total_line": N_("a total line of the export, not a sale"),
    "unknown_variant": N_("an arm of the test that the parameter file does not name"),
}

_PATTERNS = (
    ("missing_", N_("no {column}")),
    ("unreadable_", N_("{column} cannot be read")),
    ("unknown_", N_("{column} is a word that the parameter file does not explain")),
)

_OUTSIDE = "_outside_1990_to_2099"


def rule_text(reason: str, words: Words) -> str:
    """A rule in the reader's words; a rule that has none is shown by its code.

    Args:
        reason: Its code, as rejected rows carry it.
        words: The reader's language.
    """
    if reason in RULES:
        return words.say(RULES[reason])
    if reason.endswith(_OUTSIDE):
        message = N_("{column} lies before 1990 or after 2099")
        return words.say(message, column=reason.removesuffix(_OUTSIDE))
    for start, message in _PATTERNS:
        if reason.startswith(start):
            return words.say(message, column=reason.removeprefix(start))
    return reason
