"""Ids settled by their values: a customer's that sales know too, and the number that a row of sales has of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention_lib.stores.mapping_names import plain_name, tells
from retention_lib.stores.shapes import shape
from retention_lib.stores.survey_values import MOSTLY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retention_lib.stores.mapping import ColumnGuess, TableGuess
    from retention_lib.stores.survey_values import ColumnValues

_SHARED, _FOREIGN = 0.5, 0.1
_OWN = frozenset({"id", "ид"})
_FEW = 20
_LINES = ("product_id", "line_id", "quantity")


def with_shared_ids(guesses: Sequence[TableGuess]) -> list[TableGuess]:
    """Tables whose customer ids are those of sales, where another column of theirs holds these and theirs does not.

    Args:
        guesses: The tables.
    """
    sales = next((guess for guess in guesses if guess.table == "transactions"), None)
    if sales is None or "customer_id" not in sales.columns:
        return list(guesses)
    known = frozenset(_texts(sales, sales.columns["customer_id"].place))
    return [
        guess if guess is sales or "customer_id" not in guess.columns else _shared(guess, known) for guess in guesses
    ]


def _shared(guess: TableGuess, known: frozenset[str]) -> TableGuess:
    """The table with the column whose values sales know for its customers."""
    chosen = guess.columns["customer_id"]
    if _overlap(guess, chosen.place, known) > _FOREIGN:
        return guess
    taken = {column.place for ours, column in guess.columns.items() if ours != "customer_id"} | {
        *guess.metrics.values()
    }
    shares = {place: _overlap(guess, place, known) for place in _ids(guess) if place not in taken}
    best = max(shares, key=lambda place: shares[place], default=chosen.place)
    met = shares.get(best, 0.0) >= _SHARED
    settled = replace(chosen, place=best, doubt="") if met else _apart(guess, chosen, known)
    return replace(guess, columns={**guess.columns, "customer_id": settled})


def _apart(guess: TableGuess, chosen: ColumnGuess, known: frozenset[str]) -> ColumnGuess:
    """The column with a doubt when its values hardly stand among the customers of sales."""
    texts = _texts(guess, chosen.place)
    if chosen.doubt or min(len(texts), len(known)) < _FEW:
        return chosen
    name = guess.group.leaf.names[chosen.place]
    doubt = (
        f"hardly any value of {name} (like {shape(max(texts))}) is a customer of the sales (like {shape(max(known))}), "
        "and the tables would not meet; export both with the same ids."
    )
    return replace(chosen, doubt=doubt)


def _ids(guess: TableGuess) -> list[int]:
    """Columns that may hold ids; those of a table of customers come once."""
    once = 0.05 if guess.table == "customers" else 1.0
    columns = enumerate(guess.group.values)
    return [n for n, values in columns if values.filled and not values.is_date and values.repeated <= once]


def _overlap(guess: TableGuess, place: int, known: frozenset[str]) -> float:
    """Share of the fewer of both that stand on the other side too, in [0, 1]."""
    texts = frozenset(_texts(guess, place))
    return len(texts & known) / min(len(texts), len(known)) if texts and known else 0.0


def _texts(guess: TableGuess, place: int) -> tuple[str, ...]:
    return guess.group.values[place].texts


def holds_names(name: str, values: ColumnValues) -> bool:
    """Whether ids are names of people or firms: by the values, or by the column's name where they are words.

    Args:
        name: The column's name.
        values: What it holds.
    """
    words = sum(1 for text in values.texts if _is_words(text))
    called = tells("names", name) and words >= MOSTLY * len(values.texts)
    return not values.is_number and (values.person >= MOSTLY or called)


def _is_words(text: str) -> bool:
    return "@" not in text and sum(map(str.isalpha, text)) > max(sum(map(str.isdigit, text)), 2)


def own_number(names: Sequence[str], repeated: Sequence[float], columns: Mapping[str, ColumnGuess]) -> int | None:
    """The place of the column that numbers the rows of sales, where each row is a whole order; None without one.

    Args:
        names: The names of the file's columns.
        repeated: The share of each column's values that were there before.
        columns: What was found by name.
    """
    if "order_id" in columns or any(name in columns for name in _LINES):
        return None
    taken = {column.place for column in columns.values()}
    places = [n for n, name in enumerate(names) if n not in taken and plain_name(name) in _OWN]
    return next((place for place in places if repeated[place] <= _FOREIGN), None)
