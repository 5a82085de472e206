"""What a page says of judged lists, read from results whose numbers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reports import actions_judged_results as over

from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (over.month_lost, "The 2 lists judged since the last report lost $14.4K"),
        (over.month_even, "What the list judged since the last report brought, $400"),
        (over.month_alike, "how sure that is cannot be said"),
        (over.month, "Shown to pay on its own: Win back the quiet."),
        (over.month, "Shown to lose money: Second order."),
        (over.month, "1 list has fewer than 30 customers in an arm"),
        (over.month, "Not counted, as they may not be read: Goes with the last purchase ("),
        (
            over.record,
            "10 lists of 3 months have been judged. Most was brought by Win back the quiet: $17.6K in all.",
        ),
        (over.terms, "Taken from the ledger, as the parameters of this report leave it open: the days of the window"),
        (over.decisions, "Change Second order (discount20 is likelier to pay; −$6.33 a contact)."),
        (over.decisions_changed, "brings orders, but the offer costs more"),
        (over.decisions_kept, "pays with a chance of more than 99%"),
        (over.nothing_learned, "all is untested"),
        (over.still_open, "2 lists are still open; the first verdict is due on 28 July 2026"),
    ],
)
def test_the_sentence_says_what_was_found(made: Callable[[], Any], said: str) -> None:
    assert said in plain(finding(made(), WORDS).sentence).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("made", "status"), [(over.month, "watch"), (over.month_lost, "act"), (over.month_even, "watch")]
)
def test_the_verdict_of_a_month_follows_its_interval(made: Callable[[], Any], status: str) -> None:
    assert verdict(made(), WORDS).status == status


def test_lists_that_may_not_be_read_are_an_alert() -> None:
    assert alert(over.everything(), WORDS).level == "warn"
    assert alert(over.sound(), WORDS).level == "ok"
    assert "No list has been judged yet." in alert(over.none_yet(), WORDS).sentence


def test_what_is_changed_or_stopped_is_something_to_do() -> None:
    told = action(over.decisions(), WORDS)
    assert told is not None
    assert told.tested
    assert "Second order" in told.title
    assert action(over.decisions_kept(), WORDS) is None


def test_tables_hide_what_may_not_be_read() -> None:
    table = shown_table(over.month(), WORDS)
    row = table.frame[table.frame["scenario"] == "Goes with the last purchase"].iloc[0]
    assert row["profit"] != row["profit"]
    assert len(table.columns) <= 7
    captions = [shown_table(made(), WORDS).caption for made in (over.month, over.everything, over.record, over.learned)]
    assert len(set(captions)) == 4
