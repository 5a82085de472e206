"""The data dictionary of simulated stores: `docs/simulated-store.md`, and `README.md` in the folder of each store.

`python -m retention_lib.stores.simulation.dictionary` writes the first.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from retention_lib.settings.simulation import CURRENCY, TIMEZONE, Simulation, Sizes
from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation import dictionary_words as words

PAGE = Path(__file__).resolve().parents[3] / "docs" / "simulated-store.md"

_HEAD = """\
# The simulated store

A shop that never was, for trying reports and for grading models: what would have happened otherwise is known. It sells
coffee, pet food, gifts and the like on a site, in an app and in a shop; stamps are of {zone}, money is {currency}.

A parameter file says how large it is and how strong each of its mechanisms. The same settings give the same bytes, with
the same versions of the toolkit's packages on the same kind of processor.

```yaml
store:
  simulation: {{customers: 20000, months: 24, until: 2026-06-30, seed: 1, sizes: {{late_harm: 0}}}}
```

`make report SET=demo` simulates the set `demo` on first use; `retention simulate --set big --customers 1000000` writes
a parameter file and simulates it. The tables are `data/<store>/simulated/<table>.parquet`, the truth about them
`data/<store>/simulated/truth/`. They are made again when the settings or the simulator change.
"""

_OWN_HEAD = """\
# A simulated store

{customers:,} customers won from {first} to {last} (seed {seed}, programme by {programme}). This shop never was: what
would have happened otherwise is known. Stamps are of {zone}, money is {currency}. The retention toolkit makes this
folder, and makes it again when its settings or its code change: change nothing here.
"""


def page_text() -> str:
    """The page about all simulated stores."""
    note = "Made by `python -m retention_lib.stores.simulation.dictionary`; do not edit.\n"
    head = _HEAD.format(zone=TIMEZONE, currency=CURRENCY)
    return "\n".join([head, note, *_body(Sizes(), "default")])


def dictionary_page(simulation: Simulation) -> str:
    """The page that stands beside the tables of a store."""
    head = _OWN_HEAD.format(
        customers=simulation.customers,
        first=simulation.first_day,
        last=simulation.until,
        seed=simulation.seed,
        programme=simulation.programme,
        zone=TIMEZONE,
        currency=CURRENCY,
    )
    return "\n".join([head, *_body(simulation.sizes, "size")])


def size_meanings() -> dict[str, str]:
    """What each size is, by name: the attributes of `Sizes` as its docstring explains them."""
    _, _, listed = (inspect.getdoc(Sizes) or "").partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()).removesuffix(".") for name, text in found}


def _body(sizes: Sizes, heading: str) -> Iterator[str]:
    yield "## What to know\n"
    yield from (f"- {line}" for line in words.HONEST)
    yield "\n## Tables\n"
    for name in TABLES:
        yield from _table(name, words.TABLES[name])
    yield "## The truth\n"
    for name, table in words.TRUTH.items():
        yield from _table(f"truth/{name}", table)
    yield "## Mechanisms\n"
    yield "0 switches one off.\n"
    yield f"| mechanism | {heading} | what it is | how it can be seen |"
    yield "|---|---|---|---|"
    for name, meaning in size_meanings().items():
        yield f"| `{name}` | {getattr(sizes, name):g} | {meaning} | {words.SEEN[name]} |"
    yield ""


def _table(name: str, table: words.TableWords) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{table.row}\n"
    yield from _rows(table.columns)
    yield ""


def _rows(columns: Mapping[str, str]) -> Iterator[str]:
    yield "| column | meaning |"
    yield "|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in columns.items())


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
