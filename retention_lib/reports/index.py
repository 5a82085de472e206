"""The front pages: one for a month's reports, one for all months of a set.

Both are made from plain facts that the runner collects; nothing is read or computed here but the places of
a small trend line. All texts are finished and in the reader's language, and are escaped here; sentences from
`Words.say` keep their emphasis. How the runner fills them:

* `ReportEntry.title` is the report's first heading (`page.collect_page(...).title`), `verdict` and
  `verdict_status` come from the page's verdict output, `reason` is one sentence for `skipped` and `failed`.
* `HeadlineFigure.text` is `words.value(value, spec.unit, compact=True)` and `value` the same number from
  `<report>.figures.json`; `earlier` holds the months before, oldest first, so that a trend can be drawn. In
  `render_set_index` the trends are made from the months themselves and `earlier` is not looked at.
* Links are relative: a report's `href` to its month's folder, as in `churn_diagnosis.html`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Literal

from retention_lib.reports.blocks import STATUS_WORDS, Status
from retention_lib.reports.page import TEMPLATES
from retention_lib.reports.style import PALETTE
from retention_lib.reports.text import clean_value, escaped, plain, sentence_html
from retention_lib.reports.words import N_, Words
from retention_lib.settings.models import CHECK_FOLDER

if TYPE_CHECKING:
    from jinja2 import Environment

ReportStatus = Literal["published", "skipped", "failed"]

_STATUS_WORDS: dict[ReportStatus, str] = {"skipped": N_("Skipped"), "failed": N_("Failed")}
_TREND_WIDTH, _TREND_HEIGHT, _TREND_MARGIN = 110.0, 30.0, 4.0
_MONTHS_SHOWN = 24


@dataclass(frozen=True, kw_only=True)
class TrendPoint:
    """A figure in one month.

    Attributes:
        month: As `2017-12`.
        value: The number; None where the month has none, which leaves a gap.
        text: The value as the reader sees it.
    """

    month: str
    value: float | None
    text: str


@dataclass(frozen=True, kw_only=True)
class HeadlineFigure:
    """One of a report's three or four headline figures.

    Attributes:
        id: The figure's id, by which months are joined to a trend.
        label: Its name.
        text: Its value as the reader sees it.
        value: The number behind the text; None for a text or a missing value.
        earlier: The same figure in earlier months, oldest first.
    """

    id: str
    label: str
    text: str
    value: float | None = None
    earlier: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportEntry:
    """One report of a month.

    Attributes:
        id: The report's id.
        title: Its title, the question it answers.
        status: `published`, `skipped` (a table is missing) or `failed`.
        href: Link to its page, relative to the month's folder; None where there is no page at all.
        verdict_status: The traffic light of its page.
        verdict: The verdict's sentence.
        figures: Three or four headline figures.
        reason: One sentence, for `skipped` and `failed`.
        last_good: For `failed`: the month (`2017-11`) whose page was kept; None where there never was one.
    """

    id: str
    title: str
    status: ReportStatus
    href: str | None = None
    verdict_status: Status | None = None
    verdict: str | None = None
    figures: tuple[HeadlineFigure, ...] = ()
    reason: str | None = None
    last_good: str | None = None


@dataclass(frozen=True, kw_only=True)
class MonthPage:
    """A month's front page.

    Attributes:
        title: The set's title.
        month: As `2017-12`.
        reports: In the order of the parameter file.
        data_to: The last day of the data, as `2017-12-31`; None where the stores differ.
        set_href: Link to the set's index, relative to the month's folder.
        href: Link to this page, relative to the set's folder.
    """

    title: str
    month: str
    reports: tuple[ReportEntry, ...]
    data_to: str | None = None
    set_href: str | None = "../index.html"
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class SetPage:
    """The front page of all months.

    Attributes:
        title: The set's title.
        months: In any order; the newest is shown first.
        checks: The data check of each store, with links as seen from its own folder.
    """

    title: str
    months: tuple[MonthPage, ...]
    checks: tuple[ReportEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A report's latest headline figures with their trends."""

    title: str
    month: str
    href: str | None
    figures: tuple[HeadlineFigure, ...]


def render_month_index(month: MonthPage, words: Words) -> str:
    """The front page of one month: a line a report, its verdict, its figures with their trends."""
    title = f"{_cleaned(month.title)} \u00b7 {words.month(month.month)}"
    return _rendered(
        "month_index.html.j2",
        words,
        lambda figure: (*figure.earlier, _point(month.month, figure)),
        page=replace(month, reports=_told_apart(month.reports)),
        head_title=title,
    )


def render_set_index(page: SetPage, words: Words) -> str:
    """The front page of a set: each report's figures over the months, then every month, newest first."""
    newest_first = sorted(page.months, key=lambda month: month.month, reverse=True)
    months = [_placed(month) for month in newest_first]
    lines = _lines(months)
    return _rendered(
        "set_index.html.j2",
        words,
        lambda figure: figure.earlier,
        page=page,
        lines=lines,
        months=months,
        checks=_with_links(page.checks, CHECK_FOLDER),
        head_title=_cleaned(page.title),
    )


def trend_svg(label: str, points: Sequence[TrendPoint], words: Words) -> str:
    """A figure over the months as a small line with all its numbers in words.

    Empty below two months, and where no month differs: data that end on a fixed day have no trend.
    """
    shown = list(points)[-_MONTHS_SHOWN:]
    known = [point.value for point in shown if point.value is not None]
    if len(known) < 2 or len(set(known)) == 1:
        return ""
    told = words.listed([_told(point, words) for point in shown if point.value is not None])
    alt = escaped(words.say("{label} over the months: {numbers}", label=_cleaned(label), numbers=told))
    runs = "".join(_run(run) for run in _runs(_places(shown)))
    last = next(place for place in reversed(_places(shown)) if place is not None)
    dot = f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3.2" fill="{PALETTE["base"]}"/>'
    box = f"0 0 {_TREND_WIDTH:.0f} {_TREND_HEIGHT:.0f}"
    return f'<svg role="img" aria-label="{alt}" viewBox="{box}" xmlns="http://www.w3.org/2000/svg">{runs}{dot}</svg>'


def _all(month: MonthPage) -> list[tuple[ReportEntry, HeadlineFigure]]:
    return [(report, figure) for report in month.reports for figure in report.figures]


def _point(month: str, figure: HeadlineFigure) -> TrendPoint:
    return TrendPoint(month=month, value=figure.value, text=figure.text)


def _lines(newest_first: Sequence[MonthPage]) -> list[_Line]:
    """For each report of any month its latest published entry, each figure with all its months."""
    lines: dict[str, _Line] = {}
    for month in newest_first:
        for report in month.reports:
            if report.id not in lines and report.status == "published" and report.figures:
                figures = tuple(
                    replace(figure, earlier=_history(newest_first, report.id, figure.id)) for figure in report.figures
                )
                lines[report.id] = _Line(title=report.title, month=month.month, href=report.href, figures=figures)
    return list(lines.values())


def _history(newest_first: Sequence[MonthPage], report_id: str, figure_id: str) -> tuple[TrendPoint, ...]:
    return tuple(
        _point(month.month, figure)
        for month in reversed(newest_first)
        for report, figure in _all(month)
        if report.id == report_id and report.status == "published" and figure.id == figure_id
    )


def _placed(month: MonthPage) -> MonthPage:
    """The month with links as seen from the set's folder."""
    folder, reports = month.month, _told_apart(month.reports)
    return replace(month, reports=_with_links(reports, folder), href=month.href or f"{folder}/index.html")


def _told_apart(reports: Sequence[ReportEntry]) -> tuple[ReportEntry, ...]:
    """The reports, with their ids in the titles of those that answer the same question."""
    asked = Counter(report.title for report in reports)
    return tuple(
        replace(report, title=f"{report.title} \u00b7 {report.id.replace('_', ' ')}")
        if asked[report.title] > 1
        else report
        for report in reports
    )


def _with_links(reports: Sequence[ReportEntry], folder: str) -> tuple[ReportEntry, ...]:
    """Reports of a folder with links as seen from the set's."""
    return tuple(
        replace(report, href=normpath(f"{folder}/{report.href}") if report.href else None) for report in reports
    )


def _places(points: Sequence[TrendPoint]) -> list[tuple[float, float] | None]:
    values = [point.value for point in points if point.value is not None]
    low, spread = min(values), max(values) - min(values)
    step = (_TREND_WIDTH - 2 * _TREND_MARGIN) / max(len(points) - 1, 1)
    room = _TREND_HEIGHT - 2 * _TREND_MARGIN
    return [
        None
        if point.value is None
        else (
            _TREND_MARGIN + step * place,
            _TREND_MARGIN + room * (1 - ((point.value - low) / spread if spread else 0.5)),
        )
        for place, point in enumerate(points)
    ]


def _runs(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _run(run: Sequence[tuple[float, float]]) -> str:
    colour = PALETTE["base"]
    if len(run) == 1:
        return f'<circle cx="{run[0][0]:.1f}" cy="{run[0][1]:.1f}" r="1.6" fill="{colour}"/>'
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
    look = f'fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"'
    return f'<polyline points="{corners}" {look}/>'


def _told(point: TrendPoint, words: Words) -> str:
    return words.say("{value} in {month}", value=_cleaned(point.text), month=words.month(point.month))


def _cleaned(text: str) -> str:
    return clean_value(plain(text), limit=200)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _rendered(
    template: str,
    words: Words,
    points: Callable[[HeadlineFigure], Sequence[TrendPoint]],
    **context: Any,
) -> str:
    from markupsafe import Markup

    def light(report: ReportEntry) -> str:
        return report.verdict_status or "unknown" if report.status == "published" else report.status

    def light_word(report: ReportEntry) -> str:
        if report.status == "published":
            return words.say(STATUS_WORDS[report.verdict_status or "unknown"])
        return words.say(_STATUS_WORDS[report.status])

    def month_name(month: str) -> str:
        return words.month(month) if re.fullmatch(r"\d{4}-\d{2}", month) else _cleaned(month)

    css = (TEMPLATES / "executive" / "static" / "style.css").read_text(encoding="utf-8")
    html = (
        _environment()
        .get_template(template)
        .render(
            **context,
            words=words,
            say=words.say,
            count=words.count,
            css=Markup(css),  # noqa: S704 - the project's own style sheet
            light=light,
            check_folder=CHECK_FOLDER,
            light_word=light_word,
            month_name=month_name,
            sentence=lambda text: Markup(sentence_html(text)),  # noqa: S704 - sentence_html escapes
            trend=lambda figure: Markup(trend_svg(figure.label, points(figure), words)),  # noqa: S704 - escaped
        )
    )
    return "\n".join(line.rstrip() for line in html.split("\n") if line.strip()) + "\n"
