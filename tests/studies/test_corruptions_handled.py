from __future__ import annotations

import pytest
from studies.corruptions_handled import STUDY, corrupted, failures, figures


def test_figures_are_shares_of_all_cases_with_wilson_bounds() -> None:
    ends = ["trusted"] * 3 + ["refused"] * 6 + ["failed"]
    results = [{"case": number, "end": end} for number, end in enumerate(ends)]
    handled, trusted = figures(results)
    assert (handled.name, handled.value, handled.n) == ("corruptions_handled_share", 0.9, 10)
    # Wilson's interval of 9 of 10 (Wilson 1927), to four digits.
    assert (handled.low, handled.high) == (pytest.approx(0.5958, abs=5e-5), pytest.approx(0.9821, abs=5e-5))
    assert (trusted.name, trusted.value) == ("corruptions_trusted_share", 0.3)


def test_case_that_died_is_a_failure() -> None:
    assert failures([{"case": 0, "end": "refused"}, {"case": 1, "died": -11}]) == [{"case": 1, "died": -11}]


def test_case_tells_what_it_was_and_how_it_ended() -> None:
    result = corrupted(0)
    assert result["export"].startswith("case 0 (")
    assert result["end"] in ("trusted", "refused")


def test_study_has_the_cases_it_promises() -> None:
    assert STUDY.cases == 20_000
