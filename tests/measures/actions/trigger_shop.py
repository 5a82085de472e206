"""A shop for the triggers: tables written as text, a plan for July 2026, and what a trigger says of it as text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from ibis.expr import types as ir
from measures.tested_shop import shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.due import TRIGGERED
from retention_lib.settings.playbook import Playbook

UNTIL = date(2026, 7, 1)

HEADERS = {
    "transactions": "customer_id,order_id,ordered_at,amount,product_id,category",
    "customers": "customer_id,birth_date,acquired_at",
    "web_events": "customer_id,occurred_at,event,product_id",
    "feedback": "customer_id,given_at,score,scale,kind,answered_at",
    "service": "customer_id,opened_at,kind,closed_at",
}
FIRST_SALE = "zoe,z1,2025-01-01 10:00:00,5,old,tea"
"""The data begin here; nothing of this customer is ever fresh."""


def plan(
    folder: Path, *, headers: dict[str, str] | None = None, start: date = UNTIL, **rows: Iterable[str]
) -> TriggerContext:
    """The plan of a shop with these tables; sales begin with `FIRST_SALE` unless their header is another one."""
    known = HEADERS | (headers or {})
    if known["transactions"] == HEADERS["transactions"]:
        rows["transactions"] = [FIRST_SALE, *rows.get("transactions", [])]
    store = shop(folder, headers=known, **rows)
    return TriggerContext(store=store, until=UNTIL, start=start, playbook=Playbook())


def told(found: ir.Table | NotEnough) -> dict[str, tuple[Any, ...]]:
    """What was found, by customer: trigger_at, send_from and send_by as far as the minute, detail, strength."""
    assert not isinstance(found, NotEnough)
    assert tuple(found.columns) == TRIGGERED
    kinds = [str(kind) for kind in found.schema().types]
    assert (kinds[0], kinds[4], kinds[5]) == ("string", "string", "float64")
    assert all(kind.startswith("timestamp") for kind in kinds[1:4])
    rows = found.order_by("customer_id").to_pyarrow().to_pylist()
    assert len({row["customer_id"] for row in rows}) == len(rows)
    return {
        row["customer_id"]: (
            *(row[name].strftime("%m-%d %H:%M") for name in TRIGGERED[1:4]),
            row["detail"],
            row["strength"],
        )
        for row in rows
    }


def who(found: ir.Table | NotEnough) -> list[str]:
    """The customers found, in order."""
    return list(told(found))
