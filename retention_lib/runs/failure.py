"""What a failed report says: the section it stopped in and one line, without anything personal."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

from retention_lib.stores.privacy import redacted, without_values

FailureKind = Literal["raised", "timeout", "killed", "page", "disk"]

_LONGEST = 240
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OURS = frozenset({"DataError", "MonthError", "ParameterError", "CollectError"})


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a report could not be made.

    Attributes:
        kind: `raised` by a cell, ran into the `timeout`, its process was `killed`, the `page` could not be
            made, or the `disk` refused the files.
        section: The last second-level heading above the failing cell; empty before the first one.
        error: The error's last line, cleaned by `error_line`; for a timeout the seconds allowed.
    """

    kind: FailureKind
    section: str = ""
    error: str = ""

    def to_json(self) -> dict[str, str]:
        """The failure as it travels from a worker to the run."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The failure a worker reported."""
        return cls(kind=data["kind"], section=data["section"], error=data["error"])


def heading(source: str) -> str | None:
    """The last second-level heading of a markdown source, or None when it has none."""
    found = None
    fenced = False
    for line in source.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("## ") and not fenced:
            found = line[3:].strip().strip("#").strip()
    return found


def error_line(name: str, message: str, *, root: Path | None = None) -> str:
    """An exception in one line that names no person, no phone, no mail address and no folder of the machine.

    Args:
        name: The exception's class.
        message: Its text; the last line that is not empty counts.
        root: The project's folder, which is left out of paths.

    Returns:
        At most 240 characters. Words in quotes are kept only where they look like a column or a file name, or
        where the sentence is one of the toolkit's own.
    """
    lines = [line.strip() for line in _COLOUR.sub("", message).splitlines() if line.strip()]
    last = lines[-1].rstrip(".") if lines else ""
    if root is not None and len(root.parts) > 1:
        last = last.replace(f"{root}/", "")
    last = redacted(last) if name in _OURS else without_values(last)
    text = f"{name}: {last}" if last else name
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
