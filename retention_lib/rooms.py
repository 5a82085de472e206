"""A room's modules as its attributes, loaded when first used: `measures.gaps.gap_percentiles` in a notebook."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from types import ModuleType


def modules_of(room: str, path: Iterable[str]) -> tuple[Callable[[str], ModuleType], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package whose modules are its attributes.

    Args:
        room: The package's `__name__`.
        path: Its `__path__`.

    Returns:
        What loads a module by name, raising AttributeError where the package has none of that name; and the names of
        all of them, in order, for whoever completes names.
    """

    def load(name: str) -> ModuleType:
        if name.startswith("_") or name not in names():
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return importlib.import_module(f"{room}.{name}")

    def names() -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(path))

    return load, names
