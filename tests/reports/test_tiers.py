"""What is said of tiers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import tier_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.tier_behaviour import CHANCE, DRIFT, DRIFT_UNKNOWN
from retention_lib.reports.findings import action, finding
from retention_lib.reports.shown import table_texts
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_tiers_are_told_without_taking_them_for_an_effect() -> None:
    assert said(finding(made.tiers(), WORDS).sentence) == (
        "The programme has 1,000 members: 80% in bronze, 15% in silver and 5% in gold. A member in gold orders 1.00 "
        "times a month, one in bronze 0.10 times. They leave a gross profit of $120 and $12 a month. Points pay 2.0% "
        "of what gold buys and 0.0% of what bronze buys. This is who gets there, not what the tier does: only who buys "
        "much reaches a high one. Since joining, members reach silver with 3 orders and gold with 8 orders."
    )


def test_tiers_of_which_little_is_known_leave_it_out() -> None:
    bare = made.tiers(profit=False, names=("", "silver", "gold"))
    bare = replace(bare, table=bare.table.assign(unit=["", "spend", ""], threshold=[None, 5_000.0, None]))
    text = said(finding(bare, WORDS).sentence)
    assert "80% in no tier yet" in text
    assert "gross profit" not in text
    assert "Points pay" not in text
    assert text.endswith("members reach silver with $5,000 spent.")
    thin = replace(bare, table=bare.table.assign(thin=True, unit=""))
    assert said(finding(thin, WORDS).sentence) == (
        "The programme has 1,000 members: 80% in no tier yet, 15% in silver and 5% in gold."
    )


def test_the_table_of_tiers_shows_what_is_known() -> None:
    shown = table_texts(shown_table(made.tiers(), WORDS), WORDS)
    assert shown["rows"][1][:4] == ["silver", "3 orders", "150", "15.0%"]
    assert shown["rows"][0][1] == "–"
    assert "1 July 2025 to 30 June 2026" in said(shown["caption"])


@pytest.mark.parametrize(("down", "told"), [(0, False), (5, True)])
def test_moves_are_told_and_who_went_down_where_anybody_did(down: int, told: bool) -> None:
    # 20 of 120 went up, 15 left, 5 or none of silver went down; of 40 who joined 10 have left again.
    found = finding(made.moves(down=down), WORDS)
    text = said(found.sentence)
    assert text.startswith("Of 120 members 12 months ago, 16.7% (11.1% to 24.3%) stand in a higher tier now,")
    assert "12.5% (7.7% to 19.6%) have left." in text
    assert ("4.2% went down." in text) == told
    assert text.endswith("40 joined since then; 25.0% of them have left again.")
    assert said(found.caption).startswith("120 members at the end of 30 June 2025, and 40 who joined")
    assert shown_table(made.moves(), WORDS).folded  # type: ignore[union-attr]


def test_effort_and_dip_are_told_in_days() -> None:
    found = finding(made.behaviour(), WORDS)
    assert said(found.sentence) == (
        "One order short of a tier, members buy 40% faster (30% to 50%): the order that reaches it comes about 10 days "
        "sooner. In the 30 days after reaching one they buy 30% less (-40% to -20%). So about 40% of what is gained "
        "before a tier is lost again after it."
    )
    assert "450 members" in said(found.caption)
    mostly = made.behaviour(days_lost=9.0)
    assert "nearly all that is gained is lost again" in said(finding(mostly, WORDS).sentence)


@pytest.mark.parametrize(
    ("reason", "effort", "dip"),
    [
        (CHANCE, "No effort before a tier is shown", "No dip in the 30 days after reaching one is shown"),
        (DRIFT, "gaps change with the number of orders even where no tier is near", "for the same reason"),
        (DRIFT_UNKNOWN, "too few members ordered on", "for the same reason"),
    ],
)
def test_what_may_not_be_claimed_is_said_as_such(reason: str, effort: str, dip: str) -> None:
    text = said(
        finding(made.behaviour(effort=made.withheld(0.05, reason), dip=made.withheld(-0.05, reason)), WORDS).sentence
    )
    assert effort in text
    assert dip in text
    assert "lost again" not in text


def test_changes_the_other_way_round_are_told_too() -> None:
    slower = replace(made.withheld(-0.3, CHANCE), claimed=True, reason=None)
    quicker = replace(made.withheld(0.3, CHANCE), claimed=True, reason=None)
    text = said(finding(made.behaviour(effort=slower, dip=quicker), WORDS).sentence)
    assert "members buy 30% slower (-40% to -20%): it draws nobody on" in text
    assert "they buy 30% more (20% to 40%)" in text
    assert "lost again" not in text


def test_too_few_gaps_are_told() -> None:
    text = said(finding(made.unnamed(), WORDS).sentence)
    assert "Only 12 members have gaps to compare, too few to say what they do before a tier." in text
    assert "too few to say what they do after it." in text


@pytest.mark.parametrize(
    ("changed", "pays"),
    [
        ({}, "if 1 reminder in 6 brings an order more than comes by itself"),
        ({"one_in": 0.5}, "not at this cost: a further order leaves less than the reminder costs"),
        ({"one_in": None, "contact_cost": 0.0}, "with any further order: a reminder costs nothing"),
        ({"one_in": None, "contact_cost": None}, "one of the two is not known"),
    ],
)
def test_a_reminder_says_when_it_pays(changed: dict[str, float | None], pays: str) -> None:
    found = action(made.near(**changed), WORDS)
    assert found is not None
    assert dict(found.facts)["Pays"].endswith(pays)
    assert "half of the 60 members" in said(found.title)
    assert "60 members show a difference of 36 points or more" in dict(found.facts)["How long"]
    once = action(made.near(members=5_000), WORDS)
    assert once is not None
    assert said(dict(once.facts)["How long"]).startswith("once: 5,000 members show a difference of 4 points or more")
    assert not found.tested
    assert "40% faster by themselves" in said(found.note or "")


def test_a_reminder_claims_no_effort_that_is_not_shown() -> None:
    for effort in (made.withheld(0.05, CHANCE), NotEnough("members_reaching_tier", 12, 100)):
        found = action(made.near(effort=effort), WORDS)
        assert found is not None
        assert "not shown here" in (found.note or "")
    shown = table_texts(shown_table(made.near(), WORDS), WORDS)
    assert [row[1] for row in shown["rows"]] == ["3 orders", "$5,000 spent"]
