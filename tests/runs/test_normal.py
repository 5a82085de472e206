from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat

from retention_lib.reports.payloads import LEDGER, LIST
from retention_lib.runs.normal import normalised

ROOT = Path("/srv/Магазин")


def executed() -> nbformat.NotebookNode:
    v4 = nbformat.v4
    traced = v4.new_code_cell("1", execution_count=2)
    traced.outputs = [
        v4.new_output("stream", name="stdout", text="a"),
        v4.new_output("stream", name="stderr", text=f"{tempfile.gettempdir()}/ipykernel_123/1.py:3: UserWarning"),
        v4.new_output("stream", name="stdout", text="b\n"),
        v4.new_output(
            "display_data",
            data={
                "text/plain": f"<Axes at 0x7f3a5c01d2e0> {ROOT}/data/x.csv {ROOT}",
                "text/html": "see https://example.org/srv/x",
            },
        ),
    ]
    traced.metadata = {"papermill": {"start_time": "now"}, "execution": {"iopub.status.busy": "now"}, "tags": []}
    injected = v4.new_code_cell("set_file = '/srv/x'", metadata={"tags": ["injected-parameters"]})
    return v4.new_notebook(
        cells=[v4.new_markdown_cell("# T"), injected, traced],
        metadata={
            "papermill": {"duration": 1},
            "retention": {"needs": []},
            "language_info": {"name": "python", "version": "3"},
        },
    )


def test_normalised_has_ids_by_position_and_no_times() -> None:
    notebook = normalised(executed(), parameters={}, root=ROOT)
    assert [cell.id for cell in notebook.cells] == ["cell-001", "cell-002", "cell-003"]
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert notebook.metadata.language_info == {"name": "python"}
    assert set(notebook.metadata) == {"retention", "kernelspec", "language_info"}


def test_normalised_writes_the_parameters_relative_to_the_root() -> None:
    parameters = {"set_file": "parameters/магазин.yml", "days": None}
    notebook = normalised(executed(), parameters=parameters, root=ROOT)
    names: dict[str, object] = {}
    exec(notebook.cells[1].source, names)
    assert (names["set_file"], names["days"]) == ("parameters/магазин.yml", None)


def test_normalised_joins_output_and_drops_warnings() -> None:
    outputs = normalised(executed(), parameters={}, root=ROOT).cells[2].outputs
    assert [output.output_type for output in outputs] == ["stream", "display_data"]
    assert outputs[0].text == "ab\n"


def test_normalised_names_nothing_of_the_machine() -> None:
    data = normalised(executed(), parameters={}, root=ROOT).cells[2].outputs[1].data
    assert data["text/plain"] == "<Axes at 0x0> data/x.csv "
    assert data["text/html"] == "see https://example.org/srv/x"


def test_normalised_is_a_valid_notebook() -> None:
    notebook = normalised(executed(), parameters={}, root=ROOT)
    assert list(nbformat.validator.iter_validate(notebook)) == []


def test_normalised_leaves_lists_of_customers_as_they_are() -> None:
    """An id, or what a message is about, may look like anything; the lists leave the notebook by themselves."""
    csv = f"customer_id,about\n{ROOT}/7,found at 0x7f3a5c01d2e0\n"
    data = {LIST: {"name": "one", "csv": csv}, LEDGER: {"csv": csv}, "text/plain": f"{ROOT}/x"}
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", data=data)])
    found = normalised(nbformat.v4.new_notebook(cells=[cell]), parameters={}, root=ROOT)
    assert found.cells[0].outputs[0].data == {LIST: data[LIST], LEDGER: data[LEDGER], "text/plain": "x"}
