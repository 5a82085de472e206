"""Which reports a drafted set can have, by what each notebook says it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from retention_lib.settings.draft import DraftReport
from retention_lib.settings.notebook import check_value, read_parameters
from retention_lib.settings.strict import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


def drafted_reports(
    notebooks: Path, tables: Sequence[str], suggestions: Mapping[str, tuple[Any, str]]
) -> tuple[DraftReport, ...]:
    """The reports of the notebooks, those first whose tables are there.

    Args:
        notebooks: The folder of the notebooks.
        tables: The tables of the store.
        suggestions: Values for parameters of that name, each with a doubt or an empty text.
    """
    reports = [_report(notebooks / f"{name}.ipynb", needs, tables, suggestions) for name, needs in _needs(notebooks)]
    ready = [report for report in reports if not report.lacks]
    if not ready:
        # A set has at least one report; the run skips it and says which table it lacks.
        ready = [DraftReport(id=report.id) for report in reports[:1]]
    return (*ready, *(report for report in reports if report.lacks and report.id not in {r.id for r in ready}))


def _needs(notebooks: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Each notebook that is a report, with the alternatives of tables it needs; those that need sales first."""
    found = []
    for file in sorted(notebooks.glob("*.ipynb")):
        if NAME.fullmatch(file.stem):
            needs = json.loads(file.read_text(encoding="utf-8")).get("metadata", {}).get("retention", {}).get("needs")
            found += [(file.stem, needs)] if needs else []
    yield from sorted(found, key=lambda pair: (["transactions"] not in pair[1], pair[0]))


def _report(
    notebook: Path, needs: list[list[str]], tables: Sequence[str], suggestions: Mapping[str, tuple[Any, str]]
) -> DraftReport:
    lacks = min(([name for name in one if name not in tables] for one in needs), key=len)
    parameters = {parameter.name: parameter for parameter in read_parameters(notebook)}
    fitting = {
        name: value
        for name, (value, _) in suggestions.items()
        if name in parameters and check_value(parameters[name], value) is None
    }
    return DraftReport(
        id=notebook.stem,
        parameters=fitting,
        doubts={name: suggestions[name][1] for name in fitting},
        lacks=tuple(lacks),
    )
