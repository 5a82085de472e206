"""Sentences about customer ids that are one person."""

from __future__ import annotations

from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, finding, finding_alert
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words
from retention_lib.stores.identities import MergeReport, UnmergedGroups

COUNTS = {
    "ids": N_("Customer ids in all tables"),
    "persons": N_("Persons they stand for"),
    "merged_ids": N_("Ids that now stand under another one"),
    "groups": N_("Persons of several ids"),
    "largest_group": N_("Most ids of one person"),
    "ids_without_identifier": N_("Ids without a card, e-mail, phone or cookie"),
    "values_unusable": N_("Identifiers that identify nobody, such as zeros"),
    "too_large": N_("Groups left apart: too many ids to be one person"),
    "conflicts": N_("Groups left apart: two birth dates or two sexes"),
    "ids_unmerged": N_("Ids in the groups left apart"),
    "customers_joined": N_("Rows of customers that went into another row"),
    "assignments_repeated": N_("Assignments that say the same of one person twice"),
    "persons_in_two_variants": N_("Persons left out of a test: two variants under two ids"),
}

KINDS = {"card": N_("card"), "email": N_("e-mail"), "phone": N_("phone"), "cookie": N_("cookie")}

REASONS = {
    "too_large": N_("too many ids"),
    "birth_date": N_("two birth dates"),
    "sex": N_("two sexes"),
}


@finding.register
def _(result: MergeReport, words: Words) -> Finding:
    sentences = [_merged(result, words), *_apart(result, words), *_left_out(result, words)]
    return Finding(sentence=" ".join(sentences))


@alert.register
def _(result: MergeReport, words: Words) -> Alert:
    doubtful = result.too_large + result.conflicts + result.persons_in_two_variants
    return finding_alert(result, words, found=doubtful > 0, title=words.say(N_("Persons.")))


@shown_table.register
def _(result: MergeReport, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("What"))),
        Column(name="count", header=words.say(N_("Count")), kind="integer"),
    )
    frame = result.to_frame()
    named = frame.assign(name=[words.say(COUNTS[name]) for name in frame["name"]])
    return Table(columns=columns, frame=named, caption=words.say(N_("Customer ids and the persons behind them")))


@shown_table.register
def _(result: UnmergedGroups, words: Words) -> Table:
    columns = (
        Column(name="reason", header=words.say(N_("Why left apart"))),
        Column(name="ids", header=words.say(N_("Ids")), kind="integer"),
        Column(name="kind", header=words.say(N_("Shared most"))),
        Column(name="value", header=words.say(N_("Its hash"))),
        Column(name="carriers", header=words.say(N_("Ids that carry it")), kind="integer"),
    )
    frame = result.to_frame()
    named = frame.assign(
        reason=[words.say(REASONS[reason]) for reason in frame["reason"]],
        kind=[words.say(KINDS[kind]) if kind in KINDS else kind for kind in frame["kind"]],
    )
    caption = words.say(N_("The largest groups of ids that share identifiers and are not taken for one person"))
    return Table(columns=columns, frame=named, caption=caption)


def _merged(result: MergeReport, words: Words) -> str:
    if result.merged_ids == 0:
        return words.say(N_("No two of the {ids} customer ids are taken for one person."), ids=result.ids)
    return words.say(
        N_("{ids} customer ids stand for **{persons}** persons: {groups} of them have several, at most {largest}."),
        ids=result.ids,
        persons=result.persons,
        groups=result.groups,
        largest=result.largest_group,
    )


def _apart(result: MergeReport, words: Words) -> list[str]:
    """What was left unmerged."""
    if result.too_large + result.conflicts == 0:
        return []
    return [
        words.say(
            N_(
                "Left apart: {ids} ids, in groups with too many ids to be one person ({too_large}) or with two birth "
                "dates or sexes ({conflicts})."
            ),
            too_large=result.too_large,
            conflicts=result.conflicts,
            ids=result.ids_unmerged,
        )
    ]


def _left_out(result: MergeReport, words: Words) -> list[str]:
    """Whom a test loses."""
    if result.persons_in_two_variants == 0:
        return []
    return [
        words.say(
            N_("Left out of tests, being in two variants under two ids: {persons}."),
            persons=result.persons_in_two_variants,
        )
    ]
