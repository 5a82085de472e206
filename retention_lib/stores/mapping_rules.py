"""Rules of drafted sales that their rows tell: what is no sale, what is a refund, who is nobody, which rows repeat."""

from __future__ import annotations

import re
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from retention_lib.settings.draft_rules import DraftRule
from retention_lib.stores.mapping_names import is_anonymous, state_of, tells
from retention_lib.stores.mapping_notation import table_numbers
from retention_lib.stores.mapping_rows import Tally, equal_rows, order_numbers, sales_rows, tallies
from retention_lib.stores.shapes import shape
from retention_lib.stores.survey_numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retention_lib.stores.mapping import TableGuess
    from retention_lib.stores.mapping_rows import OrderNumbers, SalesRow

_DAILY, _PARTS, _LINES = 0.1, 0.02, 0.05
_DOMINANT, _TIMES_USUAL = 0.05, 10
_ONE_DIGIT = re.compile(r"0+|([1-9])\1{3,}", re.ASCII)
_NO = frozenset({"нет", "no", "false", "n", "0", "ложь", "f"})
_LISTED = 6

Words = dict[str, list[str]]


def sales_rules(guess: TableGuess) -> tuple[DraftRule, ...]:
    """The rules of guessed sales, each with a doubt; none for another table.

    Args:
        guess: The table.
    """
    if guess.table != "transactions" or "amount" not in guess.columns:
        return ()
    rows = sales_rows(guess)
    ordered = "order_id" in guess.columns
    numbers = order_numbers(guess, rows) if ordered else None
    return (
        *(_daily(guess, numbers) if numbers else ()),
        *(_repeats(guess, rows, numbers) if numbers else ()),
        *_states(guess, rows),
        *_anonymous(guess, rows),
    )


def cancelled_doubts(guess: TableGuess, rules: Sequence[DraftRule]) -> tuple[str, ...]:
    """A doubt where only a date tells that an order was cancelled: no rule can leave such rows out.

    Args:
        guess: The table.
        rules: Its rules.
    """
    if guess.table != "transactions" or any(rule.key == "without" and rule.active for rule in rules):
        return ()
    names, values = guess.group.leaf.names, guess.group.values
    places = [n for n, name in enumerate(names) if tells("cancelled_at", name) and values[n].is_date]
    if not places:
        return ()
    dated = Tally()
    for row in sales_rows(guess):
        dated = dated.with_row(row.amount) if row.cells[places[0]] else dated
    told = f"{names[places[0]]} is filled in {dated.shown}: such orders stay in as sales"
    return (f"{told}; leave them out of the export, or name a column that says it in a line like without.",)


def refunded_doubts(guess: TableGuess) -> tuple[str, ...]:
    """A doubt where money given back stands in a column of its own, which no rule subtracts.

    Args:
        guess: The table.
    """
    if guess.table != "transactions":
        return ()
    names, decimal = guess.group.leaf.names, table_numbers(guess).decimal
    taken = {column.place for column in guess.columns.values()}
    for place in (n for n, name in enumerate(names) if n not in taken and tells("refunded", name)):
        back = [
            number_of(cell, decimal) for leaf in guess.group.leaves for cell in leaf.cells[place] if cell is not None
        ]
        money = sum((abs(one) for one in back if one), Decimal(0))
        if money:
            told = f"{money:,.2f} of money given back stands in {names[place]} and is not subtracted from the sales"
            return (f"{told}; export refunds as rows of their own, or a column of the money less refunds.",)
    return ()


def _daily(guess: TableGuess, numbers: OrderNumbers) -> Iterator[DraftRule]:
    """Numbers of orders that begin anew, as those of a till do."""
    if "customer_id" not in guess.columns or numbers.several_days < _PARTS * numbers.orders:
        return
    name = guess.group.leaf.names[guess.columns["order_id"].place]
    seen = f"{numbers.several_days:,} of {numbers.orders:,} numbers of {name} stand on several days"
    anew = numbers.several_days >= _DAILY * numbers.orders and 2 * numbers.several_customers >= numbers.several_days
    told = (
        f"{seen}, {numbers.several_customers:,} of them with several customers: the number begins anew, and an order "
        "is the number and its day; write unique if one number is one order for ever."
        if anew
        else f"{seen}: orders in parts, or numbers that begin anew? Take the # away if each day has orders of its own."
    )
    yield DraftRule(key="order_numbers", value="daily", doubt=told, active=anew)


def _repeats(guess: TableGuess, rows: list[SalesRow], numbers: OrderNumbers) -> Iterator[DraftRule]:
    """Equal rows of one file, where a row is a line of an order and has no id of its own."""
    if "line_id" in guess.columns or numbers.several_rows < _LINES * numbers.orders:
        return
    equal = equal_rows(guess, rows)
    if equal.rows:
        doubt = (
            f"rows that stand again in the same file ({equal.shown}) are kept, as one product scanned twice, and only "
            "those that another file repeats are dropped; write merge if such rows are a fault of the export."
        )
        yield DraftRule(key="duplicates", value="across_files", doubt=doubt)


def _states(guess: TableGuess, rows: list[SalesRow]) -> Iterator[DraftRule]:
    """Rows that were never sold or were given back, by the columns that say so."""
    without, refunds, unsure = dict[str, list[str]](), dict[str, list[str]](), dict[str, list[str]]()
    tallied: dict[tuple[str, str], Tally] = {}
    for place in _state_places(guess):
        name, found = guess.group.leaf.names[place], tallies(rows, place)
        tallied |= {(name, word): tally for word, tally in found.items()}
        for word in filter(None, found):
            kind = _judged(name, word, found[word])
            if kind:
                {"without": without, "refunds": refunds, "unsure": unsure}[kind].setdefault(name, []).append(word)
    if without:
        yield _left_out(without, tallied)
    if refunds:
        doubt = (
            f"rows with {_counted(refunds, tallied)} are taken for refunds, and their money counts as negative; take "
            "the line out if they are not."
        )
        yield DraftRule(key="refunds", value=refunds, doubt=doubt)
    if unsure:
        yield _unsure(unsure, without, tallied)


def _left_out(without: Words, tallied: Mapping[tuple[str, str], Tally]) -> DraftRule:
    doubt = (
        f"rows with {_counted(without, tallied)} are left out, for nothing was sold; take the line out if their money "
        "is revenue."
    )
    return DraftRule(key="without", value=without, doubt=doubt)


def _unsure(unsure: Words, without: Words, tallied: Mapping[tuple[str, str], Tally]) -> DraftRule:
    """Words that may mean no sale, as a line that can take the place of the one above."""
    both = {name: [*without.get(name, ()), *unsure.get(name, ())] for name in dict.fromkeys((*without, *unsure))}
    instead = "put this line in the place of the one above" if without else "take the # away"
    doubt = f"rows with {_counted(unsure, tallied)} stay in as sales; to leave them out, {instead}."
    return DraftRule(key="without", value=both, doubt=doubt, active=False)


def _state_places(guess: TableGuess) -> list[int]:
    """Columns of few words that no column of ours is."""
    taken = {column.place for column in guess.columns.values()}
    columns = enumerate(guess.group.values)
    return [n for n, values in columns if n not in taken and values.is_word and not values.is_personal]


def _judged(name: str, word: str, tally: Tally) -> str:
    """Whether rows of a word are left out, are refunds, may be one of both (`unsure`), or are ordinary sales."""
    if tells("cancelled", name) or tells("paid", name):
        no = word.casefold() in _NO
        plain = not no and word.casefold() in ("да", "yes", "true", "y", "1", "истина", "t")
        return ("without" if plain else "") if tells("cancelled", name) else ("unsure" if no else "")
    state = state_of(word)
    known = tells("states", name) or tells("operations", name)
    if state == "cancel":
        return "without" if known else "unsure"
    if state == "refund" and tells("operations", name):
        return "refunds" if tally.positive else ""
    # The money of an order that was given back later stands here once, as a sale: it is no refund of another row.
    return "unsure" if state == "refund" and tally.positive else ""


def _counted(words: Words, tallied: Mapping[tuple[str, str], Tally]) -> str:
    listed = [f"{name} {word} ({tallied[name, word].shown})" for name, own in words.items() for word in own]
    more = f" and {len(listed) - _LISTED} more words" if len(listed) > _LISTED else ""
    return f"{', '.join(listed[:_LISTED])}{more}"


def _anonymous(guess: TableGuess, rows: list[SalesRow]) -> Iterator[DraftRule]:
    """Customer ids that name nobody: those of a till for buyers without a card."""
    if "customer_id" not in guess.columns:
        return
    place = guess.columns["customer_id"].place
    name, found = guess.group.leaf.names[place], tallies(rows, place)
    found.pop("", None)
    if not found:
        return
    usual = median(tally.rows for tally in found.values())
    named = _ids_named_so(guess, rows, place)
    shown, hidden = list[str](), list[str]()
    for word, tally in found.items():
        many = tally.rows > _TIMES_USUAL * usual
        if is_anonymous(word) or (_ONE_DIGIT.fullmatch(word) and (many or word in named)):
            shown.append(word)
        elif word in named or (many and tally.rows > _DOMINANT * len(rows)):
            hidden.append(word)
    if shown:
        listed = ", ".join(f"{word} ({found[word].shown})" for word in shown[:_LISTED])
        doubt = f"{name} {listed} names nobody, and such rows have no customer; take it out if it is one customer."
        yield DraftRule(key="anonymous", value=shown, doubt=doubt)
    if hidden:
        yield _hidden(name, shown, hidden, found)


def _hidden(name: str, shown: Sequence[str], hidden: Sequence[str], found: Mapping[str, Tally]) -> DraftRule:
    """Ids that may be somebody's: only their shapes stand in the file."""
    rows = sum(tally.rows for tally in found.values())
    listed = ", ".join(
        f"{shape(word)} ({found[word].shown}, {found[word].rows / rows:.0%} of all with a customer)"
        for word in hidden[:_LISTED]
    )
    doubt = (
        f"one {name} of this shape stands for many buyers, or is one very large: {listed}; if it names nobody, write "
        "it here, take the # away and let this line be the only one of its name."
    )
    return DraftRule(key="anonymous", value=[*shown, *map(shape, hidden)], doubt=doubt, active=False)


def _ids_named_so(guess: TableGuess, rows: list[SalesRow], place: int) -> frozenset[str]:
    """Ids all of whose rows carry, in another column, what a till calls a customer it does not know."""
    taken = {column.place for ours, column in guess.columns.items() if ours != "product_id"}
    others = [
        n for n, values in enumerate(guess.group.values) if n not in taken and any(map(is_anonymous, values.texts))
    ]
    named, plain = set[str](), set[str]()
    for other in others:
        for row in rows:
            (named if is_anonymous(row.cells[other]) else plain).add(row.cells[place])
    return frozenset(named - plain - {""})
