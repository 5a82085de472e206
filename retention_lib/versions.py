"""Which versions of what made a report."""

from __future__ import annotations

import platform
from importlib.metadata import version

NAMED = (
    "duckdb",
    "ibis-framework",
    "lifelines",
    "lifetimes",
    "pandas",
    "pyfixest",
    "scikit-learn",
    "tea-tasting",
)


def package_versions() -> dict[str, str]:
    """The versions of Python, this library and the packages whose numbers a report shows."""
    return {
        "python": platform.python_version(),
        "retention_lib": version("retention-lib"),
        **{name: version(name) for name in NAMED},
    }
