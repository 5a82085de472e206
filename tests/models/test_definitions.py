from __future__ import annotations

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.definitions import retention_definitions


def counts(*, new: int = 40, old: int = 100) -> pd.DataFrame:
    """Two weeks and one bracket; of each cohort half, a quarter and a tenth were seen again."""
    spans = [
        ("bracket", 1, 14, 0.5),
        ("in_period", 1, 7, 0.25),
        ("in_period", 8, 14, 0.1),
        ("on_or_after", 1, 0, 0.5),
        ("on_or_after", 8, 0, 0.25),
    ]
    rows = [
        (is_new, *span, base, round(share * base), 100 if is_new else 300)
        for is_new, base in ((False, old), (True, new))
        if base
        for *span, share in spans
    ]
    columns = ["new", "definition", "from_day", "to_day", "customers", "returned", "longest_days"]
    return pd.DataFrame(rows, columns=columns)


def test_the_truly_new_are_taken_where_they_are_enough() -> None:
    found = retention_definitions(counts())
    assert (found.new, found.customers, found.longest_days, found.followed_days) == (True, 40, 100, 14)
    assert (found.in_period.value, found.bracket.value, found.on_or_after.value) == (0.1, 0.5, 0.25)
    assert found.in_period.n == 40
    assert found.of("on_or_after")["to_day"].isna().all()
    assert found.of("in_period")["to_day"].tolist() == [7, 14]


def test_else_everybody_first_seen_is() -> None:
    found = retention_definitions(counts(new=20))
    assert (found.new, found.customers, found.longest_days) == (False, 120, 300)
    assert found.in_period.value == 12 / 120


def test_too_few_to_follow_are_refused() -> None:
    refusal = NotEnough("customers_followed_by_definition", 29, 30)
    assert retention_definitions(counts(new=9, old=20)) == refusal
    nobody = NotEnough("customers_followed_by_definition", 0, 30)
    assert retention_definitions(counts(new=0, old=0)) == nobody
    assert retention_definitions(refusal) is refusal
