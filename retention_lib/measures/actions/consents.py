"""By which channels customers may be written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import day_start

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext

CONSENTED = ("email", "sms", "messenger")
"""The channels customers agree to; an audience for advertising needs the consent to e-mails and an address."""

_NO_LETTER = re.compile(r"[^a-z]")


def consents_known(context: TriggerContext) -> bool:
    """Whether the store knows who agreed to any channel.

    Args:
        context: The plan.
    """
    customers = context.store.find("customers")
    return customers is not None and any(f"{name}_consent" in customers.columns for name in CONSENTED)


def agreed(context: TriggerContext) -> ir.Table | None:
    """Who agreed to which channel.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, `email`, `sms`, `messenger` (bool), one row a customer; None where the store knows no
        consent at all. A channel whose consent it does not know, while it knows others, nobody agreed to.
    """
    customers = context.store.find("customers")
    if customers is None or not consents_known(context):
        return None
    columns = {name: f"{name}_consent" for name in CONSENTED}
    known = {
        name: customers[column].fill_null(False) if column in customers.columns else ibis.literal(False)
        for name, column in columns.items()
    }
    return customers.select("customer_id", **known)


def unsubscribed(context: TriggerContext) -> ir.Table | None:
    """Who unsubscribed from which channel before the start; of a channel that is none of ours, from all of them.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, `email`, `sms`, `messenger` (bool), one row a customer; None where nobody can be known.
    """
    contacts = context.store.find("contacts")
    if contacts is None or "unsubscribed_at" not in contacts.columns:
        return None
    gone = contacts.filter(contacts.unsubscribed_at < day_start(context.start))
    names = [str(name) for name in gone.select("channel").distinct().to_pandas()["channel"].dropna()]
    channel = {name: our_channel(name) for name in names}
    lost = {
        ours: gone.channel.isnull()
        | ibis.or_(ibis.literal(False), *(gone.channel == name for name in names if channel[name] in (ours, None)))
        for ours in CONSENTED
    }
    return gone.group_by("customer_id").aggregate(**{name: flag.any() for name, flag in lost.items()})


def our_channel(name: str) -> str | None:
    """Our name of a channel that the data call `E-Mail` or `SMS`; None for one that is none of ours.

    Args:
        name: What the data call it.
    """
    plain = _NO_LETTER.sub("", name.lower())
    return plain if plain in CONSENTED else None


def addressed(context: TriggerContext) -> ir.Table | None:
    """Whose e-mail address the store knows.

    Args:
        context: The plan.

    Returns:
        Table of `customer_id`, once each, and `ads` (true); None without `identities`.
    """
    identities = context.store.find("identities")
    if identities is None:
        return None
    found = identities.filter(identities.kind == "email", identities.value.notnull())
    return found.select("customer_id").distinct().mutate(ads=ibis.literal(True))
