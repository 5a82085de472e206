"""What the head of a page says: the report, its store, its days, the parameters it ran with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from retention_lib.settings import RESERVED, Economics, read_parameters
from retention_lib.versions import package_versions
from retention_lib.workbench.outputs import notebook_variables

if TYPE_CHECKING:
    from datetime import date

    from retention_lib.workbench.period import ReportPeriod


def report_facts(report: ReportPeriod, economics: Economics) -> dict[str, Any]:
    """What a report is about, as the page's header and the figures file hold it.

    Args:
        report: The report.
        economics: Margin, costs and discount rate of its store.
    """
    last = _last_day(report)
    name, _ = report.settings.store_settings(report.id)
    return {
        "id": report.id,
        "set_title": report.settings.title,
        "store_title": report.settings.store_title(name, report.store.title),
        "month": str(report.month) if report.month else None,
        "data_to": last.isoformat() if last else None,
        "language": report.settings.language,
        "currency": report.store.currency,
        "parameters": {**_money(economics), **_own_parameters(report)},
        "fingerprint": dict(report.store.fingerprint),
        "versions": package_versions(),
    }


def differing_parameters(report: ReportPeriod) -> str:
    """What an analyst should know who runs the notebook by hand: where its cell differs from the set.

    Args:
        report: The report.
    """
    held, wanted = _own_parameters(report), report.settings.reports[report.id].parameters
    differing = {name: value for name, value in wanted.items() if held[name] != value}
    if not differing:
        return ""
    values = ", ".join(f"{name} = {value!r}" for name, value in differing.items())
    return f"{report.settings.file.name} gives {values}; this notebook runs with its own cell's values"


def _last_day(report: ReportPeriod) -> date | None:
    """The last day that the report sees."""
    coverage = report.store.coverage
    last = report.store.as_of or (coverage.last_day if coverage else None)
    if last is not None and report.month is not None:
        return min(last, report.month.end - timedelta(days=1))
    return last


def _money(economics: Economics) -> dict[str, Any]:
    """Margin and costs by name, with what of them is assumed."""
    money = {name: value for name, value in economics.model_dump().items() if name != "assumptions"}
    return {**money, "assumptions": economics.assumptions}


def _own_parameters(report: ReportPeriod) -> dict[str, Any]:
    """The report's parameters as the notebook holds them now; outside a notebook, as the set gives them."""
    own = report.settings.reports[report.id]
    notebook = report.settings.root / "notebooks" / f"{own.notebook}.ipynb"
    declared = {parameter.name: parameter.default for parameter in read_parameters(notebook)}
    given = {name: value for name, value in {**declared, **own.parameters}.items() if name not in RESERVED}
    held = notebook_variables()
    return {name: held.get(name, value) for name, value in given.items()}
