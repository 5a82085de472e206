from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest

from retention_lib.runs.collect import (
    CARDS,
    FIGURE,
    FIGURE_KEYS,
    LIST,
    TABLE,
    VERDICT,
    CollectError,
    collected,
    figure_record,
    figures_text,
    without_lists,
)


def shown(*data: dict[str, Any]) -> nbformat.NotebookNode:
    outputs = [nbformat.v4.new_output("display_data", data=item) for item in data]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=outputs)])


def test_figure_record_has_the_agreed_keys_in_order() -> None:
    record = figure_record({"reason": None, "value": 1, "id": "crr", "label": "dropped"})
    assert tuple(record) == FIGURE_KEYS
    assert (
        *("id", "value", "low", "high", "level", "unit", "n", "formula", "p", "p_adjusted", "claimed", "reason"),
    ) == FIGURE_KEYS


def test_figure_record_rounds_to_twelve_digits() -> None:
    assert figure_record({"id": "crr", "value": 2 / 3})["value"] == 0.666666666667


def test_figure_record_keeps_whole_numbers_and_refusals() -> None:
    record = figure_record({"id": "did_effect", "value": 12345678901234567, "claimed": False})
    assert (record["value"], record["claimed"]) == (12345678901234567, False)


def test_figure_record_without_a_finite_value_has_a_reason() -> None:
    record = figure_record({"id": "crr", "value": float("nan"), "high": float("inf")})
    assert (record["value"], record["high"], record["reason"]) == (None, None, "no_value")


def test_figures_text_is_json_without_nan() -> None:
    text = figures_text([figure_record({"id": "crr", "value": float("nan")})])
    assert json.loads(text)[0]["value"] is None


def test_collected_takes_everything_in_order() -> None:
    found = collected(
        shown(
            {VERDICT: {"status": "good", "sentence": "Fine"}},
            {FIGURE: {"id": "b", "value": 1}},
            {FIGURE: [{"id": "a", "value": 2}, {"id": "b", "value": 1}]},
            {TABLE: {"name": "one", "csv": "x\n=1\n"}},
            {CARDS: ["b", "a"]},
        )
    )
    assert [record["id"] for record in found.figures] == ["b", "a"]
    assert found.tables == {"one": "x\n'=1\n"}
    assert (found.verdict["sentence"], found.headline, found.report) == ("Fine", ["b", "a"], {})


def test_collected_refuses_two_values_under_one_id() -> None:
    with pytest.raises(CollectError, match="figure crr is shown twice"):
        collected(shown({FIGURE: {"id": "crr", "value": 1}}, {FIGURE: {"id": "crr", "value": 2}}))


@pytest.mark.parametrize("name", ["../../etc/x", "/tmp/x", "", "a b", "a.csv", "x" * 100])
def test_collected_refuses_a_name_that_leads_elsewhere(name: str) -> None:
    with pytest.raises(CollectError, match="no file name"):
        collected(shown({TABLE: {"name": name, "csv": ""}}))


def test_collected_refuses_broken_csv() -> None:
    with pytest.raises(CollectError, match="table one is not CSV"):
        collected(shown({TABLE: {"name": "one", "csv": 'a,"b\n'}}))


def test_lists_are_files_of_their_own_and_leave_the_notebook() -> None:
    notebook = shown({LIST: {"name": "at_stake", "csv": "customer_id,group\n007,contact\n"}, "text/plain": "a file"})
    assert collected(notebook).lists == {"at_stake": "customer_id,group\n007,contact\n"}
    left = without_lists(notebook)
    assert left.cells[0].outputs[0].data == {"text/plain": "a file"}
    assert collected(left).lists == {}


def test_collected_refuses_a_list_that_leads_elsewhere() -> None:
    with pytest.raises(CollectError, match="the list's name"):
        collected(shown({LIST: {"name": "../x", "csv": ""}}))
