"""Scenarios without a list, one for each reason."""

from __future__ import annotations

import pandas as pd

from retention_lib.measures.actions.off import DISABLED, NEEDS, OVER, TAKEN, ScenariosOff

NAN = float("nan")


def off() -> ScenariosOff:
    """Three scenarios were looked at, seven are off, one of them as the file wants it."""
    rows = [
        ("welcome", DISABLED, "", NAN, NAN),
        ("birthday", NEEDS, "customers.birth_date", NAN, NAN),
        ("retargeting", NEEDS, "identities", NAN, NAN),
        ("rescue", NEEDS, "feedback or service.kind", NAN, NAN),
        ("reactivation", TAKEN, "", NAN, NAN),
        ("cross_sell", OVER, "", NAN, NAN),
        ("replenishment", "product_intervals", "", 7, 20),
    ]
    return ScenariosOff(table=pd.DataFrame(rows, columns=["scenario", "reason", "lacks", "have", "need"]), on=3)


def nothing_off() -> ScenariosOff:
    """All of them were looked at."""
    return ScenariosOff(table=off().table.head(0), on=15)
