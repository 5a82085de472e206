"""What to do about a fault of the data: the line of the parameter file, or what to mend in the export."""

from __future__ import annotations

from retention_lib.models.ids import LookAlikes, OrphanIds, ReusedOrders
from retention_lib.models.outliers import DominantCustomer
from retention_lib.models.row_checks import RepeatedRows
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import action
from retention_lib.reports.findings.quality import share_text
from retention_lib.reports.words import N_, Words


@action.register
def _(result: DominantCustomer, words: Words) -> Action:
    return Action(
        title=words.say(N_("Find out who **{customer}** is"), customer=result.customer),
        tested=None,
        note=words.say(
            N_(
                "It has {share} of the rows. If it is the till's id for buyers it does not know, list that id under "
                "anonymous in the table of transactions."
            ),
            share=share_text(result.rows_share, words),
        ),
    )


@action.register
def _(result: RepeatedRows, words: Words) -> Action:
    if result.sales_merged:
        note = N_(
            "If equal lines of a receipt are sales of their own, write duplicates: keep; if the exports overlap as "
            "well, write duplicates: across_files."
        )
    elif result.conflicting:
        note = N_("The rows are in the folder rejected; correct them in the export.")
    else:
        note = N_("If they are the same sales twice, export order or line ids and write duplicates: merge.")
    return Action(title=words.say(N_("Check the repeated rows")), tested=None, note=words.say(note))


@action.register
def _(result: LookAlikes, words: Words) -> Action:
    return Action(
        title=words.count(
            "Write {n} customer's id in one way", "Write the ids of {n} customers in one way", result.groups
        ),
        tested=None,
        note=words.say(N_("Correct them in the export, or bring a table of identities that joins them.")),
    )


@action.register
def _(result: OrphanIds, words: Words) -> Action:
    return Action(
        title=words.say(N_("Find the ids without a match")),
        tested=None,
        note=words.say(
            N_("Export all tables for the same days, and check under columns that they use the same kind of id.")
        ),
    )


@action.register
def _(result: ReusedOrders, words: Words) -> Action:
    return Action(
        title=words.say(N_("Tell orders with the same number apart")),
        tested=None,
        note=words.say(
            N_("If the till counts anew every day, write order_numbers: daily in the table of transactions.")
        ),
    )
