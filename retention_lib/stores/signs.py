"""Signs and words that stand for a currency in an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD")
_CROWNS = ("SEK", "NOK", "DKK", "ISK", "CZK")
_BY_CODE = (*_DOLLARS[1:], *_CROWNS[:-1], "CHF", "JPY", "CNY", "AED", "UZS", "KGS", "HUF")

SIGNS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("₽", "руб.", "руб", "рублей", "р.", "р", "rub", "rur", "643", "810"), ("RUB",)),
    **dict.fromkeys(("$", "долл.", "долл"), _DOLLARS),
    **dict.fromkeys(("us$", "usd", "840"), ("USD",)),
    **dict.fromkeys(("€", "евро", "eur", "euro", "978"), ("EUR",)),
    **dict.fromkeys(("£", "gbp", "826"), ("GBP", "EGP")),
    **dict.fromkeys(("₸", "тг", "тг.", "тенге", "kzt", "398"), ("KZT",)),
    **dict.fromkeys(("br", "бел. руб.", "byn", "933"), ("BYN",)),
    **dict.fromkeys(("₴", "грн", "грн.", "uah", "980"), ("UAH",)),
    **dict.fromkeys(("¥", "円", "元"), ("JPY", "CNY")),
    **dict.fromkeys(("zł", "pln"), ("PLN",)),
    **dict.fromkeys(("kč", "czk"), ("CZK",)),
    **dict.fromkeys(("kr", "kr."), _CROWNS),
    **dict.fromkeys(("₺", "tl", "try"), ("TRY",)),
    **dict.fromkeys(("₹", "inr"), ("INR",)),
    **dict.fromkeys(("₾", "gel"), ("GEL",)),
    **dict.fromkeys(("֏", "amd"), ("AMD",)),
    **dict.fromkeys(("₼", "azn"), ("AZN",)),
    **dict.fromkeys(("₪", "ils"), ("ILS",)),
    **dict.fromkeys(("r$", "brl"), ("BRL",)),
    **{code.lower(): (code,) for code in _BY_CODE},
}
"""What a sign, in small letters, may stand for; the first is meant where the store's own currency is none of them.

The numbers are those of ISO 4217, by which 1C names currencies.
"""

BESIDE_AMOUNTS: tuple[str, ...] = tuple(sorted((sign for sign in SIGNS if not sign.isdecimal()), key=len, reverse=True))
"""The signs that may stand beside an amount, the longest first."""


def code_of(sign: str, home: str) -> str:
    """The currency a sign stands for in a store of the currency `home`."""
    codes = SIGNS[sign]
    return home if home in codes else codes[0]
