"""A shop with a test in it: twelve customers, odd ones mailed and even ones left alone, and tables written as text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from retention_lib.measures.experiment_outcomes import Outcomes, experiment_outcomes
from retention_lib.measures.experiments import Experiment, Reading, experiment
from retention_lib.settings.models import StoreSettings
from retention_lib.stores.store import Store, open_store

UNTIL = date(2026, 3, 1)
START = "2026-02-02 12:00:00"

HEADERS = {
    "transactions": "customer_id,order_id,ordered_at,amount",
    "assignments": "customer_id,experiment_id,variant,assigned_at,stratum",
    "contacts": "customer_id,campaign_id,channel,sent_at,opened_at",
    "redemptions": "customer_id,coupon_id,campaign_id,redeemed_at,order_id,value",
    "customers": "customer_id,household_id,region,income_band,sex,birth_date,email_consent",
    "outcomes": "customer_id,experiment_id,visit,spend",
}

TWELVE = [f"c{number:02d}" for number in range(1, 13)]


def arm_of(customer: str) -> str:
    """Odd customers are mailed, even ones left alone."""
    return "mail" if int(customer[1:]) % 2 else "none"


def assigned(customers: Iterable[str] = TWELVE, *, at: str = START, stratum: str = "old") -> list[str]:
    """Assignments of customers to the test x."""
    return [f"{customer},x,{arm_of(customer)},{at},{stratum}" for customer in customers]


def shop(folder: Path, *, headers: dict[str, str] | None = None, **rows: Iterable[str]) -> Store:
    """A store of tables written as text, each under its usual header or one of `headers`.

    A table that another test has written as well is taken in once for this process.
    """
    if not (kept := folder / "data" / ".cache").exists():
        kept.parent.mkdir(exist_ok=True)
        kept.symlink_to(_taken_in().name, target_is_directory=True)
    known = HEADERS | (headers or {})
    tables: dict[str, Any] = {}
    for name, lines in rows.items():
        (folder / f"{name}.csv").write_text("\n".join([known[name], *lines]) + "\n")
        tables[name] = {"path": f"{name}.csv"}
        if name == "outcomes":
            tables[name]["metrics"] = known[name].split(",")[2:]
    settings = StoreSettings.model_validate({"timezone": "UTC", "currency": "EUR", "tables": tables})
    return open_store("shop", settings, root=folder)


@cache
def _taken_in() -> tempfile.TemporaryDirectory[str]:
    """The cache of all these stores; it ends with the process."""
    return tempfile.TemporaryDirectory(prefix="shops-")


def judged(store: Store, *, until: date = UNTIL, **reading: Any) -> tuple[Experiment, Outcomes]:
    """The test x of a store with its outcomes; a week each before, during and after."""
    asked = {"experiment": "x", "window_days": 7, "after_days": 7, "before_days": 7} | reading
    test = experiment(store, Reading(**asked), until=until)
    assert isinstance(test, Experiment)
    outcomes = experiment_outcomes(test)
    assert isinstance(outcomes, Outcomes)
    return test, outcomes
