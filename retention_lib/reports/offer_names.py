"""What offers are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.reports.words import N_, Words

OFFERS: Mapping[str, str] = MappingProxyType(
    {
        "none": N_("no offer"),
        "auto": N_("chosen for each customer"),
        "several": N_("chosen for each customer"),
        "leave_alone": N_("leave alone"),
    }
)


def offer_name(offer: str, words: Words) -> str:
    """An offer as pages call it; one of the shop's own by its name.

    Args:
        offer: The offer.
        words: The reader's language.
    """
    return words.say(OFFERS[offer]) if offer in OFFERS else offer.replace("_", " ")
