"""Parameter files: where they are, and one of them read and checked against everything it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from retention_lib.settings.documents import plain_mapping
from retention_lib.settings.models import SetSettings
from retention_lib.settings.notebook import RESERVED, NotebookParameter, check_value, read_parameters
from retention_lib.settings.problems import NOT_SHOWN, ParameterError, Problem, key_path, nearest_name
from retention_lib.settings.strict import NAME, NAME_RULE, problems_of

_OWN_KEYS = ("notebook", "store")


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds `parameters/` and `notebooks/`.

    Raises:
        ParameterError: When there is none.
    """
    here = start.absolute()
    for folder in (here, *here.parents):
        if (folder / "parameters").is_dir() and (folder / "notebooks").is_dir():
            return folder
    rule = "is in no project (neither it nor a folder above has parameters/ and notebooks/); name one by --root"
    raise ParameterError([Problem(str(here), rule=rule)])


def set_names(root: Path) -> list[str]:
    """The names of the sets in a project, sorted."""
    return sorted(file.stem for file in (root / "parameters").glob("*.yml") if NAME.fullmatch(file.stem))


def set_file(root: Path, name: str) -> Path:
    """The parameter file of a set.

    Args:
        root: The project's folder.
        name: The set's name.

    Raises:
        ParameterError: When the name is no set's, with the nearest one that is.
    """
    file = root / "parameters" / f"{name}.yml"
    if NAME.fullmatch(name) and file.is_file():
        return file
    known = set_names(root)
    if (root / "parameters" / f"{name}.yaml").is_file() and NAME.fullmatch(name):
        rule = f"is no set, but parameters/{name}.yaml is there; rename it to {name}.yml"
        raise ParameterError([Problem("parameters", key_path([name]), rule=rule)])
    wanted = name.removesuffix(".yml").removesuffix(".yaml").rpartition("/")[2]
    rule = f"is no set; the sets are {', '.join(known)}" if known else "is no set; there is none yet"
    raise ParameterError([Problem("parameters", key_path([name]), rule=rule, nearest=nearest_name(wanted, known))])


def load_set(path: Path) -> SetSettings:
    """The settings of a parameter file, checked against the notebooks it names.

    Args:
        path: The file, `<project>/parameters/<set>.yml`.

    Returns:
        The settings; secrets are in them, and not in their repr.

    Raises:
        ParameterError: With every problem of the file and of the notebooks it uses.
    """
    path = path.absolute()
    name = f"{path.parent.name}/{path.name}"
    if path.suffix == ".yml" and not path.exists():
        set_file(path.parent.parent, path.stem)
    raw, problems = plain_mapping(_content(path, name), file=name)
    if not raw and problems:
        raise ParameterError(problems)
    if not NAME.fullmatch(path.stem):
        problems.append(Problem(name, key_path([path.stem]), rule=NAME_RULE))
    settings = None
    try:
        settings = SetSettings.model_validate(_gathered(raw))
    except ValidationError as error:
        problems += problems_of(error, file=name)
    problems += _report_problems(raw.get("reports"), notebooks=path.parent.parent / "notebooks", file=name)
    if problems or settings is None:
        raise ParameterError(_in_order(problems, raw))
    return settings.read_from(path)


def _content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ParameterError([Problem(name, rule=f"cannot be read: {error.strerror}")]) from None


def _gathered(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The file's mapping with each report's own parameters under one key, as `ReportSettings` wants it."""
    reports = raw.get("reports")
    if not isinstance(reports, Mapping):
        return dict(raw)
    return {**raw, "reports": {name: _gathered_report(name, report) for name, report in reports.items()}}


def _gathered_report(name: str, report: Any) -> Any:
    if report is None:
        return {"id": name, "notebook": name}
    if not isinstance(report, Mapping):
        return report
    own = {key: report[key] for key in _OWN_KEYS if key in report}
    rest = {key: value for key, value in report.items() if key not in _OWN_KEYS}
    return {"id": name, "notebook": name, **own, "parameters": rest}


def _report_problems(reports: Any, *, notebooks: Path, file: str) -> list[Problem]:
    """What is wrong with the reports' notebooks and parameters."""
    problems: list[Problem] = []
    for name, report in reports.items() if isinstance(reports, Mapping) else ():
        if not (report is None or isinstance(report, Mapping)):
            continue
        given = dict(report or {})
        notebook = given.pop("notebook", name)
        given.pop("store", None)
        if not isinstance(notebook, str) or ("notebook" not in (report or {}) and not NAME.fullmatch(name)):
            continue
        place = ["reports", name]
        missing = _missing_notebook(notebook, place, "notebook" in (report or {}), notebooks, file)
        if missing is not None:
            problems.append(missing)
            continue
        try:
            parameters = read_parameters(notebooks / f"{notebook}.ipynb")
        except ParameterError as error:
            problems += error.problems
            continue
        problems += _parameter_problems(given, parameters, place, file)
    return problems


def _missing_notebook(notebook: str, place: list[str], named: bool, notebooks: Path, file: str) -> Problem | None:
    """The problem that a report's notebook is not there."""
    known = sorted(found.stem for found in notebooks.glob("*.ipynb") if NAME.fullmatch(found.stem))
    if notebook in known:
        return None
    listed = ", ".join(known) or "none yet"
    if named:
        rule = f"must be a notebook of notebooks/, without its ending ({listed})"
        return Problem(file, key_path([*place, "notebook"]), notebook, rule, nearest_name(Path(notebook).stem, known))
    rule = f"is the name of no notebook ({listed}); name one by the key notebook"
    return Problem(file, key_path(place), rule=rule, nearest=nearest_name(notebook, known))


def _parameter_problems(
    given: Mapping[str, Any], parameters: Iterable[NotebookParameter], place: list[str], file: str
) -> list[Problem]:
    """What is wrong with the values a report gives its notebook."""
    known = {parameter.name: parameter for parameter in parameters if parameter.name not in RESERVED}
    problems = []
    for name, value in given.items():
        key = key_path([*place, name])
        if name in RESERVED:
            problems.append(Problem(file, key, NOT_SHOWN, _reserved_rule(name)))
        elif name not in known:
            nearest = nearest_name(name, [*known, *_OWN_KEYS])
            problems.append(Problem(file, key, NOT_SHOWN, _unknown_rule(known, nearest), nearest))
        elif rule := check_value(known[name], value):
            problems.append(Problem(file, key, value, rule))
    return problems


def _reserved_rule(name: str) -> str:
    if name == "month":
        return "is not set for one report; write month at the top of the file, for all of them"
    return "is filled by the run itself and cannot be set"


def _unknown_rule(known: Iterable[str], nearest: str | None) -> str:
    if nearest is not None:
        return "is not known"
    names = ", ".join(known)
    return f"is not known; the notebook's parameters are {names}" if names else "is not known; the notebook has none"


def _in_order(problems: list[Problem], raw: Mapping[str, Any]) -> list[Problem]:
    """The problems in the order of the file's keys; those of the whole file first."""
    order = {key: place for place, key in enumerate(raw)}
    return sorted(problems, key=lambda problem: order.get(problem.key.partition(".")[0], -1))
