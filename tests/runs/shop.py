"""A project in a temporary folder: a small shop, a set, and tiny notebooks that show our mime types directly."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

SALES = [
    ("2017-10-03", "001", "10.00"),
    ("2017-11-05", "002", "12.50"),
    ("2017-11-30", "001", "7.50"),
    ("2017-12-04", "003", "20.00"),
    ("2017-12-31", "002", "5.00"),
]

SET = """
title: Test shop
store:
  timezone: Europe/Moscow
  currency: RUB
  tables:
    transactions:
      path: data/sales.csv
      columns: {customer_id: client, ordered_at: day, amount: sum}
reports:
"""

PARAMETERS = """
set_file: str = ""  # the set's file
report_id: str = ""  # the report
month: str | None = None  # the month
"""

# What `workbench.Report` shows, without the imports that cost a second each.
SHOW = """
import json
from pathlib import Path
from IPython.display import display
root = Path(set_file).parents[1]
sales = (root / "data" / "sales.csv").read_text().splitlines()[1:]
value = sum(float(line.split(",")[2]) for line in sales)
FIGURE = "application/vnd.retention.figure+json"
"""


def write_project(root: Path, notebooks: dict[str, dict[str, Any]], *, name: str = "shop") -> Path:
    """A project with one set of these notebooks as reports, each under its own name."""
    for folder in ("parameters", "notebooks", "data", "outputs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    write_sales(root, SALES)
    for id, content in notebooks.items():
        (root / "notebooks" / f"{id}.ipynb").write_text(json.dumps(content))
    reports = "".join(f"  {id}: {{}}\n" for id in notebooks)
    (root / "parameters" / f"{name}.yml").write_text(SET.lstrip() + reports)
    return root


def write_sales(root: Path, sales: list[tuple[str, str, str]]) -> None:
    lines = ["day,client,sum", *(",".join(sale) for sale in sales)]
    (root / "data" / "sales.csv").write_text("\n".join(lines) + "\n")


def notebook(*sections: tuple[str, str], **retention: Any) -> dict[str, Any]:
    """A notebook: a title, the parameters cell, the cell that reads the sales, then heading and code by turns."""
    cells = [
        _markdown("# How is the shop?"),
        _code(PARAMETERS, tags=["parameters"]),
        _code(SHOW),
    ]
    for heading, source in sections:
        cells += [_markdown(f"## {heading}"), _code(textwrap.dedent(source))]
    return {"cells": cells, "metadata": {"retention": retention}, "nbformat": 4, "nbformat_minor": 5}


def good(**retention: Any) -> dict[str, Any]:
    """A notebook with a verdict, figures, a card, a table and a report's facts."""
    return notebook(("Headline", HEADLINE), ("How much?", TABLE), **retention)


HEADLINE = """
facts = {"id": report_id, "set_title": "Test shop", "store_title": "Shop", "month": month,
         "data_to": f"{month}-28", "language": "en", "currency": "RUB"}
display({"application/vnd.retention.report+json": facts, "text/plain": report_id}, raw=True)
verdict = {"status": "good", "sentence": f"Sales are {value}"}
display({"application/vnd.retention.verdict+json": verdict, "text/html": f"<p>{value}</p>"}, raw=True)
record = {"id": "revenue_total", "value": value / 3, "unit": "money", "formula": "sum", "n": 5}
display({FIGURE: record, "text/plain": "x"}, raw=True)
display({FIGURE: {"id": "crr", "value": None, "reason": "few", "label": "dropped"}, "text/plain": "x"}, raw=True)
cards = ["revenue_total"]
display({"application/vnd.retention.cards+json": cards, "text/html": "<ul></ul>"}, raw=True)
"""

TABLE = """
text = "name,amount\\n=cmd|' /C calc'!A0,-5\\n+7 999,-1.5e3\\n@x,1\\n-a,2\\n\\tb,3\\nplain,4\\n"
display({"application/vnd.retention.table+json": {"name": "sales", "csv": text}, "text/html": "<p>t</p>"}, raw=True)
"""


def run(root: Path, *, name: str = "shop", month: str | None = None, **options: Any) -> Any:
    """One run in this process."""
    from retention_lib.runs import make_report
    from retention_lib.settings import Month, load_set

    settings = load_set(root / "parameters" / f"{name}.yml")
    return make_report(settings, month=Month.parse(month) if month else None, **options)


# A shell's background job ignores Ctrl-C and hands that down; a run in a terminal does not.
PROGRAM = """
import signal
import sys
from pathlib import Path
from retention_lib.runs import make_report
from retention_lib.settings import load_set
signal.signal(signal.SIGINT, signal.default_int_handler)
result = make_report(load_set(Path(sys.argv[1])), month=None, timeout_seconds=60)
sys.exit(result.exit_code)
"""


def start(root: Path, *, name: str = "shop") -> subprocess.Popen[str]:
    """One run in a process of its own, to be killed."""
    file = root / "parameters" / f"{name}.yml"
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], stderr=subprocess.PIPE, text=True, cwd=root)


def content(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder; the manifest, which knows the time, left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def processes_of(root: Path) -> list[str]:
    """Command lines of the processes that work in a project: workers and kernels."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            if (folder / "cwd").resolve().is_relative_to(root):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it ended while we looked
    return [line for line in found if "retention_lib.runs" in line]


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(source), "metadata": {}, "source": source}


def _code(source: str, tags: list[str] | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": _id(source),
        "metadata": {"tags": tags or []},
        "source": source.strip("\n"),
        "outputs": [],
        "execution_count": None,
    }


def _id(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:8]
