from __future__ import annotations

from pathlib import Path

import pytest

from retention_lib.reports.words import Words
from retention_lib.runs.failure import Failure, error_line, heading
from retention_lib.runs.reasons import failure_sentence


def test_heading_is_the_last_second_level_one() -> None:
    assert heading("## First\n\ntext\n\n## Second ##\n\n### Deeper") == "Second"


def test_heading_in_a_code_block_is_none() -> None:
    assert heading("```\n## comment\n```") is None


def test_error_line_takes_the_last_line() -> None:
    assert error_line("ValueError", "first\n\nlast one\n") == "ValueError: last one"


@pytest.mark.parametrize(
    "message",
    [
        "no row for 'Anna Petrova'",
        'no row for "Anna Petrova"',
        "cannot parse anna.petrova@example.org",
        "cannot parse +7 (916) 123-45-67",
        "card 4276 1234 5678 9012 is unknown",
    ],
)
def test_error_line_names_no_person(message: str) -> None:
    line = error_line("ValueError", message)
    assert "hidden" in line
    assert not any(trace in line for trace in ("Petrova", "@", "123", "9012"))


def test_error_line_keeps_columns_and_dates() -> None:
    line = error_line("KeyError", "'order_id' after 2017-12-31 18:30:00")
    assert line == "KeyError: 'order_id' after 2017-12-31 18:30:00"


def test_error_line_keeps_the_sentences_of_the_toolkit() -> None:
    line = error_line("DataError", "data/Sales 2017.csv: found 'Клиент'", root=Path("/srv/shop"))
    assert line == "DataError: data/Sales 2017.csv: found 'Клиент'"


def test_error_line_leaves_out_the_folder_of_the_project() -> None:
    line = error_line("DataError", "/srv/shop/data/x.csv is empty", root=Path("/srv/shop"))
    assert line == "DataError: data/x.csv is empty"


def test_error_line_is_short_and_without_colours() -> None:
    line = error_line("ValueError", "\x1b[31m" + "ab " * 500)
    assert len(line) <= 240
    assert "\x1b" not in line


def test_failure_sentence_names_the_section() -> None:
    failure = Failure(kind="raised", section="What to do", error="ValueError: no")
    assert failure_sentence(failure, Words()) == "Stopped in the section What to do: ValueError: no."


def test_failure_sentence_before_any_section() -> None:
    failure = Failure(kind="timeout", error="600")
    assert failure_sentence(failure, Words()) == "Took longer than 600 seconds, before its first section."


def test_failure_travels_as_json() -> None:
    failure = Failure(kind="killed", section="Headline")
    assert Failure.from_json(failure.to_json()) == failure
