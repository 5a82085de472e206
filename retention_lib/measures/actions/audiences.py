"""Audiences for advertising: the addresses of customers as hashes, in the form that ad platforms take."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

if TYPE_CHECKING:
    from retention_lib.stores.listed import ListedExperiment
    from retention_lib.stores.store import Store

EMAIL_COLUMN = "Email"
"""The only column of an audience, by the name that ad platforms know it by."""

ADS = "ads"
"""The channel that takes an audience of hashed addresses and no message."""

CHANNELS = ("email", "sms", "messenger", ADS)
"""The channels that a customer can agree to, as columns of the people."""

_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Audience:
    """The addresses of a list, to be loaded into an ad platform.

    Attributes:
        scenario: The list's scenario.
        table: One row an address, ordered: `Email` (SHA-256 of the trimmed address in small letters, in hexadecimal
            digits).
        customers: Customers of the list who are in it (count).
        without_address: Customers of the list who are not: no address is known, they do not agree, or it is that of
            somebody who is to be left alone (count).
    """

    scenario: str
    table: pd.DataFrame
    customers: int
    without_address: int

    def to_frame(self) -> pd.DataFrame:
        """The addresses."""
        return self.table


def hashed_email(address: str) -> str | None:
    """An e-mail address as ad platforms compare it: trimmed, in small letters, SHA-256 in hexadecimal digits.

    Args:
        address: The address as the shop holds it.

    Returns:
        64 hexadecimal digits in small letters; None for a text that is no address.

    References:
        FIPS 180-4, Secure Hash Standard, section 6.2.
    """
    plain = address.strip().lower()
    return hashlib.sha256(plain.encode()).hexdigest() if _ADDRESS.fullmatch(plain) else None


def known_addresses(store: Store, customers: ir.Table) -> pd.DataFrame:
    """The e-mail addresses of some customers, as hashes.

    Args:
        store: The store.
        customers: Table with `customer_id`.

    Returns:
        `customer_id`, `email` (hash), ordered; no row where the store has no table of identities.
    """
    identities = store.find("identities")
    if identities is None:
        return pd.DataFrame({"customer_id": [], "email": []}, dtype=object)
    named = identities.filter(identities.kind == "email", identities.value.notnull()).semi_join(
        customers, "customer_id"
    )
    rows = named.select("customer_id", address=named.value).distinct().to_pandas()
    hashes = pd.DataFrame(
        {"customer_id": rows["customer_id"], "email": [hashed_email(text) for text in rows["address"]]}
    )
    return hashes.dropna().drop_duplicates().sort_values(["customer_id", "email"]).reset_index(drop=True)


def audience(listed: pd.DataFrame, addresses: pd.DataFrame, *, scenario: str, control: str) -> Audience:
    """The audience of a list: addresses of those who are to see it, none of those who are to be left alone.

    Args:
        listed: The list: `customer_id`, `variant`, `agreed` (bool: by now).
        addresses: From `known_addresses`.
        scenario: The list's scenario.
        control: The arm that is left alone.
    """
    held = set(listed.loc[listed["variant"] == control, "customer_id"])
    alone = set(addresses.loc[addresses["customer_id"].isin(held), "email"])
    shown = set(listed.loc[(listed["variant"] != control) & listed["agreed"], "customer_id"])
    kept = addresses[addresses["customer_id"].isin(shown) & ~addresses["email"].isin(alone)]
    reached = kept["customer_id"].nunique()
    return Audience(
        scenario=scenario,
        table=pd.DataFrame({EMAIL_COLUMN: sorted(set(kept["email"]))}, dtype=object),
        customers=reached,
        without_address=int((listed["variant"] != control).sum()) - reached,
    )


def agreed(table: pd.DataFrame, now: pd.DataFrame) -> pd.Series:
    """Whether customers may be contacted by their channel as things are now.

    Args:
        table: `channel`.
        now: The same rows: a column of truth values a channel.
    """
    said = pd.Series(False, index=table.index)
    for channel in CHANNELS:
        said |= (table["channel"] == channel) & now[channel]
    return said


def audiences(
    store: Store, table: pd.DataFrame, may: pd.Series, experiments: Sequence[ListedExperiment]
) -> tuple[Audience, ...]:
    """The audience of each list that goes by advertising.

    Args:
        store: The store.
        table: The customers of all lists: customer_id, scenario, variant, channel.
        may: Whether each of its rows may be contacted as things are now.
        experiments: What is known of each list.
    """
    shown = table[table["channel"] == ADS]
    if shown.empty:
        return ()
    ids = ibis.memtable(shown[["customer_id"]].astype(object), schema={"customer_id": "string"}).distinct()
    addresses = known_addresses(store, ids)
    rows = shown.assign(agreed=may[shown.index])
    lists = [about for about in experiments if (rows["scenario"] == about.scenario).any()]
    return tuple(
        audience(rows[rows["scenario"] == about.scenario], addresses, scenario=about.scenario, control=about.control)
        for about in lists
    )
