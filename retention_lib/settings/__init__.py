"""What the user wants: parameter files as strict typed settings; no data is touched here."""

from __future__ import annotations

from retention_lib.settings.calendar import Month
from retention_lib.settings.files import find_root, load_set, set_file, set_names
from retention_lib.settings.models import (
    DATASETS,
    CsvFormat,
    Economics,
    ReportSettings,
    SetSettings,
    StoreSettings,
    TableSource,
)
from retention_lib.settings.notebook import RESERVED, NotebookParameter, check_value, read_parameters
from retention_lib.settings.problems import NOT_SHOWN, ParameterError, Problem
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.settings.tables import TABLES, ColumnSpec, TableSpec

__all__ = [
    "DATASETS",
    "NOT_SHOWN",
    "RESERVED",
    "TABLES",
    "ColumnSpec",
    "CsvFormat",
    "Economics",
    "Month",
    "NotebookParameter",
    "ParameterError",
    "Problem",
    "ReportSettings",
    "SetSettings",
    "Simulation",
    "Sizes",
    "StoreSettings",
    "TableSource",
    "TableSpec",
    "check_value",
    "find_root",
    "load_set",
    "read_parameters",
    "set_file",
    "set_names",
]
