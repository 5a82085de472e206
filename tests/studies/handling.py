"""Whether a corrupted export was handled: trusted with every row and cent, or refused in a sentence.

What is in the file is read here a second time, by Python's own readers and nothing of ours.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import shutil
import zlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

import duckdb
from studies.corruptions import Case
from studies.exports import COLUMNS, DIALECTS, NAMES, Dialect

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.signs import BESIDE_AMOUNTS
from retention_lib.stores.store import Store, open_store

BLANKS = " \t\r\n\u00a0\u202f\u2009\ufeff"
_GAP = "[ \u00a0\u202f\u2009]*"
_SIGN = "|".join(map(re.escape, BESIDE_AMOUNTS))
_PERSONAL = re.compile("|".join([*(word for name in NAMES for word in name.split() if len(word) > 6), "7916555"]))


def _settings(dialect: Dialect) -> StoreSettings:
    table = TableSource(path=f"data/orders{dialect.ending}", **dialect.source)
    return StoreSettings(timezone="Europe/Moscow", currency="RUB", as_of="2024-12-31", tables={"transactions": table})


# Settings take half the time of a refusal, for they read the world's time zones.
_SETTINGS = {dialect.name: _settings(dialect) for dialect in DIALECTS}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is in a file.

    Attributes:
        rows: Records under the header, blank lines aside (count).
        total: The sum of the amounts that can be read.
    """

    rows: int
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """A file of which no reader can say how many records it holds.

    Attributes:
        why: What is wrong with it.
    """

    why: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a corrupted export.

    Attributes:
        end: Whether it was trusted, refused, or wrongly handled.
        words: The refusal, or what was wrong.
    """

    end: Literal["trusted", "refused", "failed"]
    words: str = ""


def truth(case: Case) -> Truth | Unclear:
    """What is in a file, by Python's `gzip`, `codecs`, `csv` and `decimal`."""
    dialect = case.dialect
    try:
        content = gzip.decompress(case.content) if dialect.ending.endswith(".gz") else case.content
        text = content.decode("utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding)
        read = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
        header, *records = [record for record in read if record] or [[]]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        return Unclear(why=f"{type(error).__name__}: {error}")
    names = [name.strip(BLANKS) for name in header]
    amount = dialect.headers[COLUMNS.index("amount")]
    if names.count(amount) != 1:
        return Unclear(why=f"{names.count(amount)} columns of amounts")
    # Empty cells beyond the header hold nothing that could be lost.
    ragged = [row for row in records if len(row) < len(header) or any(row[len(header) :])]
    if ragged:
        return Unclear(why=f"a row of {len(ragged[0])} columns under a header of {len(header)}")
    amounts = [readable(record[names.index(amount)], dialect) for record in records]
    return Truth(rows=len(records), total=sum((found for found in amounts if found is not None), Decimal(0)))


def readable(text: str, dialect: Dialect) -> Decimal | None:
    """An amount to four digits, where the text is one in the dialect's notation, a currency's sign aside."""
    bare = re.sub(rf"(?i)^([+\-\u2212]?){_GAP}(?:{_SIGN}){_GAP}", r"\1", text.strip(BLANKS))
    bare = re.sub(rf"(?i){_GAP}(?:{_SIGN})$", "", bare).replace("\u2212", "-")
    mark = re.escape(dialect.decimal)
    grouped = "[0-9]{1,3}(?:[ \u00a0\u202f\u2009'\u2019][0-9]{3})+"
    if not re.fullmatch(rf"[+-]?(?:(?:{grouped}|[0-9]+)(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?", bare):
        return None
    digits = re.sub("[ \u00a0\u202f\u2009'\u2019]", "", bare).replace(dialect.decimal, ".")
    try:
        exact = Decimal(digits).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return exact if abs(exact) < 10**14 else None


def verdict(case: Case, folder: Path) -> Verdict:
    """Open a corrupted export as a store and judge what comes of it.

    Args:
        case: The export.
        folder: Where the shop stands meanwhile; removed afterwards.
    """
    path = folder / "data" / case.file
    path.parent.mkdir(parents=True)
    path.write_bytes(case.content)
    try:
        with open_store("shop", shop_settings(case), root=folder) as store:
            wrong = miscounted(store, truth(case))
            return Verdict(end="failed", words=wrong) if wrong else Verdict(end="trusted")
    except DataError as error:
        wrong = misworded(str(error), case)
        return Verdict(end="failed", words=wrong) if wrong else Verdict(end="refused", words=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever else comes up is what the study looks for.
        return Verdict(end="failed", words=f"{type(error).__name__}: {error}")
    finally:
        shutil.rmtree(folder)


def shop_settings(case: Case) -> StoreSettings:
    """The parameter file's store for an export as it was before it was corrupted."""
    return _SETTINGS[case.dialect.name]


def miscounted(store: Store, found: Truth | Unclear) -> str:
    """What a trusted table has lost or made up; empty where nothing."""
    if isinstance(found, Unclear):
        return f"trusted, and the file is unclear ({found.why})"
    counts = store.reconciliation("transactions")
    if (counts.rows_in, counts.amount_in) != (found.rows, found.total):
        return f"{counts.rows_in} rows of {counts.amount_in} taken in where the file has {found}"
    if counts.rows_in != counts.rows_kept + counts.rows_rejected + counts.rows_merged or not counts.balanced:
        return f"the rows do not add up: {counts}"
    kept = _rows_of(store._tables["transactions"].kept)
    rejected = _rows_of(store.rejected("transactions"))
    if (kept, rejected) != (counts.rows_kept, counts.rows_rejected):
        return f"{kept} and {rejected} rows are written where {counts.rows_kept} and {counts.rows_rejected} are told"
    return ""


def _rows_of(path: Path | None) -> int:
    return 0 if path is None else duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]


def misworded(words: str, case: Case) -> str:
    """What is wrong with a refusal; empty where it is a sentence with a place and a remedy."""
    for line in words.split("\n"):
        if f"data/{case.file}" not in line or ";" not in line:
            return f"a refusal without place or remedy: {words}"
    if _PERSONAL.search(words) or "Traceback" in words:
        return f"a refusal that names a person or the code: {words}"
    return ""
