"""How many customers each list has, on which terms it was issued, and what newer data say of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.settings.scenario import LEARNED_OFFER, NO_OFFER

if TYPE_CHECKING:
    from retention_lib.stores.ledger import Ledger
    from retention_lib.stores.listed import ListedExperiment

_COUNTS = (
    *("scenario", "experiment_id", "contacts", "control", "otherwise", "withdrawn", "kind", "offer", "channels"),
    *("contact_cost", "campaign_cost", "control_share", "window_days", "first_send", "last_send", "verdict_on"),
)


def list_changes(named: pd.DataFrame, old: pd.DataFrame, gone: pd.DataFrame) -> pd.DataFrame:
    """What newer data say of the lists issued before.

    Args:
        named: Who would be chosen now: scenario, customer_id.
        old: Who is on the lists issued before, likewise.
        gone: Of them, those who may not be contacted any more.

    Returns:
        By scenario: otherwise, withdrawn (counts of customers).
    """
    keys = ["scenario", "customer_id"]
    now = named.loc[named["scenario"].isin(old["scenario"]), keys]
    both = now.merge(old[keys], how="outer", indicator="side", on=keys)
    apart = both[both["side"] != "both"]
    counts = {"otherwise": apart["scenario"].value_counts(), "withdrawn": gone["scenario"].value_counts()}
    return pd.DataFrame(counts).fillna(0).astype("int64")


def list_counts(table: pd.DataFrame, experiments: Sequence[ListedExperiment], changes: pd.DataFrame) -> pd.DataFrame:
    """One row a list with its terms as it was issued.

    Args:
        table: The customers of all lists: scenario, send_at.
        experiments: What is known of each list.
        changes: From `list_changes`.

    Returns:
        The columns of `lists.ActionLists.counts`.
    """
    first = table.groupby("scenario")["send_at"].min()
    rows = [
        {
            "scenario": about.scenario,
            "experiment_id": about.experiment_id,
            "contacts": about.treated,
            "control": about.held,
            **{name: int(changes[name].get(about.scenario, 0)) for name in ("otherwise", "withdrawn")},
            "kind": about.kind,
            "offer": _offer(about),
            "channels": ", ".join(sorted(about.channels, key=lambda name: (-about.channels[name], name))),
            "contact_cost": math.nan if about.contact_cost is None else about.contact_cost,
            "campaign_cost": about.campaign_cost,
            "control_share": float(about.shares[about.control]),
            "window_days": about.window_days,
            "first_send": first[about.scenario].date(),
            "last_send": about.last_send,
            "verdict_on": about.verdict_on,
        }
        for about in experiments
    ]
    return pd.DataFrame(rows, columns=list(_COUNTS))


def issued_pairs(issued: Ledger) -> tuple[tuple[str, str], ...]:
    """Every scenario with each offer that its lists made, whatever the playbook says today.

    Args:
        issued: The lists.
    """
    scenarios = {about.experiment_id: about.scenario for about in issued.experiments}
    made = issued.rows()[["experiment_id", "offer"]].dropna().drop_duplicates()
    return tuple(sorted((scenarios[name], str(offer)) for name, offer in made.itertuples(index=False, name=None)))


def _offer(about: ListedExperiment) -> str:
    """The offer of a list; `auto` where its customers get different ones."""
    offers = {about.offers.get(variant, NO_OFFER) for variant in about.treatments}
    return offers.pop() if len(offers) == 1 else LEARNED_OFFER
