from __future__ import annotations

from reports import results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.findings.identities import COUNTS, KINDS, REASONS
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words
from retention_lib.settings.tables import TABLES
from retention_lib.stores.linking import BIRTH_DATE, SEX, TOO_LARGE

WORDS = Words(currency="USD")


def test_persons_are_told_with_their_ids() -> None:
    found = alert(made.merging(), WORDS)
    assert (found.level, said(found.sentence)) == (
        "ok",
        "10 customer ids stand for 6 persons: 2 of them have several, at most 4.",
    )


def test_no_merge_is_said() -> None:
    report = made.merging(persons=10, merged_ids=0, groups=0, largest_group=0)
    assert said(finding(report, WORDS).sentence) == "No two of the 10 customer ids are taken for one person."


def test_groups_left_apart_are_a_warning() -> None:
    found = alert(made.merging(too_large=1, conflicts=2, ids_unmerged=16), WORDS)
    assert found.level == "warn"
    assert said(found.sentence).endswith(
        "Left apart: 16 ids, in groups with too many ids to be one person (1) or with two birth dates or sexes (2)."
    )


def test_persons_in_two_variants_are_a_warning() -> None:
    found = alert(made.merging(persons_in_two_variants=3), WORDS)
    assert found.level == "warn"
    assert said(found.sentence).endswith("Left out of tests, being in two variants under two ids: 3.")


def test_every_count_kind_and_reason_has_words() -> None:
    assert list(COUNTS) == list(made.merging().to_frame()["name"])
    assert set(KINDS) == set(TABLES["identities"].column("kind").choices)
    assert set(REASONS) == {TOO_LARGE, BIRTH_DATE, SEX}


def test_the_tables_say_all_in_words() -> None:
    counts = shown_table(made.merging(), WORDS)
    assert counts.frame.iloc[0].tolist() == ["Customer ids in all tables", 10]
    groups = shown_table(made.merging().groups_unmerged, WORDS)
    assert groups.frame.to_numpy().tolist() == [["too many ids", 12, "phone", "a1b2c3d4e5f6", 11]]


def test_a_store_without_identities_says_so() -> None:
    missing = NotEnough("identities_known", 0, 1)
    assert said(reason_sentence(missing, WORDS)).endswith("each customer id is taken for one person.")
