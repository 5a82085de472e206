"""A shop of forty customers whose ids begin with zeros, and plans for them as the allocation would choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measures.tested_shop import shop

from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.lists import ActionLists, action_lists
from retention_lib.measures.actions.people import people
from retention_lib.measures.actions.terms import plan_terms
from retention_lib.settings.calendar import Month
from retention_lib.settings.models import Economics
from retention_lib.settings.playbook import Playbook
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.store import Store

JUNE = Month(2026, 6)
FORTY = [f"{number:04d}" for number in range(40)]
HEADERS = {
    "customers": "customer_id,household_id,email_consent,sms_consent",
    "identities": "customer_id,kind,value",
}


def opened(
    folder: Path,
    *,
    ids: Sequence[str] = FORTY,
    homes: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **tables: Iterable[str],
) -> Store:
    """The shop; `homes` names households, 0039 refuses e-mails, and everybody has an address of its own."""
    folder.mkdir(exist_ok=True)
    bought = [f'"{id}",o{place},2026-05-{1 + place % 28:02d} 10:00:00,10' for place, id in enumerate(ids)]
    agreed = [f'"{id}",{(homes or {}).get(id, "")},{"no" if id == "0039" else "yes"},yes' for id in ids]
    told = {
        "transactions": [*bought, "9999,last,2026-06-30 10:00:00,10"],
        "customers": agreed,
        "identities": [f'"{id}",email, Buyer{place}@Shop.Example ' for place, id in enumerate(ids)],
    }
    return shop(folder, headers={**HEADERS, **(headers or {})}, **{**told, **tables})


def context_of(store: Store, *, ledger: Ledger | None = None, **playbook: Any) -> TriggerContext:
    """The plan of the report of June, which starts on the first of July."""
    if ledger is not None:
        store.use_lists(ledger)
    store.see_lists(before=JUNE)
    book = Playbook.model_validate(playbook)
    return TriggerContext(store=store, until=JUNE.end, start=JUNE.end, playbook=book)


def chosen(context: TriggerContext, wanted: Mapping[str, Sequence[str]], **columns: Any) -> pd.DataFrame:
    """Customers by scenario as the allocation hands them on."""
    table = people(context).table.select("row", "customer_id").to_pandas()
    rows = dict(zip(table["customer_id"], table["row"], strict=True))
    told = [(rows[id], scenario) for scenario, ids in wanted.items() for id in ids]
    frame = pd.DataFrame(told, columns=["row", "scenario"]).astype({"row": "int32"})
    usual = {
        "channel": "email",
        "offer": "none",
        "expected_value": np.float32(1.256),
        "stratum": "email:low",
        "send_at": np.datetime64("2026-07-02T10:00:00", "s"),
        "send_by": np.datetime64("2026-07-07T20:00:00", "s"),
    }
    full = frame.assign(**{**usual, **columns}).sort_values("row", ignore_index=True)
    return full.astype(dict.fromkeys(("scenario", "channel", "offer", "stratum"), "category"))


def issued(context: TriggerContext, wanted: Mapping[str, Sequence[str]], **columns: Any) -> ActionLists:
    """The lists of June's report for customers by scenario."""
    found = action_lists(
        context,
        people(context),
        chosen(context, wanted, **columns),
        plan_terms(context.playbook, Economics(contact_cost=0.5)),
        month=JUNE,
    )
    assert isinstance(found, ActionLists)
    return found


def arms(lists: ActionLists) -> dict[str, str]:
    """The variant of each customer."""
    return dict(zip(lists.table["customer_id"], lists.table["variant"], strict=True))


START = date(2026, 7, 1)
