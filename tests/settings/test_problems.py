from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.settings import ParameterError, Problem
from retention_lib.settings.problems import key_path, nearest_name, number_remedy, shown


def test_problem_without_value_is_the_sentence_of_the_plan() -> None:
    problem = Problem(
        "parameters/x.yml", "reports.churn_diagnosis.lapse_day", rule="is not known", nearest="lapse_days"
    )
    assert str(problem) == (
        "parameters/x.yml: reports.churn_diagnosis.lapse_day is not known; did you mean lapse_days?"
    )


def test_problem_with_value_names_value_and_rule() -> None:
    problem = Problem("parameters/x.yml", "economics.gross_margin", 1.3, "must be between 0 and 1")
    assert str(problem) == "parameters/x.yml: economics.gross_margin is 1.3 but must be between 0 and 1"


def test_parameter_error_says_each_problem_once_a_line() -> None:
    first, second = Problem("a.yml", "x"), Problem("a.yml", "y", [1], "must be text")
    error = ParameterError([first, second, first])
    assert str(error) == "a.yml: x is not known\na.yml: y is [1] but must be text"
    assert error.problems == (first, second)


def test_parameter_error_survives_another_process() -> None:
    error = ParameterError([Problem("a.yml", "x", {"b": [1]}, "must be text"), Problem("a.yml", "y")])
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "empty"),
        (True, "true"),
        ("8", '"8"'),
        ({"a": 1}, "a mapping"),
        ("postgres://me:p@ss@host/db", '"postgres://***@host/db"'),
        ("host=a password=secret", '"host=a password=***'),
    ],
)
def test_shown_value(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.text())
def test_shown_text_is_one_short_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 60
    assert key_path(["reports", text]).isprintable()


def test_key_path_quotes_what_is_no_word() -> None:
    assert key_path(["reports", "churn-2", "a b; import os"]) == 'reports.churn-2."a b; import os"'


def test_nearest_name_ignores_case_and_wants_likeness() -> None:
    assert nearest_name("Lapse_Day", ["month", "lapse_days"]) == "lapse_days"
    assert nearest_name("colour", ["month", "lapse_days"]) is None


def test_number_remedy_reads_what_was_meant() -> None:
    assert number_remedy("012") == "; it is text, write 12 without quotes"
    assert number_remedy("0,5") == "; it is text, write 0.5 without quotes"
    assert number_remedy("22:30") == "; it is text"
    assert number_remedy("nan") == "; it is text"
