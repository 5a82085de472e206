"""Currencies as people write them, and amounts of several currencies brought to the store's own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from retention_lib.stores.engine import rows
from retention_lib.stores.errors import DataError
from retention_lib.stores.numbers import MONEY
from retention_lib.stores.shapes import shape
from retention_lib.stores.signs import SIGNS, code_of
from retention_lib.stores.terms import NO_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

_RATE = dt.Decimal(20, 10)
_MOST_NAMED = 5


def named_currency(source: ir.StringValue, home: str) -> ir.StringValue:
    """The code of each currency a column names; a word that is none stays as it is written.

    Args:
        source: The column as text; null where a row names none.
        home: The store's currency, which decides what a sign of several currencies stands for.
    """
    codes = {sign: code_of(sign, home) for sign in SIGNS}
    word = source.lower()
    return ibis.cases(
        *((word.isin([sign for sign in codes if codes[sign] == code]), code) for code in sorted(set(codes.values()))),
        else_=source.upper(),
    )


def check_signs(source: Source, signs: Iterable[str], terms: Terms) -> None:
    """Check that the signs beside amounts stand for one currency, the store's own.

    Args:
        source: The table's source.
        signs: The signs found beside the amounts of a table without a column `currency`.
        terms: The store's terms.

    Raises:
        DataError: Naming the currencies.
    """
    codes = sorted({code_of(sign, terms.currency) for sign in signs})
    remedy = "name each row's in a column, by tables.transactions.columns.currency, with exchange_rates of the store"
    if source.table != "transactions":
        remedy = f"export {source.table} in the store's currency"
    if len(codes) > 1:
        raise DataError(
            f"{source.place}: amounts stand in {_listed(codes)}, and currencies are never added up; {remedy}"
        )
    if codes and terms.currency not in (NO_CURRENCY, *codes):
        raise DataError(
            f"{source.place}: amounts stand in {codes[0]} and the store's currency is {terms.currency}; "
            f"set currency to {codes[0]}, or {remedy}"
        )


def foreign_currencies(
    source: Source, raw: ir.Table, currency: ir.StringValue, terms: Terms, engine: Backend
) -> set[str]:
    """The currencies other than the store's own that rows are in; each has a rate.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        currency: The code of each row's currency; null stands for the store's own.
        terms: The store's terms.
        engine: Where the rows are.

    Raises:
        DataError: When one has no rate, or several stand in a store whose own currency is not known.
    """
    found = {row["code"] for row in rows(engine, raw.select(code=currency).distinct()) if row["code"] is not None}
    if terms.currency == NO_CURRENCY:
        if len(found) > 1:
            raise DataError(
                f"{source.place}: amounts stand in {_listed(found)}, and currencies are never added up; "
                "set currency and exchange_rates of the store"
            )
        return set()
    foreign = found - {terms.currency}
    unknown = foreign - set(terms.exchange_rates)
    if unknown:
        raise DataError(
            f"{source.place}: amounts stand in {_listed(unknown)} and not in {terms.currency} alone, and currencies "
            f"are never added up; write what one unit is worth in {terms.currency} under exchange_rates of the store"
        )
    return foreign


def converted(value: ir.DecimalValue, currency: ir.StringValue, rates: Mapping[str, Decimal]) -> ir.DecimalValue:
    """Money in the store's currency, rounded half up to four digits; null where it grows too large.

    Args:
        value: The money as it is written.
        currency: The code of each row's currency.
        rates: What one unit of each foreign currency is worth.
    """
    branches = [
        (currency == code, (value * ibis.literal(rate, type=_RATE)).try_cast(MONEY)) for code, rate in rates.items()
    ]
    return ibis.cases(*branches, else_=value)


def _listed(codes: Iterable[str]) -> str:
    """Some codes for a sentence; what is no code is shown by its shape alone, for it may be anything."""
    shown = sorted({code if re.fullmatch("[A-Z]{3}", code) else f"{shape(code)!r}" for code in codes})
    if len(shown) > _MOST_NAMED:
        return f"{', '.join(shown[:_MOST_NAMED])} and {len(shown) - _MOST_NAMED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
