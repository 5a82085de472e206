"""The share of corrupted exports that end in a trusted table or in a refusal, and never in anything else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from studies.cases import Result
from studies.corruptions import case
from studies.handling import verdict
from studies.study import Found, Study

from retention_lib.estimates import Estimate
from retention_lib.models.intervals import wilson


def corrupted(number: int) -> Result:
    """What became of the case of a number."""
    export = case(number)
    with TemporaryDirectory(prefix="corruption-") as folder:
        judged = verdict(export, Path(folder) / "shop")
    return {"export": str(export), "end": judged.end, "words": judged.words}


def failures(results: list[Result]) -> list[Result]:
    """The cases that ended otherwise."""
    return [result for result in results if result.get("end") not in ("trusted", "refused")]


def figures(results: list[Result]) -> list[Found]:
    """The share handled and, so that it says something, the share trusted."""
    n = len(results)
    trusted = sum(result.get("end") == "trusted" for result in results)
    handled = n - len(failures(results))
    return [_share("corruptions_handled_share", handled, n), _share("corruptions_trusted_share", trusted, n)]


def _share(name: str, count: int, n: int) -> Found:
    found = wilson(count, n)
    if not isinstance(found, Estimate) or found.low is None or found.high is None:
        raise ValueError(f"{name}: {count} of {n} is no share")
    return Found(name=name, value=found.value, low=found.low, high=found.high, n=n)


STUDY = Study(target="studies.corruptions_handled:corrupted", cases=20_000, figures=figures, failures=failures)
