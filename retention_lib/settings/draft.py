"""A first parameter file, written for a person to look through: what was found, and each doubt where it is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retention_lib.settings.draft_rules import DraftRule, rule_lines
from retention_lib.settings.draft_yaml import comment, flow, printable, scalar
from retention_lib.settings.files import set_names
from retention_lib.settings.problems import ParameterError, Problem, key_path
from retention_lib.settings.strict import NAME, NAME_RULE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class DraftColumn:
    """One column of a drafted table.

    Attributes:
        ours: The contract's column.
        theirs: The column of the file; None when none was found and the line has to be completed.
        samples: A few of its values, or their shapes.
        doubt: Why it may be the wrong one; empty when it is clear.
        above: What stands over the column where it has no name of its own.
        parts: The columns of the file that are joined to it (a day and its time); empty where it is one.
    """

    ours: str
    theirs: str | None
    samples: tuple[str, ...] = ()
    doubt: str = ""
    above: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DraftTable:
    """One table of a drafted store.

    Attributes:
        name: The contract's table.
        path: Its file or files.
        about: What was looked at, as a sentence.
        doubts: What concerns the whole table.
        keys: Further keys in their order (sheet, header_row), with a note behind each.
        rules: Which rows are left out, are refunds or name nobody, each with a doubt.
        csv: How text is written, with a note behind each key.
        csv_doubts: Doubts about `csv`, by key.
        columns: The columns.
        values: For columns with a fixed list of words: ours to theirs.
        value_doubts: Doubts about `values`, by column.
        variants: For `assignments`: short names to theirs.
        metrics: For `outcomes`: the measured columns.
        unused: Columns of the file that are not used, with samples.
        usable: Whether it can be read as it stands; one that cannot is written as a comment.
    """

    name: str
    path: str
    about: str
    doubts: tuple[str, ...] = ()
    keys: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    rules: tuple[DraftRule, ...] = ()
    csv: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    csv_doubts: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[DraftColumn, ...] = ()
    values: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    value_doubts: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    unused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    usable: bool = True


@dataclass(frozen=True, kw_only=True)
class DraftReport:
    """One report of a drafted set.

    Attributes:
        id: The notebook.
        parameters: Its parameters, as far as the files tell them.
        doubts: Doubts about parameters, by name.
        lacks: The tables it lacks; such a report is written as a comment.
    """

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first parameter file.

    Attributes:
        name: The set's name.
        data: The files as the user named them.
        store: Keys of the store in their order (timezone, currency).
        store_doubts: Doubts about these keys.
        assumptions: Which of them are assumed; `dates` when the order of day and month is.
        tables: The tables.
        notes: Files that were not used, each with the reason.
        reports: The reports.
        urgent: Doubts that stand before all others, for they leave out whole files.
    """

    name: str
    data: str
    store: Mapping[str, Any]
    store_doubts: Mapping[str, str]
    assumptions: tuple[str, ...]
    tables: tuple[DraftTable, ...]
    notes: tuple[str, ...]
    reports: tuple[DraftReport, ...]
    urgent: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The parameter file."""
        body = [*_store_lines(self), "", *_economics_lines(), "", *_report_lines(self.reports)]
        urgent = [line for doubt in self.urgent for line in _doubt(doubt, 0)]
        return "\n".join([*urgent, *_head_lines(self, count_doubts([*urgent, *body])), *body]) + "\n"

    def summary(self, doubts: int) -> list[str]:
        """What was found, in lines for the screen.

        Args:
            doubts: Doubts that stand in the file (count).
        """
        width = max(len(table.name) for table in self.tables)
        lines = [f"DOUBT: {doubt}" for doubt in self.urgent]
        lines += [f"{table.name:{width}}  {table.path}: {_found(table)}" for table in self.tables]
        lines += [f"not used: {note}" for note in self.notes]
        marked = {0: "no doubts", 1: "1 doubt, marked DOUBT"}.get(doubts, f"{doubts} doubts, each marked DOUBT")
        lines.append(f"wrote parameters/{self.name}.yml: {marked}")
        lines.append(f"next: look through the file, then make check SET={self.name}")
        return lines


def _found(table: DraftTable) -> str:
    """How many columns of a table were found, and which it lacks."""
    found = sum(1 for column in table.columns if column.theirs is not None)
    lacks = [column.ours for column in table.columns if column.theirs is None]
    left = f", {len(table.unused)} not used" if table.unused else ""
    return f"{found} columns found{left}" + (f", to be completed: {', '.join(lacks)}" if lacks else "")


def new_set_file(root: Path, name: str, data: Sequence[str]) -> Path:
    """The parameter file that a new set may take.

    Args:
        root: The project's folder.
        name: The set's name.
        data: The files it is drafted from, as the user named them.

    Raises:
        ParameterError: When the name is not usable, no files are named, or there is such a set already.
    """
    if not all(pattern.strip() for pattern in data):
        rule = "is missing; name the exports, like: make new SET=myshop DATA='exports/*.csv'"
        raise ParameterError([Problem("retention new", "--data", rule=rule)])
    if not NAME.fullmatch(name):
        raise ParameterError([Problem("retention new", "--set", name, NAME_RULE)])
    taken = next((file for file in _files_of(root, name) if file.exists() or file.is_symlink()), None)
    if taken is not None:
        rule = "is there already and is never overwritten; choose another name for --set, or rename the file first"
        raise ParameterError([Problem(f"{taken.parent.name}/{taken.name}", rule=rule)])
    near = next((known for known in set_names(root) if known.casefold() == name.casefold()), None)
    if near is not None:
        raise ParameterError([Problem("parameters", key_path([near]), rule="is a set already; choose another name")])
    return root / "parameters" / f"{name}.yml"


def _files_of(root: Path, name: str) -> tuple[Path, ...]:
    return tuple(root / "parameters" / f"{name}{ending}" for ending in (".yml", ".yaml"))


def write_draft(draft: Draft, file: Path) -> int:
    """Write a drafted parameter file where there is none.

    Args:
        draft: What it says.
        file: Where, from `new_set_file`.

    Returns:
        How many doubts stand in it.

    Raises:
        ParameterError: When a file has appeared there meanwhile, or the folder cannot be written to.
    """
    text = draft.text
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        rule = f"cannot be written ({error.strerror}); choose another name for --set or give access"
        raise ParameterError([Problem(f"{file.parent.name}/{file.name}", rule=rule)]) from error
    return count_doubts(text.splitlines())


def count_doubts(lines: Iterable[str]) -> int:
    """Doubts in the lines of a parameter file (count)."""
    return sum(1 for line in lines if line.lstrip(" #").startswith("DOUBT: "))


def _head_lines(draft: Draft, doubts: int) -> Iterator[str]:
    yield from comment(f"The set {draft.name}, drafted by `make new` from {draft.data}.", 0)
    if doubts:
        counted = "1 place is marked" if doubts == 1 else f"{doubts} places are marked"
        yield from comment(f"{counted} DOUBT: what was assumed there, why, and how to mend it in that line.", 0)
    else:
        yield from comment("Nothing in it is in doubt.", 0)
    yield from comment(f"Look it through, then: make check SET={draft.name}, and: make report SET={draft.name}", 0)
    yield from comment("parameters/template.yml explains every key. Values of people are shown as shapes: A, 0.", 0)
    yield f"title: {scalar(draft.name)} # what the pages call the shop"
    yield ""
    yield "language: en"
    yield ""


def _store_lines(draft: Draft) -> Iterator[str]:
    yield "store:"
    for key, value in draft.store.items():
        yield from _doubt(draft.store_doubts.get(key, ""), 2)
        yield f"  {key}: {scalar(value)}"
    if draft.assumptions:
        yield f"  assumptions: {flow(list(draft.assumptions))} # assumed, not known: the pages say so"
    yield ""
    yield "  tables:"
    for number, table in enumerate(draft.tables):
        yield from [""] if number else []
        yield from _table_lines(table)
    if draft.notes:
        yield ""
        yield from comment("Not used:", 4)
        for note in draft.notes:
            yield from comment(note, 4, bullet="- ")


def _table_lines(table: DraftTable) -> Iterator[str]:
    yield from comment(table.about, 4)
    for doubt in table.doubts:
        yield from _doubt(doubt, 4)
    lines = [f"    {table.name}:", f"      path: {scalar(table.path)}", *_key_lines(table)]
    yield from lines if table.usable else (f"    # {line[4:]}" for line in lines)


def _key_lines(table: DraftTable) -> Iterator[str]:
    for key, (value, note) in table.keys.items():
        yield f"      {key}: {scalar(value)}{_note(note)}"
    yield from rule_lines(table.rules, 6)
    if table.csv:
        yield "      csv:"
        for key, (value, note) in table.csv.items():
            yield from _doubt(table.csv_doubts.get(key, ""), 8)
            yield f"        {key}: {scalar(value)}{_note(note)}"
    yield from _column_lines(table)
    if table.values:
        yield "      values: # our words: those of the file"
        for column, words in table.values.items():
            yield from _doubt(table.value_doubts.get(column, ""), 8)
            yield f"        {column}:"
            yield from (f"          {ours}: {flow(theirs)}" for ours, theirs in words.items())
    if table.variants:
        yield "      variants: # short names: those of the file"
        yield from (f"        {name}: {scalar(theirs)}" for name, theirs in table.variants.items())
    if table.metrics:
        yield f"      metrics: {flow(list(table.metrics))}"
    if table.unused:
        yield from comment("Columns of the file that are not used:", 6)
        for name, samples in table.unused:
            yield from comment(f"{printable(name)}{_samples(samples)}", 6, bullet="- ")


def _column_lines(table: DraftTable) -> Iterator[str]:
    plain = [column for column in table.columns if not column.parts]
    yield "      columns:" if any(column.theirs is not None for column in plain) else "      # columns:"
    for column in plain:
        yield from _doubt(column.doubt, 8)
        if column.theirs is None:
            yield f"        # {column.ours}: the column's name"
        else:
            yield f"        {column.ours}: {scalar(column.theirs)}{_note(_beside(column))}"
    joined = [column for column in table.columns if column.parts]
    if joined:
        yield "      joined: # a day and its time, read as one"
    for column in joined:
        yield from _doubt(column.doubt, 8)
        yield f"        {column.ours}: {flow(column.parts)}{_note(_beside(column))}"


def _beside(column: DraftColumn) -> str:
    """What stands over a column of the file and a few of its values."""
    return f"{column.above}{_samples(column.samples)}".removeprefix(": ")


def _economics_lines() -> Iterator[str]:
    yield from _doubt(
        "no export tells the margin: pages show no profit; take the # away and write the shop's own share.", 0
    )
    yield "# economics: {gross_margin: 0.35} # gross profit in a unit of revenue"


def _report_lines(reports: Sequence[DraftReport]) -> Iterator[str]:
    yield "reports:"
    for report in reports:
        if report.lacks:
            yield from comment(f"{report.id}: {{}} # needs the table {' and '.join(report.lacks)}", 2)
            continue
        yield f"  {report.id}:{'' if report.parameters else ' {}'}"
        for name, value in report.parameters.items():
            yield from _doubt(report.doubts.get(name, ""), 4)
            yield f"    {name}: {flow(value) if isinstance(value, list) else scalar(value)}"


def _samples(samples: Sequence[str]) -> str:
    return f": {' | '.join(printable(sample) for sample in samples)}" if samples else ""


def _note(text: str) -> str:
    return f" # {printable(text)}" if text else ""


def _doubt(text: str, indent: int) -> Iterator[str]:
    if text:
        yield from comment(f"DOUBT: {text}", indent, hanging="  ")
