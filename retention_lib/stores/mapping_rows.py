"""What the rows of guessed sales show that no single column does: money by word, repeated numbers, equal rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from retention_lib.stores.mapping_notation import table_numbers
from retention_lib.stores.survey_numbers import number_of
from retention_lib.stores.survey_values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retention_lib.stores.mapping import TableGuess

_TIME_OF_DAY = re.compile(r"[ T,]*\d{1,2}:\d{2}.*$", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Rows and their money.

    Attributes:
        rows: Rows looked at (count).
        money: The sum of their amounts.
        positive: Those with an amount above zero (count).
    """

    rows: int = 0
    money: Decimal = Decimal(0)
    positive: int = 0

    def with_row(self, amount: Decimal | None) -> Tally:
        """The same with one row more."""
        above = amount is not None and amount > 0
        return Tally(rows=self.rows + 1, money=self.money + (amount or 0), positive=self.positive + above)

    @property
    def shown(self) -> str:
        """How many rows with how much money, in words."""
        return f"{self.rows:,} row{'' if self.rows == 1 else 's'} looked at, {self.money:,.2f} of money"


@dataclass(frozen=True, kw_only=True)
class SalesRow:
    """One row of sales as it was looked at.

    Attributes:
        file: The place of its file.
        cells: Its cells as text; empty where there is nothing.
        amount: Its money; None where that is no number.
        day: Its day as the file writes it; empty where it has none that compares with the others.
    """

    file: int
    cells: tuple[str, ...]
    amount: Decimal | None
    day: str


@dataclass(frozen=True, kw_only=True)
class OrderNumbers:
    """How the numbers of orders stand among the rows.

    Attributes:
        orders: Different numbers with money above zero (count).
        several_days: Those that stand on several days (count).
        several_customers: Those on several days that belong to several customers (count).
        several_rows: Those with rows that differ (count).
    """

    orders: int
    several_days: int
    several_customers: int
    several_rows: int


def sales_rows(guess: TableGuess) -> list[SalesRow]:
    """The rows of guessed sales as they were looked at.

    Args:
        guess: The sales.
    """
    return list(_sales_rows(guess))


def _sales_rows(guess: TableGuess) -> Iterator[SalesRow]:
    amount = guess.columns["amount"].place if "amount" in guess.columns else None
    day = guess.columns["ordered_at"].place if "ordered_at" in guess.columns else None
    typed = day is not None and guess.group.values[day].typed == "date"
    decimal = table_numbers(guess).decimal
    for file, leaf in enumerate(guess.group.leaves):
        for cells in zip(*leaf.cells, strict=True):
            yield SalesRow(
                file=file,
                cells=tuple("" if cell is None else as_text(cell) for cell in cells),
                amount=None if amount is None else number_of(cells[amount], decimal),
                day="" if day is None else _day(cells[day], typed=typed),
            )


def _day(cell: Any, *, typed: bool) -> str:
    """The day of a cell, without the time of day; empty for text among typed dates, which is written otherwise."""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    return "" if cell is None or typed else _TIME_OF_DAY.sub("", as_text(cell))


def tallies(rows: list[SalesRow], place: int) -> dict[str, Tally]:
    """Rows and money by the values of a column.

    Args:
        rows: The rows.
        place: The column's place.
    """
    found: dict[str, Tally] = {}
    for row in rows:
        found[row.cells[place]] = found.get(row.cells[place], Tally()).with_row(row.amount)
    return found


def order_numbers(guess: TableGuess, rows: list[SalesRow]) -> OrderNumbers:
    """How the numbers of orders stand among the rows with money above zero.

    Args:
        guess: The sales, with a column of order numbers.
        rows: Their rows.
    """
    order = guess.columns["order_id"].place
    customer = guess.columns["customer_id"].place if "customer_id" in guess.columns else None
    days, customers, lines = dict[str, set[str]](), dict[str, set[str]](), dict[str, set[tuple[str, ...]]]()
    for row in rows:
        number = row.cells[order]
        if not number or row.amount is None or row.amount <= 0:
            continue
        days.setdefault(number, set()).update([row.day] if row.day else [])
        lines.setdefault(number, set()).add(row.cells)
        owner = "" if customer is None else row.cells[customer]
        customers.setdefault(number, set()).update([owner] if owner else [])
    several = [number for number, seen in days.items() if len(seen) > 1]
    return OrderNumbers(
        orders=len(days),
        several_days=len(several),
        several_customers=sum(1 for number in several if len(customers[number]) > 1),
        several_rows=sum(1 for seen in lines.values() if len(seen) > 1),
    )


def equal_rows(guess: TableGuess, rows: list[SalesRow]) -> Tally:
    """Rows that repeat one of the same file in every column that is read, with an order's number and money.

    Args:
        guess: The sales, with a column of order numbers.
        rows: Their rows.
    """
    order = guess.columns["order_id"].place
    read = [column.place for column in guess.columns.values()]
    read += [guess.group.clocks[place] for place in read if place in guess.group.clocks]
    seen: Counter[tuple[Any, ...]] = Counter()
    found = Tally()
    for row in rows:
        if not row.cells[order] or row.amount is None:
            continue
        key = (row.file, *(row.cells[place] for place in read))
        seen[key] += 1
        found = found.with_row(row.amount) if seen[key] > 1 else found
    return found
