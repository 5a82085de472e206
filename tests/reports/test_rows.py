from __future__ import annotations

import pytest

from retention_lib.reports.rows import segment_name
from retention_lib.reports.words import Words


@pytest.mark.parametrize(
    ("segment", "said"),
    [("North", "North"), ("", "not stated"), ("(rare)", "values with fewer than 5 customers")],
)
def test_segment_is_called_by_its_value_or_says_why_not(segment: str, said: str) -> None:
    assert segment_name(segment, Words()) == said
