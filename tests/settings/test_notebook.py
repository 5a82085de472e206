from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.settings import NotebookParameter, ParameterError, check_value, read_parameters

if TYPE_CHECKING:
    from conftest import Project


def declared(project: Project, line: str) -> NotebookParameter:
    return read_parameters(project.notebook("one", line))[0]


def refusal(project: Project, source: str, tags: tuple[str, ...] = ("parameters",)) -> str:
    file = project.notebook("one", source, tags)
    with pytest.raises(ParameterError) as caught:
        read_parameters(file)
    return str(caught.value)


def test_every_declaration_of_a_cell_is_read(project: Project) -> None:
    read = read_parameters(project.root / "notebooks" / "churn.ipynb")
    assert [parameter.name for parameter in read] == [
        "set_file", "report_id", "month", "lapse_days", "share", "segment", "quick", "since", "windows", "campaign",
    ]  # fmt: skip
    assert read[3] == NotebookParameter(
        name="lapse_days",
        annotation="int | Literal['auto']",
        kinds=("int",),
        choices=("auto",),
        items=None,
        default="auto",
        help="silence after which a customer is lapsed",
        unit="days",
        low=7,
        high=1095,
    )
    assert (read[7].kinds, read[7].default) == (("date",), "2017-01-01")
    assert (read[8].items, read[8].default, read[8].high) == ("int", [30, 60], 365)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# a help", ("a help", None, None, None)),
        ("# a help [days]", ("a help", "days", None, None)),
        ("# a help [0..1]", ("a help", None, 0, 1)),
        ("#  a (short) help, 1..2  [months; -1.5..]", ("a (short) help, 1..2", "months", -1.5, None)),
        ("# a help [..9; %]", ("a help", "%", None, 9)),
    ],
)
def test_comment_gives_help_unit_and_range(project: Project, comment: str, expected: tuple[Any, ...]) -> None:
    read = declared(project, f"x: int = 1  {comment}")
    assert (read.help, read.unit, read.low, read.high) == expected


def test_hash_in_a_default_is_no_comment(project: Project) -> None:
    read = declared(project, 'x: str = "# not this"  # but this')
    assert (read.default, read.help) == ("# not this", "but this")


def test_declaration_may_stand_on_several_lines(project: Project) -> None:
    read = declared(project, "x: list[float] = [\n    0.1,  # a tenth\n    0.2,\n]  # shares [0..1]")
    assert (read.default, read.help) == ([0.1, 0.2], "shares")


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("x = 1  # help", "line 1 is not of the form: name: type = default  # help [unit; low..high]"),
        ("x: int  # help", "is not of the form"),
        ("a.b: int = 1  # help", "is not of the form"),
        ("import os", "is not of the form"),
        ("from os import path", "is not of the form"),
        ("print('hello')", "is not of the form"),
        ("x: int = 1", "needs a comment that explains it"),
        ("x: int = 1  #", "needs a comment that explains it"),
        ("x: int = 1  # help [1...x]", "range [1...x], which is not of the form low..high"),
        ("x: int = f()  # help", "a default that is no plain value"),
        ("x: int = 2 * 3  # help", "a default that is no plain value"),
        ("x: dict = {}  # help", "has the type dict; known are int"),
        ("x: list[date] = []  # help", "has the type list[date]"),
        ("x: 'int' = 1  # help", "has the type 'int'"),
        ("x: Literal[1.5] = 1.5  # help", "names in Literal a value"),
        ("x: int = 'a'  # help", 'the default "a", which must be a whole number'),
        ("x: int = 5  # help [7..9]", "the default 5, which must be a whole number from 7 to 9"),
        ("x: str = 'a'  # help [7..9]", "gives x a range, and it takes no numbers"),
        ("x: date = '2024-02-30'  # help", "must be a day written like 2024-02-29"),
        ("x: int = 1  # help\nx: int = 2  # help", "line 2 declares x twice"),
        ("month: int = 1  # help", "declares month as int; the run fills it with str | None"),
        ("%matplotlib inline", "no plain Python"),
        ("x: int = (", "no plain Python"),
    ],
)
def test_line_of_another_form_is_refused(project: Project, source: str, rule: str) -> None:
    sentence = refusal(project, source)
    assert sentence.startswith("notebooks/one.ipynb: ")
    assert rule in sentence
    assert "\n" not in sentence


def test_every_wrong_line_is_named(project: Project) -> None:
    assert len(refusal(project, "x = 1\ny: int = 1  # fine\nz = 2").splitlines()) == 2


def test_notebook_without_the_cell_is_refused(project: Project) -> None:
    assert "and has 0 cells so tagged" in refusal(project, "x: int = 1  # help", tags=("setup",))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"cells": [1]}', b"\xff", b'{"cells": [{"cell_type": "code"}]}']
)
def test_file_that_is_no_notebook_is_refused(project: Project, content: bytes) -> None:
    file = project.root / "notebooks" / "bad.ipynb"
    file.write_bytes(content)
    with pytest.raises(ParameterError, match=r"notebooks/bad.ipynb: is no Jupyter notebook of format 4"):
        read_parameters(file)


def test_missing_notebook_is_refused(project: Project) -> None:
    with pytest.raises(ParameterError, match=r"notebooks/none.ipynb: cannot be read: No such file or directory"):
        read_parameters(project.root / "notebooks" / "none.ipynb")


@pytest.mark.parametrize(
    ("line", "right", "wrong"),
    [
        ("x: int = 1  # h", [0, -5, 10**30], [True, 1.0, "1", None, [1], {}]),
        ("x: int = 7  # h [7..9]", [7, 9], [6, 10]),
        ("x: float = 1.0  # h", [0, 0.5, -1e9], [True, float("nan"), float("inf"), "1", None]),
        ("x: float = 1.0  # h [0..1]", [0, 1, 0.5], [-0.001, 1.001]),
        ("x: str = ''  # h", ["", "a", "'; DROP TABLE x"], [1, True, None, ["a"]]),
        ("x: bool = True  # h", [True, False], [1, 0, "true", None]),
        ("x: date = '2017-01-01'  # h", ["2024-02-29"], ["2023-02-29", "20240229", "2024-W01-1", "today", 20240229]),
        ("x: int | None = None  # h [1..]", [None, 1], [0, "none"]),
        ("x: Literal['a', 2] = 'a'  # h", ["a", 2], ["b", 1, "2", 2.0, None]),
        ("x: Literal[True, 'auto'] = 'auto'  # h", [True, "auto"], [1, False, "True"]),
        ("x: int | Literal['auto'] = 'auto'  # h [7..9]", ["auto", 8], ["Auto", 3, "8"]),
        ("x: list[int] = [1]  # h [1..5]", [[1], [1, 5]], [[], [0], [1, 6], ["1"], [True], 1, (1,)]),
        ("x: list[str] = []  # h", [[], ["a"]], [[1], "a"]),
        ("x: list[float] | None = None  # h", [None, [1, 2.5]], [[float("nan")], []]),
    ],
)
def test_values_are_judged_by_type_and_range(
    project: Project, line: str, right: list[object], wrong: list[object]
) -> None:
    parameter = declared(project, line)
    assert [check_value(parameter, value) for value in right] == [None] * len(right)
    assert all(check_value(parameter, value) for value in wrong)


@pytest.mark.parametrize(
    ("line", "value", "rule"),
    [
        ("x: int | Literal['all'] = 'all'  # h [days; 7..9]", -3, 'must be "all" or a whole number from 7 to 9 (days)'),
        ("x: int = 12  # h", "12", "must be a whole number; it is text, write 12 without quotes"),
        ("x: int = 12  # h", 30.0, "must be a whole number; write 30"),
        ("x: str = 'a'  # h", 8, 'must be text; write it in quotes: "8"'),
        ("x: Literal['8', '9'] = '8'  # h", 8, 'must be "8" or "9"; write it in quotes: "8"'),
        ("x: bool = True  # h", "no", "must be true or false; write false"),
        ("x: Literal['region', 'age'] = 'age'  # h", "regoin", 'must be "region" or "age"; did you mean region?'),
        ("x: list[int] = [1]  # h [1..5]", [9], "must be a list of one or more whole numbers from 1 to 5"),
        ("x: str | None = None  # h", 8, 'must be text or left empty; write it in quotes: "8"'),
    ],
)  # fmt: skip
def test_rule_says_what_is_wanted_and_how_to_write_it(project: Project, line: str, value: object, rule: str) -> None:
    assert check_value(declared(project, line), value) == rule


@given(low=st.integers(-1000, 1000), high=st.integers(-1000, 1000), value=st.integers(-1500, 1500))
def test_range_is_closed(low: int, high: int, value: int) -> None:
    parameter = NotebookParameter(
        name="x", annotation="int", kinds=("int",), choices=(), items=None, default=0, help="h", low=low, high=high
    )
    assert (check_value(parameter, value) is None) == (low <= value <= high)
