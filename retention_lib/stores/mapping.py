"""Which table a group of files is, and which of its columns are the contract's: by name, proven by content."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from retention_lib.settings.tables import TABLES, ColumnSpec, TableSpec
from retention_lib.stores.mapping_ids import holds_names, own_number, with_shared_ids
from retention_lib.stores.mapping_names import (
    CLEAR,
    file_fit,
    is_known,
    is_price,
    known_words,
    merged_fit,
    told_by,
)
from retention_lib.stores.survey_values import MOSTLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retention_lib.stores.survey import Group
    from retention_lib.stores.survey_values import ColumnValues

LEAST_FIT = 0.35
"""The fit of a name below which a column is not taken for one of ours."""

_CLOSE = 0.05
_BY_CONTENT = 0.3
_NAME_OF_PERSON = 0.75
_MOST_WORDS = 100


@dataclass(frozen=True, kw_only=True)
class ColumnGuess:
    """A column of a file taken for one of the contract.

    Attributes:
        ours: The contract's column.
        place: Its place in the file, from 0.
        fit: How well its name fits, in [0, 1].
        doubt: Why it may be the wrong one; empty when it is clear.
    """

    ours: str
    place: int
    fit: float
    doubt: str = ""


@dataclass(frozen=True, kw_only=True)
class TableGuess:
    """A group of files taken for a table of the contract.

    Attributes:
        table: The contract's table.
        group: The files.
        columns: Its columns by our name.
        missing: Required columns that were not found, each with the reason.
        metrics: For `outcomes`: our names of the measured columns to their places.
        score: How well it fits, to compare tables.
    """

    table: str
    group: Group
    columns: Mapping[str, ColumnGuess]
    missing: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, int] = field(default_factory=dict)
    score: float = 0.0


def mapped_tables(groups: Sequence[Group]) -> tuple[list[TableGuess], list[Group]]:
    """Which table each group of files is.

    Args:
        groups: Files of one form each.

    Returns:
        The guesses in the contract's order, one a table, and the groups that are none.
    """
    guesses = [guess for group in groups for guess in _guesses(group)]
    taken: dict[str, TableGuess] = {}
    used: set[int] = set()
    # The surest first; of two groups that fit one table alike, the one with more rows.
    for guess in sorted(guesses, key=lambda guess: (-guess.score, -_rows(guess.group))):
        if guess.table not in taken and id(guess.group) not in used:
            taken[guess.table] = guess
            used.add(id(guess.group))
    if "assignments" in taken and "outcomes" not in taken:
        outcomes = _outcomes_beside(taken["assignments"])
        taken |= {"outcomes": outcomes} if outcomes else {}
    found = with_shared_ids([taken[name] for name in TABLES if name in taken])
    return found, [group for group in groups if id(group) not in used]


def is_same_table(guess: TableGuess, group: Group) -> bool:
    """Whether a group that was not taken holds more rows of a table that was.

    Args:
        guess: The table.
        group: The group.
    """
    names, others = ({name.casefold() for name in one.leaf.names} for one in (guess.group, group))
    again = _guess(TABLES[guess.table], group)
    if names == others or guess.table != "transactions" or again is None or again.missing:
        return names == others
    return _surest(group) == guess.table


def _surest(group: Group) -> str:
    """The table that a group fits best."""
    return max(_guesses(group), key=lambda guess: guess.score).table


def _rows(group: Group) -> int:
    return max((column.rows for column in group.values), default=0)


def _guesses(group: Group) -> Iterator[TableGuess]:
    for spec in TABLES.values():
        guess = _guess(spec, group)
        if guess is not None:
            yield guess


def _guess(spec: TableSpec, group: Group) -> TableGuess | None:
    """A group taken for one table; None when it cannot be that table."""
    columns = _by_name(spec, group)
    if spec.name == "transactions":
        columns |= _by_content(columns, group)
        own = own_number(group.leaf.names, [values.repeated for values in group.values], columns)
        columns |= {} if own is None else {"order_id": ColumnGuess(ours="order_id", place=own, fit=_BY_CONTENT)}
    missing = {name: "" for name in spec.required if name not in columns}
    missing |= {one_of[0]: "" for one_of in spec.one_of if not any(name in columns for name in one_of)}
    metrics = _metrics(columns, group) if spec.open_columns else {}
    if not _is_enough(spec, columns, missing, group, metrics):
        return None
    score = _score(spec, columns, group)
    return TableGuess(table=spec.name, group=group, columns=columns, missing=missing, metrics=metrics, score=score)


def _is_enough(
    spec: TableSpec,
    columns: Mapping[str, ColumnGuess],
    missing: Mapping[str, str],
    group: Group,
    metrics: Mapping[str, int],
) -> bool:
    named = _told_by_file(spec.name, group)
    if spec.name == "transactions":
        clear = sum(1 for name in spec.required if name in columns and columns[name].fit >= LEAST_FIT)
        return (not missing and (clear > 0 or named)) or (len(missing) == 1 and (clear > 1 or named))
    if spec.name == "customers":
        single = not missing and group.values[columns["customer_id"].place].repeated <= 0.05
        return single and (len(columns) > 2 or (named and len(columns) > 1))
    if spec.name == "service":
        told = any(told_by(spec.name, hint) for hint in group.leaf.hints)
        return not missing and (named or told or "closed_at" in columns)
    if spec.name == "identities":
        return not missing and group.values[columns["kind"].place].is_word
    if spec.open_columns:
        return not missing and bool(metrics) and ("variant" not in _by_name(TABLES["assignments"], group))
    few = named and list(missing) == ["scale"]  # a survey rarely says its scale, and a person can add it
    return not missing or few


def _told_by_file(table: str, group: Group) -> bool:
    named = (group.leaf.sheet or "", *(path.stem for path in group.paths))
    return any(file_fit(table, name) for name in named)


def _score(spec: TableSpec, columns: Mapping[str, ColumnGuess], group: Group) -> float:
    required = [columns[name].fit if name in columns else 0.0 for name in spec.required]
    optional = sum(1 for name, guess in columns.items() if name not in spec.required and guess.fit >= CLEAR)
    told = sum(1 for hint in group.leaf.hints if told_by(spec.name, hint))
    named = 0.35 * _told_by_file(spec.name, group)
    lacking = 0.2 * (len(required) - sum(map(bool, required)))
    return sum(required) / len(required) - lacking + 0.05 * min(optional, 8) + 0.2 * min(told, 2) + named


def _by_name(spec: TableSpec, group: Group) -> dict[str, ColumnGuess]:
    """Columns whose names fit and whose values are of the right kind, the best fits first."""
    fits = {
        (column.name, place): fit
        for column in spec.columns
        for place in range(len(group.values))
        if (fit := _fit(spec.name, column, place, group)) >= LEAST_FIT
    }
    found: dict[str, ColumnGuess] = {}
    places: set[int] = set()
    for (ours, place), fit in sorted(fits.items(), key=lambda item: (-item[1], item[0][1])):
        if ours not in found and place not in places:
            found[ours] = ColumnGuess(ours=ours, place=place, fit=fit)
            places.add(place)
    return {name: _with_doubt(spec, found[name], fits, places, group) for name in spec.names if name in found}


def _fit(table: str, column: ColumnSpec, place: int, group: Group) -> float:
    """How well a column of a file fits one of ours, by its name and its values."""
    values, leaf = group.values[place], group.leaf
    fit = merged_fit(table, column.name, leaf.names[place], leaf.hints[place])
    if fit < LEAST_FIT or not _holds(table, column, values):
        return 0.0
    by_name = column.name == "customer_id" and values.person >= MOSTLY
    return max(_NAME_OF_PERSON * fit, LEAST_FIT) if by_name else fit


def _holds(table: str, column: ColumnSpec, values: ColumnValues) -> bool:
    """Whether values are of the kind that a column holds."""
    if values.filled == 0:
        fits = False
    elif column.choices:
        known = sum(map(len, known_words(table, column.name, values.texts).values()))
        fits = known >= 0.5 * len(values.texts) and len(values.texts) <= _MOST_WORDS
    elif column.kind in ("timestamp", "date"):
        fits = values.is_date
    elif column.kind == "boolean":
        fits = values.is_boolean
    elif column.kind != "text":
        fits = values.is_number
    else:
        fits = column.name == "month" or _is_text(column, values)
    return fits


def _is_text(column: ColumnSpec, values: ColumnValues) -> bool:
    """Whether values may be an id or words: no dates, no money, and digits in a number of an order."""
    if column.name == "order_id" and sum(any(map(str.isdigit, text)) for text in values.texts) < len(values.texts) / 2:
        return False
    money = values.is_number and values.numbers.fractions
    return not values.is_date and not (money and column.name.endswith(("_id", "currency", "channel")))


def _with_doubt(
    spec: TableSpec,
    guess: ColumnGuess,
    fits: Mapping[tuple[str, int], float],
    taken: set[int],
    group: Group,
) -> ColumnGuess:
    """The guess with what speaks against it."""
    names = group.leaf.names
    rivals = [
        names[place]
        for (ours, place), fit in fits.items()
        if ours == guess.ours and place not in taken and fit >= guess.fit - _CLOSE
    ]
    doubt, told = _doubt_of_content(spec, guess, group), spec.column(guess.ours).required or guess.ours == "order_id"
    if doubt:
        return replace(guess, doubt=doubt)
    if rivals and told:
        doubt = f"{names[guess.place]} was taken; it may also be {' or '.join(rivals[:3])}: then write that name here."
    elif guess.fit < CLEAR and guess.ours != "customer_id" and spec.column(guess.ours).required:
        doubt = f"only the name speaks for {names[guess.place]}; write another column's name if it is the wrong one."
    return replace(guess, doubt=doubt)


def _doubt_of_content(spec: TableSpec, guess: ColumnGuess, group: Group) -> str:
    values, name = group.values[guess.place], group.leaf.names[guess.place]
    empty = 1 - values.filled / values.rows if values.rows else 0.0
    if guess.ours == "customer_id" and values.typed == "number" and len({len(text) for text in values.texts}) > 1:
        return f"{name} is kept as numbers: leading zeros of ids, if there were any, are lost; export it as text."
    if guess.ours == "customer_id" and holds_names(name, values):
        return (
            f"{name} holds names: two people of one name become one customer, and one person spelt two ways two; "
            "write the column of a code, a card or a phone if the export has one."
        )
    if guess.ours == "customer_id" and values.email >= MOSTLY:
        return f"{name} holds e-mail addresses: they serve as ids, hashed on the pages; a customer's code is better."
    if spec.column(guess.ours).required and empty > 0.2:
        if guess.ours == "customer_id":
            return f"{empty:.0%} of the rows have no customer; reports leave them out of cohorts and say their share."
        lines = " (an export that has it on the first line of each order only?)" if spec.name == "transactions" else ""
        return f"{empty:.0%} of the rows have no {name} and are set aside{lines}; is it the right column?"
    return ""


def _by_content(columns: Mapping[str, ColumnGuess], group: Group) -> dict[str, ColumnGuess]:
    """For sales: required columns that no name tells and only one column of the file can be."""
    taken, names = {guess.place for guess in columns.values()}, group.leaf.names
    free = [place for place, name in enumerate(names) if place not in taken and (is_price(name) or not is_known(name))]
    found: dict[str, ColumnGuess] = {}
    if "amount" not in columns:
        found |= _price_for_amount(columns, free, group)
    candidates = {
        "ordered_at": [place for place in free if group.values[place].is_date],
        "amount": [place for place in free if _is_money(place, group)],
        "customer_id": [place for place in free if _is_customer(place, group)],
    }
    for ours, places in candidates.items():
        if ours in columns or ours in found or len(places) != 1:
            continue
        name = group.leaf.names[places[0]]
        kind = {"ordered_at": "dates", "amount": "money", "customer_id": "codes that come back"}[ours]
        doubt = f"no name tells; {name} is the only column with {kind}. Write another column's name if it is wrong."
        found[ours] = ColumnGuess(ours=ours, place=places[0], fit=_BY_CONTENT, doubt=doubt)
    return found


def _price_for_amount(columns: Mapping[str, ColumnGuess], free: Sequence[int], group: Group) -> dict[str, ColumnGuess]:
    """The price as the amount, where every row is of one piece."""
    prices = [place for place in free if is_price(group.leaf.names[place]) and group.values[place].is_number]
    quantity = columns.get("quantity")
    if len(prices) != 1 or (quantity is not None and set(group.values[quantity.place].texts) != {"1"}):
        return {}
    name = group.leaf.names[prices[0]]
    doubt = f"{name} is called like the price of one piece; right only where each row is one piece."
    return {"amount": ColumnGuess(ours="amount", place=prices[0], fit=_BY_CONTENT, doubt=doubt)}


def _is_money(place: int, group: Group) -> bool:
    values = group.values[place]
    return values.is_number and values.numbers.fractions and not is_price(group.leaf.names[place])


def _is_customer(place: int, group: Group) -> bool:
    values = group.values[place]
    timed = values.is_date or values.is_clock
    coded = not timed and not values.numbers.fractions and not values.is_word and not values.is_boolean
    return coded and 0.2 <= values.repeated <= 0.98


def _metrics(columns: Mapping[str, ColumnGuess], group: Group) -> dict[str, int]:
    """For results of an experiment: the columns with numbers, by usable names."""
    from retention_lib.stores.mapping_names import plain_name

    taken = {guess.place for guess in columns.values()}
    found: dict[str, int] = {}
    for place, name in enumerate(group.leaf.names):
        values = group.values[place]
        if place in taken or not (values.is_number or values.is_boolean) or not values.filled:
            continue
        ours = plain_name(name).replace(" ", "_")
        usable = ours.isascii() and ours[:1].isalpha() and ours.replace("_", "").isalnum() and len(ours) <= 60
        known = usable and ours not in found and ours not in TABLES["outcomes"].names
        found[ours if known else f"metric_{place + 1}"] = place
    return found


def _outcomes_beside(guess: TableGuess) -> TableGuess | None:
    """Results that stand in the same file as the groups of an experiment."""
    metrics = _metrics(guess.columns, guess.group)
    columns = {name: guess.columns[name] for name in TABLES["outcomes"].names if name in guess.columns}
    if not metrics or len(columns) < 2:
        return None
    return TableGuess(table="outcomes", group=guess.group, columns=columns, metrics=metrics, score=guess.score)
