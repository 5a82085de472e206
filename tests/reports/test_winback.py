"""What is said of tests of contacting customers, and of their lists."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from reports import results as made
from reports.results import said

from retention_lib.reports.blocks import table_html
from retention_lib.reports.findings import action, finding
from retention_lib.reports.findings.winback import list_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_each_step_says_whom_to_contact_and_whom_to_leave_alone() -> None:
    steps = made.proposals(budget=120)
    told = [said(action(step, WORDS).title) for step in steps.steps]
    assert told == [
        "Write to 50 of the 100 customers with the most at stake, drawn at random, and leave the others alone",
        "Write to 70 of the 400 customers who went quiet in the month, drawn at random, and leave the others alone",
    ]
    assert all(action(step, WORDS).tested is False for step in steps.steps)
    assert said(finding(steps, WORDS).sentence) == (
        "2 tests, the one that needs the smallest lift first. Together they contact 120 customers of the 120 that may "
        "be contacted in a month; contact nobody twice."
    )


@pytest.mark.parametrize(
    ("contact_cost", "pays"),
    [
        (0.5, "if it keeps 5 customers more than stay by themselves (1 in 50)"),  # 25 / 0.5
        (0.001, "if it keeps 1 customer more than stay by themselves"),  # 1 in 25,000 of 222 would be no share
        (20.0, "not at this cost: even keeping everyone would not cover it"),  # 80 % on top of 50 %
    ],
)
def test_the_best_customers_are_kept_and_not_brought_back(contact_cost: float, pays: str) -> None:
    step = action(replace(made.winback(contact_cost=contact_cost), audience="top_decile"), WORDS)
    assert step is not None
    assert said(dict(step.facts)["Pays"]) == pays


def test_no_share_is_told_that_is_smaller_than_one_of_those_contacted() -> None:
    step = action(made.winback(contact_cost=0.001), WORDS)
    assert step is not None
    assert said(dict(step.facts)["Pays"]) == "if it brings back 1 customer more than come by themselves"


def test_a_list_says_what_is_not_known_about_consent() -> None:
    assert said(finding(made.listed(), WORDS).sentence) == (
        "The list for the test of the most at stake holds 10 customers to contact and as many like "
        "them, drawn at random, to leave alone; together $1.8K are at stake with them. The store does not know who "
        "agreed to be contacted: check that before sending."
    )
    ids = [f"c{place:04d}" for place in range(399)]
    agreed = made.listed(pd.DataFrame({"customer_id": ids, "email_consent": True}))
    assert said(finding(agreed, WORDS).sentence).endswith("1 customer who agreed to no channel is left out.")


def test_a_page_shows_hashed_ids_only() -> None:
    shown = list_table(made.listed(), WORDS, hashed=lambda id: f"hash of {id[-2:]}", file="actions/churn_at_stake.csv")
    html = table_html(shown, WORDS)
    assert "hash of 00" in html
    assert "c0000" not in html
    assert "The first of 20 customers on the list" in html
    assert "actions/churn_at_stake.csv" in html
