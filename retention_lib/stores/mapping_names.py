"""How well a name of an export's column fits a column of the contract, by the dictionary in `names.yml`."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.settings.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CLEAR = 0.75
"""The fit from which on a name needs no second look."""

_STEP = 0.08
_UPPER = 0.9
_NOISE = frozenset(
    {"руб", "rub", "р", "usd", "eur", "kzt", "шт", "the", "of", "и", "в", "по", "на", "с", "за", "id", "код", "сумм"}
)
_ENDINGS = re.compile(
    r"(?:иями|ями|ами|иях|ого|его|ому|ему|ыми|ими|ией|иям|ях|ах|ов|ев|ей|ий|ый|ой|ая|яя|ое|ее|ые|ие|ам|ям|ью|ия|ию|ии"
    r"|а|я|ы|и|у|ю|е|о|ь)$"
)
Tokens = tuple[str, ...]


@cache
def _dictionary() -> dict[str, Any]:
    import yaml

    text = Path(__file__).with_name("names.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def plain_name(name: str) -> str:
    """A name in small letters, without marks, words apart: `orderTotal (RUB)` is `order total rub`."""
    text = unicodedata.normalize("NFKC", name.replace("№", " номер ")).replace("ё", "е").replace("Ё", "Е")
    text = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", text)
    return " ".join(re.sub(r"[^\w%]|_", " ", text.casefold()).split())


@cache
def _tokens(plain: str) -> Tokens:
    """The words of a plain name without their endings, so that `клиента` is `клиент`."""
    return tuple(_stem(word) for word in plain.split())


def words_of(name: str) -> frozenset[str]:
    """The different words of a name, without their endings."""
    return frozenset(_tokens(plain_name(name)))


def _stem(word: str) -> str:
    cut = _ENDINGS.sub("", word)
    if len(cut) >= 3:
        return cut
    return word[:-1] if len(word) > 4 and word.endswith("s") else word


@cache
def _phrases(table: str, column: str) -> tuple[tuple[Tokens, float], ...]:
    """The names of a contract's column with the clearness of each."""
    own = [plain_name(column)]
    lists = _flat(_dictionary()["tables"][table].get(column, []))
    return tuple(_weighted([own, *lists]))


@cache
def _other_phrases(table: str) -> tuple[tuple[Tokens, float], ...]:
    """Names that look like those of a table and mean something else."""
    lists = _flat(
        [*_dictionary()["others"].get(table, []), *(_dictionary()["prices"] if table == "transactions" else [])]
    )
    return tuple((tokens, 1.0) for tokens, _ in _weighted(lists))


@cache
def _price_phrases() -> tuple[tuple[Tokens, float], ...]:
    return tuple(_weighted(_flat(_dictionary()["prices"])))


def _flat(lists: Iterable[Any]) -> list[list[str]]:
    """Lists of names; a list may stand for several by its anchor."""
    found: list[list[str]] = []
    for one in lists:
        found += _flat(one) if isinstance(one, list) else [[plain_name(name) for name in one.split(",")]]
    return found


def _weighted(lists: list[list[str]]) -> Iterator[tuple[Tokens, float]]:
    for number, names in enumerate(lists):
        # The contract's own name stands first and is as clear as the first list.
        clearness = 1.0 - _STEP * max(number - 1, 0)
        yield from ((_tokens(name), clearness) for name in names)


def name_fit(table: str, column: str, name: str) -> float:
    """How well a name fits a contract's column, in [0, 1]; 0 where it means something else.

    Args:
        table: The contract's table.
        column: Its column.
        name: What the export calls its column.
    """
    tokens = _tokens(plain_name(name))
    fit = _best(tokens, _phrases(table, column))
    return fit if fit > _best(tokens, _other_phrases(table)) or fit == 1.0 else 0.0


def merged_fit(table: str, column: str, name: str, hint: str) -> float:
    """How well a name and what a merged cell above it says fit a contract's column, in [0, 1].

    Args:
        table: The contract's table.
        column: Its column.
        name: The column's own name.
        hint: The same with the name above it.
    """
    above = hint.removesuffix(name).strip()
    if hint == name or not above or not hint.endswith(name) or not tells("generic", name):
        return max(name_fit(table, column, name), name_fit(table, column, hint))
    # A word such as Name or Code says nothing by itself: what stands above it tells whose it is.
    whole = name_fit(table, column, hint)
    return max(whole if whole >= CLEAR else 0.0, _UPPER * name_fit(table, column, above))


def told_by(table: str, name: str) -> bool:
    """Whether a column, though it is not read, tells that a file is this table."""
    return _best(_tokens(plain_name(name)), _phrases(table, "told_by")) >= CLEAR


def is_price(name: str) -> bool:
    """Whether a column is called like the price of one piece."""
    return _best(_tokens(plain_name(name)), _price_phrases()) >= CLEAR


@cache
def _all_phrases() -> frozenset[Tokens]:
    """The names of every column of every table, and those left alone on purpose, each with its words sorted."""
    named = [phrase for table, spec in TABLES.items() for name in spec.names for phrase, _ in _phrases(table, name)]
    others = [phrase for table in TABLES for phrase, _ in _other_phrases(table)]
    return frozenset(tuple(sorted(phrase)) for phrase in (*named, *others))


def is_known(name: str) -> bool:
    """Whether a name stands in the dictionary, for whatever column."""
    return tuple(sorted(_tokens(plain_name(name)))) in _all_phrases()


def is_personal(name: str) -> bool:
    """Whether a column is called like something of a person."""
    tokens = _tokens(plain_name(name))
    words = (_tokens(plain_name(word)) for word in _dictionary()["personal"].split(","))
    return any(_holds(tokens, word) for word in words)


def file_fit(table: str, name: str) -> bool:
    """Whether a file's or a sheet's name tells that it is this table."""
    known = {_stem(word.strip()) for word in _dictionary()["files"].get(table, "").split(",")}
    return bool(known & set(_tokens(re.sub(r"\d+", " ", plain_name(name)))))


def known_words(table: str, column: str, values: Iterable[str]) -> dict[str, list[str]]:
    """For a column with a fixed list of words: ours to theirs, as far as theirs are known.

    Args:
        table: The contract's table.
        column: Its column.
        values: The different words of the export.
    """
    lists: Mapping[str, str] = _dictionary()["words"].get(f"{table}.{column}", {})
    known = {_stem(word.strip()): ours for ours, words in lists.items() for word in words.split(",")}
    found: dict[str, list[str]] = {}
    for value in values:
        whole = value.strip().casefold()
        words = [_stem(whole), *(_stem(word) for word in plain_name(value).split())]
        ours = next((known[word] for word in words if word in known), None)
        if ours is not None:
            found.setdefault(ours, []).append(value)
    return found


@cache
def _named(kind: str) -> tuple[tuple[Tokens, float], ...]:
    return tuple(_weighted(_flat(_dictionary()[kind])))


def tells(kind: str, name: str) -> bool:
    """Whether a column tells what became of a row: its `states`, `operations`, whether it is `cancelled` or `paid`."""
    return any(tokens == _tokens(plain_name(name)) for tokens, _ in _named(kind))


def state_of(word: str) -> str:
    """What a word says of a row: `cancel`, `refund`, or nothing where it says both, neither or the contrary."""
    words = plain_name(word).split()
    if {"не", "not", "без", "no", "un"} & set(words) or any(part.startswith(("част", "part")) for part in words):
        return ""
    lists: Mapping[str, str] = _dictionary()["state_words"]
    told = [kind for kind, starts in lists.items() if any(part.startswith(_starts(starts)) for part in words)]
    return told[0] if len(told) == 1 else ""


def _starts(listed: str) -> tuple[str, ...]:
    return tuple(start.strip() for start in listed.split(","))


def is_anonymous(text: str) -> bool:
    """Whether a customer is called what a till calls one it does not know."""
    return plain_name(text) in {plain_name(phrase) for phrase in _dictionary()["anonymous"].split(",")}


def is_control(word: str) -> bool:
    """Whether a group of an experiment is called like the one that was left alone."""
    known = {name.strip() for name in _dictionary()["control"].split(",")}
    return bool({word.strip().casefold(), *plain_name(word).split()[:1]} & known)


def _best(tokens: Tokens, phrases: Iterable[tuple[Tokens, float]]) -> float:
    return max((_fit(tokens, phrase) * clearness for phrase, clearness in phrases), default=0.0)


def _fit(tokens: Tokens, phrase: Tokens) -> float:
    """1 for the same words, less for the same in another order, less for each word more."""
    if tokens == phrase:
        return 1.0
    if sorted(tokens) == sorted(phrase):
        return 0.97
    if len(tokens) <= len(phrase) or not _holds(tokens, phrase):
        return 0.0
    extra = [token for token in tokens if token not in phrase]
    weight = sum(0.3 if token in _NOISE or token.isdecimal() else 1.0 for token in extra)
    base = 0.9 if len(phrase) > 1 else 0.8
    return max(base - 0.12 * weight, 0.0)


def _holds(tokens: Tokens, phrase: Tokens) -> bool:
    """Whether the words of a phrase stand together among others."""
    size = len(phrase)
    return any(tokens[start : start + size] == phrase for start in range(len(tokens) - size + 1))
