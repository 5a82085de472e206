"""Lists of a month, with numbers by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from retention_lib.measures.actions.audiences import Audience, hashed_email
from retention_lib.measures.actions.lists import ActionLists
from retention_lib.settings.calendar import Month
from retention_lib.stores.ledger_rows import list_rows
from retention_lib.stores.listed import ListedExperiment

SENT = pd.Timestamp("2026-07-02 18:00")
NAMES = {"reactivation": 12, "retargeting": 6}


def _experiment(scenario: str, customers: int) -> ListedExperiment:
    """A third of a list is left alone."""
    return ListedExperiment(
        experiment_id=f"{scenario}_2026_07",
        scenario=scenario,
        kind=scenario,
        report=Month(2026, 6),
        shares={"control": 1 / 3, "treatment": 2 / 3},
        offers={"control": "none", "treatment": "coupon"},
        channels={"ads" if scenario == "retargeting" else "email": customers * 2 // 3},
        customers={"control": customers // 3, "treatment": customers * 2 // 3},
        window_days=21,
        after_days=0,
        contact_cost=0.5,
        campaign_cost=0.0,
        start=date(2026, 7, 1),
        last_send=date(2026, 7, 2),
        verdict_on=date(2026, 7, 23),
    )


def _rows(about: ListedExperiment) -> pd.DataFrame:
    arms = [variant for variant, count in about.customers.items() for _ in range(count)]
    told = {
        "customer_id": [f"{about.scenario[:3]}{place:02d}" for place in range(len(arms))],
        "variant": arms,
        "channel": next(iter(about.channels)),
        "offer": "coupon",
        "experiment_id": about.experiment_id,
        "assigned_at": SENT,
        "send_at": SENT,
    }
    return list_rows(pd.DataFrame(told)).assign(scenario=about.scenario)


def listed() -> ActionLists:
    """Two lists; one by e-mail, one as an audience."""
    experiments = tuple(_experiment(scenario, customers) for scenario, customers in NAMES.items())
    table = pd.concat([_rows(about) for about in experiments], ignore_index=True)
    counts = [
        {
            "scenario": about.scenario,
            "experiment_id": about.experiment_id,
            "contacts": about.treated,
            "control": about.held,
            "otherwise": 0,
            "withdrawn": 0,
            "channels": ", ".join(about.channels),
            "first_send": date(2026, 7, 2),
            "last_send": about.last_send,
            "verdict_on": about.verdict_on,
        }
        for about in experiments
    ]
    audience = pd.DataFrame({"Email": sorted(str(hashed_email(f"{id}@shop.example")) for id in ("a", "b", "c"))})
    return ActionLists(
        month=Month(2026, 6),
        start=date(2026, 7, 1),
        experiments=experiments,
        table=table,
        arms=table[["scenario", "variant", "channel", "send_at", "offer"]].assign(row=range(18), value=float("nan")),
        counts=pd.DataFrame(counts),
        audiences=(Audience(scenario="retargeting", table=audience, customers=3, without_address=1),),
        taken=(),
        stopped=pd.Series(False, index=table.index),
        marked=0,
        consents_known=True,
    )


def changed() -> ActionLists:
    """Issued before: new data would choose others, one no longer agrees, and there is no list for birthdays."""
    lists = listed()
    counts = lists.counts.assign(otherwise=[5, 0], withdrawn=[0, 1])
    return replace(lists, counts=counts, taken=("birthday", "own_rule"), marked=2, consents_known=False)


def none() -> ActionLists:
    """No scenario found anybody."""
    lists = listed()
    return replace(lists, experiments=(), table=lists.table[:0], counts=lists.counts[:0], audiences=())
