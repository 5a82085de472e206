"""Lists handed on to the run: ids in clear in outputs of their own, which the notebook and the page lose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from retention_lib.measures.actions.lists import ActionLists
from retention_lib.reports.blocks import table_csv, table_html
from retention_lib.reports.cells import safe_csv
from retention_lib.reports.findings.actions_files import columns_table, files_table
from retention_lib.reports.findings.winback import list_table
from retention_lib.reports.payloads import LEDGER, LIST
from retention_lib.stores.ledger_rows import csv_text, list_csv
from retention_lib.workbench.outputs import display

if TYPE_CHECKING:
    from retention_lib.measures.splitting import AssignmentList
    from retention_lib.models.next_steps import ContactList
    from retention_lib.models.top_customers import TopCustomers
    from retention_lib.reports.words import Words
    from retention_lib.settings import SetSettings


def hand_on_list(
    result: ContactList | TopCustomers | AssignmentList,
    words: Words,
    *,
    name: str,
    report: str,
    hashed: Callable[[str], str],
) -> None:
    """A list as `actions/<report>_<name>.csv`, and its first customers on the page.

    Args:
        result: The list.
        words: The reader's language and currency.
        name: What the file's name ends in, without the ending.
        report: The report's id.
        hashed: Makes a customer's id what a page may show.
    """
    file = f"actions/{report}_{name}.csv"
    display({LIST: {"name": name, "csv": table_csv(result.to_frame())}, "text/plain": file})
    display({"text/html": table_html(list_table(result, words, hashed=hashed, file=file), words)})


def hand_on_action_lists(
    result: ActionLists, words: Words, *, report: str, settings: SetSettings, hashed: Callable[[str], str]
) -> None:
    """The lists of a month as `actions/<scenario>.csv`, their rows for the ledger, and a few of them on the page.

    Where several reports of the set are of one notebook, each puts its id before the names of its files.

    Args:
        result: The lists.
        words: The reader's language and currency.
        report: The report's id.
        settings: The set.
        hashed: Makes a customer's id what a page may show.
    """
    notebooks = [each.notebook for each in settings.reports.values()]
    alone = notebooks.count(settings.reports[report].notebook) == 1
    before = "" if alone else f"{report}_"
    files = {about.scenario: result.file(about.scenario) for about in result.experiments}
    files |= {f"{each.scenario}_audience": each.table for each in result.audiences}
    for name, frame in files.items():
        payload = {"name": name, "by_name": alone, "csv": safe_csv(csv_text(frame))}
        display({LIST: payload, "text/plain": f"actions/{before}{name}.csv"})
    for about in result.experiments:
        payload = {"experiment": about.to_plain(), "csv": list_csv(result.rows(about.scenario))}
        display({LEDGER: payload, "text/plain": about.experiment_id})
    if result.customers:
        file = f"actions/{before}*.csv"
        first = list_table(result, words, hashed=hashed, file=file)
        for table in (files_table(result, words, file=file), columns_table(words), first):
            display({"text/html": table_html(table, words)})
