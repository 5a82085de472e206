"""A shop for a plan: customers of whom each stands for one thing that speaks for or against a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from measures.tested_shop import shop

from retention_lib.measures.actions.context import TriggerContext
from retention_lib.settings.playbook import Playbook

UNTIL = date(2026, 7, 1)

HEADERS = {
    "transactions": "customer_id,order_id,ordered_at,amount",
    "customers": "customer_id,household_id,acquired_at,email_consent,sms_consent,messenger_consent",
    "contacts": "customer_id,campaign_id,channel,sent_at,unsubscribed_at",
    "service": "customer_id,opened_at,closed_at",
    "feedback": "customer_id,given_at,score,scale,kind,answered_at",
    "identities": "customer_id,kind,value",
    "assignments": "customer_id,experiment_id,variant,assigned_at",
}


def order(customer: str, *days: str) -> list[str]:
    """Orders of a customer, one a day."""
    return [f"{customer},{customer}{number},{day} 12:00:00,10" for number, day in enumerate(days)]


def context(
    folder: Path,
    *,
    playbook: dict[str, Any] | None = None,
    start: date = UNTIL,
    headers: dict[str, str] | None = None,
    **rows: Iterable[str],
) -> TriggerContext:
    """The plan of a shop with these tables for July 2026."""
    store = shop(folder, headers=HEADERS | (headers or {}), **rows)
    return TriggerContext(store=store, until=UNTIL, start=start, playbook=Playbook.model_validate(playbook or {}))


def only(*names: str, **more: Any) -> dict[str, Any]:
    """A playbook with these of the usual scenarios and those given."""
    off = {name: False for name in Playbook().scenarios if name not in (*names, *more)}
    return {"scenarios": {**off, **more}}


def rows(table: Any) -> pd.DataFrame:
    """The people by id."""
    frame: pd.DataFrame = table.to_pandas().set_index("customer_id")
    return frame
