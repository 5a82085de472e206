"""The front pages of a staged tree: one for each month it concerns, one for the set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from retention_lib.reports.figures import figure_spec
from retention_lib.reports.index import (
    HeadlineFigure,
    MonthPage,
    ReportEntry,
    SetPage,
    TrendPoint,
    render_month_index,
    render_set_index,
)
from retention_lib.reports.words import Words
from retention_lib.runs.manifest import MANIFEST, read_manifest
from retention_lib.settings.models import CHECK_FOLDER

MONTH_FOLDER = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_SHOWN_FIGURES = 4


def write_indexes(tree: Path, *, title: str, made: str, words: Words) -> None:
    """Writes the month's index, the set's, and those of later months, whose trends look back at it.

    Args:
        tree: The staged tree; every month in it has its manifest.
        title: The set's title.
        made: The folder this run made: a month, whose index and those of later ones are written, or the checks.
        words: The set's language.
    """
    pages = {folder.name: month_page(folder, words) for folder in month_folders(tree)}
    for name, page in pages.items():
        if MONTH_FOLDER.fullmatch(made) and name >= made:
            earlier = [pages[before] for before in sorted(pages) if before < name]
            _write(tree / name / "index.html", render_month_index(_with_history(page, earlier), words))
    everything = SetPage(title=title, months=tuple(pages.values()), checks=_checks(tree / CHECK_FOLDER, words))
    _write(tree / "index.html", render_set_index(everything, words))


def month_folders(tree: Path) -> list[Path]:
    """The months of a tree that have a manifest, oldest first."""
    return [
        folder
        for folder in sorted(tree.iterdir())
        if MONTH_FOLDER.fullmatch(folder.name) and (folder / MANIFEST).is_file()
    ]


def folders_up_to(tree: Path, name: str) -> list[Path]:
    """The folder of this name and, for a month, those of the months before it, newest first."""
    if MONTH_FOLDER.fullmatch(name):
        return [folder for folder in reversed(month_folders(tree)) if folder.name <= name]
    return [tree / name] if (tree / name / MANIFEST).is_file() else []


def month_page(folder: Path, words: Words) -> MonthPage:
    """A month's facts from its manifest and its figures files."""
    manifest = read_manifest(folder)
    reports = tuple(_entry(report, folder, words) for report in manifest["reports"])
    days = {report["data_to"] for report in manifest["reports"] if report["data_to"]}
    return MonthPage(
        title=manifest["title"],
        month=manifest["month"],
        reports=reports,
        data_to=days.pop() if len(days) == 1 else None,
    )


def _checks(folder: Path, words: Words) -> tuple[ReportEntry, ...]:
    """The set's data checks, where there are any."""
    if not (folder / MANIFEST).is_file():
        return ()
    return tuple(_entry(report, folder, words) for report in read_manifest(folder)["reports"])


def _entry(report: Mapping[str, Any], folder: Path, words: Words) -> ReportEntry:
    published = report["status"] == "published"
    return ReportEntry(
        id=report["id"],
        title=report["title"],
        status=report["status"],
        href=_href(report, folder),
        verdict_status=report["verdict"].get("status") if published else None,
        verdict=report["verdict"].get("sentence") if published else None,
        figures=_figures(report, folder, words) if published else (),
        reason=report["reason"],
        last_good=report["last_good"],
    )


def _href(report: Mapping[str, Any], folder: Path) -> str | None:
    page = f"{report['id']}.html"
    if report["last_good"] not in {None, folder.name}:
        return f"../{report['last_good']}/{page}"
    return page if page in report["files"] else None


def _figures(report: Mapping[str, Any], folder: Path, words: Words) -> tuple[HeadlineFigure, ...]:
    """The figures on the report's cards, or its first ones where it shows no cards."""
    records = json.loads((folder / f"{report['id']}.figures.json").read_text(encoding="utf-8"))
    by_id = {record["id"]: record for record in records}
    money = Words(words.language, report["currency"])
    wanted = [id for id in report["headline"] if id in by_id] or list(by_id)
    shown = [_headline(by_id[id], money) for id in wanted]
    return tuple(figure for figure in shown if figure is not None)[:_SHOWN_FIGURES]


def _headline(record: Mapping[str, Any], words: Words) -> HeadlineFigure | None:
    """A figure's record as the index shows it; None for an id that has no name."""
    try:
        spec = figure_spec(record["id"])
    except LookupError:
        return None
    value = record["value"]
    if isinstance(value, str):
        return HeadlineFigure(id=spec.id, label=spec.label_in(words), text=value)
    text = words.value(value, spec.unit, compact=True)
    return HeadlineFigure(id=spec.id, label=spec.label_in(words), text=text, value=value)


def _with_history(page: MonthPage, earlier: list[MonthPage]) -> MonthPage:
    reports = tuple(
        replace(report, figures=tuple(_with_trend(report.id, figure, earlier) for figure in report.figures))
        for report in page.reports
    )
    return replace(page, reports=reports)


def _with_trend(report_id: str, figure: HeadlineFigure, earlier: list[MonthPage]) -> HeadlineFigure:
    points = tuple(
        TrendPoint(month=page.month, value=before.value, text=before.text)
        for page in earlier
        for report in page.reports
        for before in report.figures
        if report.id == report_id and before.id == figure.id
    )
    return replace(figure, earlier=points)


def _write(path: Path, text: str) -> None:
    """A new file in the place of a hard link, whose other name may be what is published now."""
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
