"""The command line `retention`.

Exit codes: 0 everything is published; 1 a report failed; 2 a set, report, parameter or month is wrong;
3 the data are missing, unreadable or break a contract; 70 a fault of the toolkit; 130 stopped by Ctrl-C.

Nothing heavy is imported before a command needs it: a wrong parameter file is refused at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retention_lib.runs.simulating import SimulatedStore
    from retention_lib.settings import Month, Problem, SetSettings

REFUSED, DATA, FAULT, STOPPED = 2, 3, 70, 130

app = typer.Typer(
    name="retention",
    help="Monthly retention reports from a shop's own data.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SetName = Annotated[
    str, typer.Option("--set", metavar="SET", help="The set, a file of parameters/ without its ending.")
]
Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        show_default=False,
        help="The project's folder, with parameters/ and notebooks/; found from the current one if left out.",
    ),
]


@app.command()
def report(
    set_name: SetName = "public",
    month: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM",
            show_default=False,
            help="The month; if left out, the set's own, else the last complete one in the data.",
        ),
    ] = None,
    root: Root = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many reports run at a time.")] = 2,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="The longest one report may run.")] = 1800,
) -> None:
    """Make and publish the reports of a set for one month."""
    with _failures_said(root):
        asked = None if month is None else _month(month)
        settings = _load(_project(root), set_name)
        from retention_lib.runs import make_report

        result = make_report(settings, month=asked, jobs=jobs, timeout_seconds=timeout)
        raise typer.Exit(result.exit_code)


@app.command()
def check(
    set_name: SetName = "public",
    root: Root = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many stores are checked at a time.")] = 2,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="The longest one check may run.")] = 1800,
) -> None:
    """Check the data of a set: a page for each store in outputs/SET/check, and the same on the screen."""
    with _failures_said(root):
        settings = _load(_project(root), set_name)
        from retention_lib.runs import make_check

        raise typer.Exit(make_check(settings, jobs=jobs, timeout_seconds=timeout).exit_code)


@app.command()
def new(
    set_name: Annotated[str, typer.Option("--set", metavar="SET", help="The new set's name: a-z, 0-9, _ and -.")],
    data: Annotated[
        list[str],
        typer.Option(metavar="FILES", help="The shop's exports, like 'exports/*.csv'; may be given several times."),
    ],
    root: Root = None,
) -> None:
    """Write a first parameter file by looking at a shop's files; every doubt is marked in it."""
    with _failures_said(root):
        from retention_lib.settings.draft import new_set_file, write_draft

        project = _project(root)
        file = new_set_file(project, set_name, data)
        from retention_lib.stores.mapping_draft import drafted_set

        draft = drafted_set(set_name, data, root=project)
        doubts = write_draft(draft, file)
        typer.echo("\n".join(draft.summary(doubts)))


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    set_name: Annotated[
        str, typer.Option("--set", metavar="SET", help="The set; parameters/SET.yml is written unless it is there.")
    ] = "simulated",
    customers: Annotated[
        str | None, typer.Option(metavar="N", help="Customers won in the window, 1000 to 10000000 (20000).")
    ] = None,
    months: Annotated[str | None, typer.Option(metavar="N", help="Length of the window, 6 to 48 (24).")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Its last day, the last of a month (2026-06-30).")
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Another seed gives another store (1).")] = None,
    programme: Annotated[
        str | None, typer.Option(metavar="HOW", help="How customers join: level, momentum or invited (level).")
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="A mechanism's size, like late_harm=0; may be given several times."),
    ] = None,
    piece: Annotated[
        int, typer.Option(metavar="N", min=1, help="Customers that a process simulates in a row (at least a block).")
    ] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many processes simulate.")] = 2,
    root: Root = None,
) -> None:
    """Simulate a store whose truth is known, as its parameter file says; see docs/simulated-store.md."""
    with _failures_said(root):
        from retention_lib.settings.simulated_set import given_simulation, simulated_set

        options = {"customers": customers, "months": months, "until": until, "seed": seed, "programme": programme}
        settings = simulated_set(_project(root), set_name, given_simulation(options, size or []))
        from retention_lib.runs.simulating import simulate_stores

        for store in simulate_stores(settings, settings.stores, jobs=jobs, piece=piece):
            typer.echo("\n".join(_simulated_lines(settings, store)))


@app.command()
def sets(root: Root = None) -> None:
    """List the sets with their titles and reports."""
    with _failures_said(root):
        from retention_lib.settings import ParameterError, set_names

        project = _project(root)
        names = set_names(project)
        width = max(map(len, names), default=0)
        problems: list[Problem] = []
        for name in names:
            try:
                settings = _load(project, name)
            except ParameterError as error:
                problems += error.problems
                typer.echo(f"{name:{width}}  cannot be used, see below")
                continue
            typer.echo(f"{name:{width}}  {settings.title}: {', '.join(settings.reports)}")
        if problems:
            raise ParameterError(problems)


def _simulated_lines(settings: SetSettings, store: SimulatedStore) -> Iterator[str]:
    """What stands where after a simulation."""
    width = max(map(len, store.rows), default=0)
    for file, rows in store.rows.items():
        yield f"{file:{width}}  {rows:>12,} rows"
    took = "was there" if store.seconds is None else f"made in {store.seconds:.1f} s"
    yield f"{store.name}: {took}, in {store.folder.relative_to(settings.root)}"
    yield f"next: make report SET={settings.name}"


def main() -> None:
    """The console entry point: runs the words after `retention` and exits with their code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="retention")


@contextmanager
def _failures_said(root: Path | None) -> Iterator[None]:
    """Turns every failure inside into a sentence on stderr and the exit code that belongs to it."""
    try:
        yield
    except (typer.Exit, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        typer.echo("retention: stopped from the keyboard", err=True)
        raise typer.Exit(STOPPED) from None
    except Exception as error:  # noqa: BLE001  # the last place that can say it in a sentence
        code = _user_code(error)
        typer.echo(str(error) if code else _fault(error, root), err=True)
        raise typer.Exit(code or FAULT) from None


def _user_code(error: Exception) -> int | None:
    """The exit code of an error a user can mend; None for a fault of the toolkit.

    The classes are looked up among the rooms already imported: an error of a room that was never imported
    cannot have been raised, and importing one for the comparison would cost a second.
    """
    for room, name, code in (
        ("settings.problems", "ParameterError", REFUSED),
        ("stores.errors", "MonthError", REFUSED),
        ("stores.errors", "DataError", DATA),
    ):
        known = getattr(sys.modules.get(f"retention_lib.{room}"), name, None)
        if known is not None and isinstance(error, known):
            return code
    return None


def _fault(error: Exception, root: Path | None) -> str:
    """The sentence for a fault of the toolkit, its traceback written to a log file."""
    from retention_lib.stores.privacy import safe_traceback

    told = safe_traceback(error)
    kind = type(error).__name__
    sentence = f"retention: {kind}, a fault of the toolkit and not of your files; please report it"
    try:
        folder = _project(root) / "outputs" / ".logs"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
        log.touch(mode=0o600)
        log.write_text(told, encoding="utf-8", errors="backslashreplace")
    except Exception as unwritten:  # noqa: BLE001  # a full disk must not hide the fault
        return f"{told}\n{sentence} with the lines above (no log file: {type(unwritten).__name__})"
    return f"{sentence} with the file {log}"


def _month(text: str) -> Month:
    """The month asked for."""
    from retention_lib.settings import Month, ParameterError, Problem

    try:
        return Month.parse(text.strip())
    except ValueError:
        rule = "must be a month, written like 2017-12"
        raise ParameterError([Problem("retention report", "--month", text, rule)]) from None


def _project(given: Path | None) -> Path:
    """The project's folder: the one given, else the one around here, else the one the package stands in."""
    from retention_lib.settings import ParameterError, Problem, find_root

    if given is not None:
        if _is_project(given):
            return given.absolute()
        rule = f"names {given}, which is no folder with parameters/ and notebooks/ in it"
        raise ParameterError([Problem("retention", "--root", rule=rule)])
    try:
        return find_root(Path.cwd())
    except ParameterError:
        home = Path(__file__).parents[1]  # cron starts in the home folder, and the package is in the project
        if _is_project(home):
            return home
        raise


def _is_project(folder: Path) -> bool:
    return (folder / "parameters").is_dir() and (folder / "notebooks").is_dir()


def _load(root: Path, name: str) -> SetSettings:
    """The settings of a set by its name."""
    from retention_lib.settings import load_set, set_file

    return load_set(set_file(root, name))


if __name__ == "__main__":
    main()
