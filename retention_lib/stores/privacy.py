"""What keeps persons out of pages, logs and errors: keyed hashes of customer ids, and texts made safe to show."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import traceback
from typing import TYPE_CHECKING

from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "[hidden]"

_KEY_BYTES = 32
_HASH_DIGITS = 12

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
# Seven digits or more, with the marks people write between them: phones, cards, ids. Dates stay readable.
_LONG_NUMBER = re.compile(r"(?<![\d.])\+?\d(?:[ ()\-\t\u00a0\u202f\u2010-\u2015]*\d){6,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"|«([^»]*)»")
# A name of ours: a column, a key, a file in the project; everything else in quotes may be a customer.
# So does the name of a class, as NotEnough.
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_./-][a-z0-9]+)*|(?:[A-Z][a-z]+){2,}")


def set_key(root: Path, set_name: str) -> bytes:
    """The secret of a set, by which its customer ids are hashed; made at the first call and kept for good.

    Two processes that ask for a new one at the same time get the same.

    Args:
        root: The project's folder; the key is `data/.keys/<set>` in it, readable by its owner alone.
        set_name: The set's name.

    Returns:
        32 random bytes.

    Raises:
        DataError: When the file cannot be read or made, or holds something else than a key.
    """
    path = root / "data" / ".keys" / set_name
    try:
        if not path.exists():
            _make_key(path)
        written = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give access to the folder, it keeps the set's key") from error
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _KEY_BYTES}}}", written):
        raise DataError(f"{path}: holds no key ({2 * _KEY_BYTES} hexadecimal digits); restore it, or remove it")
    return bytes.fromhex(written)


def _make_key(path: Path) -> None:
    """Write a whole key aside and link it in place, which fails where another process was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(aside)
    except FileExistsError:
        return
    finally:
        aside.unlink(missing_ok=True)


def hashed_id(key: bytes, customer_id: str) -> str:
    """A customer's id as pages show it: the first 12 hexadecimal digits of its HMAC-SHA256.

    A plain hash of a phone number is found by trying all phones; without the key this one is not.
    """
    return hmac.new(key, customer_id.encode(), hashlib.sha256).hexdigest()[:_HASH_DIGITS]


def redacted(text: str) -> str:
    """The text with mail addresses and long numbers (phones, cards, ids) hidden; dates and amounts stay."""
    text = _EMAIL.sub(HIDDEN, text)
    kept: list[str] = []
    position = 0
    for day in _DATE.finditer(text):
        kept += [_LONG_NUMBER.sub(HIDDEN, text[position : day.start()]), day[0]]
        position = day.end()
    return "".join([*kept, _LONG_NUMBER.sub(HIDDEN, text[position:])])


def without_values(text: str) -> str:
    """The text redacted, and what stands in quotes hidden unless it looks like a column's or a file's name."""
    return redacted(_QUOTED.sub(_plain_or_hidden, text))


def safe_traceback(error: BaseException) -> str:
    """A traceback for a log: the code's own lines in full, of each error's message its first line without values.

    An engine quotes the row it stumbled over in the lines that follow the first.
    """
    parts: list[str] = []
    link: BaseException | None = error
    while link is not None:
        said = str(link).strip().splitlines()
        message = f": {without_values(said[0])}" if said else ""
        frames = traceback.format_list(traceback.extract_tb(link.__traceback__))
        parts.insert(0, f"{''.join(frames)}{type(link).__name__}{message}\n")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nwhich led to:\n\n".join(parts)


def _plain_or_hidden(match: re.Match[str]) -> str:
    inner = next(group for group in match.groups() if group is not None)
    return match[0] if _PLAIN_NAME.fullmatch(inner) else f"{match[0][0]}{HIDDEN}{match[0][-1]}"
