"""Results of where customers go quiet, made by the models from small hand data."""

from __future__ import annotations

import pandas as pd
from reports.results import made

from retention_lib.measures.rfm import RFM_GROUPS, UNSCORED
from retention_lib.measures.where import NO_MEMBER
from retention_lib.models.fatigue import ContactFatigue, contact_fatigue
from retention_lib.models.habits import StayersAndLeavers, stayers_and_leavers
from retention_lib.models.rfm import RfmGroups, RfmMigration, rfm_groups, rfm_migration
from retention_lib.models.where import WhereRates, where_rates

MONTH = "2017-12"
SEGMENTS = (
    ("region", "north", 1000, 100),
    ("region", "south", 1000, 200),
    ("region", "moon", 12, 9),
    ("region", "", 100, 20),
    ("tier", NO_MEMBER, 1500, 250),
    ("tier", "gold", 612, 79),
    ("rfm", "champions", 1000, 10),
    ("rfm", "dormant", 1112, 319),
)
MOVES = (
    ("champions", "champions", 60, 6000.0, 6500.0),
    ("champions", "loyal", 40, 2000.0, 2000.0),
    ("loyal", "champions", 30, 3000.0, 3300.0),
    ("loyal", "at_risk", 20, 900.0, 800.0),
    ("new", "promising", 9, 90.0, 90.0),
    ("at_risk", "loyal", 44, 1100.0, 1500.0),
    ("dormant", UNSCORED, 6, 50.0, 0.0),
    (UNSCORED, "new", 10, 0.0, 100.0),
)


def rates(*rows: tuple[str, str, int, int]) -> WhereRates:
    frame = pd.DataFrame(rows or SEGMENTS, columns=["dimension", "segment", "base", "lost"])
    return made(where_rates(frame), WhereRates)


def moves(*rows: tuple[str, str, int, float, float]) -> pd.DataFrame:
    """Moves, all of customers silent for 3 to 40 days with 2 purchases."""
    columns = ["from_group", "to_group", "customers", "revenue_start", "revenue_end"]
    groups = pd.CategoricalDtype([*RFM_GROUPS, UNSCORED], ordered=True)
    frame = pd.DataFrame(rows or MOVES, columns=columns).astype({"from_group": groups, "to_group": groups})
    return frame.assign(silence_least=3, silence_most=40, frequency_least=2, frequency_most=2)


def groups(*rows: tuple[str, str, int, float, float]) -> RfmGroups:
    segments = pd.DataFrame(SEGMENTS, columns=["dimension", "segment", "base", "lost"])
    return made(rfm_groups(moves(*rows), segments, month=MONTH), RfmGroups)


def migration(*rows: tuple[str, str, int, float, float]) -> RfmMigration:
    return made(rfm_migration(moves(*rows), month=MONTH), RfmMigration)


def habits(*, quiet_share: float = 0.4) -> StayersAndLeavers:
    """One class of purchases: 100 stayed and 50 went quiet, who bought from as many categories."""
    rows = [
        ("categories", 1, False, 100, 250.0, 725.0),
        ("categories", 1, True, 50, 125.0, 362.5),
        ("discount_share", 1, False, 100, 20.0, 5.0),
        ("discount_share", 1, True, 50, 50 * quiet_share, 50 * quiet_share**2 + 0.5),
    ]
    columns = ["habit", "purchases_from", "lost", "customers", "total", "total_squares"]
    return made(stayers_and_leavers(pd.DataFrame(rows, columns=columns), month=MONTH), StayersAndLeavers)


def fatigue(*, withdrawn: int | None = 6, opened: bool = True) -> ContactFatigue:
    """Four hundred customers without, 200 with one message and 100 with four, all of which they open or none."""
    rows = [
        ("email", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 400, 80),
        ("email", 1, 1, 200, 200, 0, 200, 100, 200, 100, 100, 150, 15),
        ("email", 4, 5, 100, 100, withdrawn or 0, 400, 80, 1600, 320, 320, 80, 4),
        ("email", 21, None, 3, 3, 0, 66, 0, 1452, 0, 0, 2, 1),
        ("sms", 0, 0, 0, 0, 0, 0, None, 0, 0, 0, 580, 97),
        ("sms", 1, 1, 40, 0, 0, 40, None, 40, 0, 0, 52, 3),
    ]
    columns = [
        *("channel", "messages_from", "messages_to", "customers", "asked", "withdrawn", "sent", "opened"),
        *("sent_squares", "opened_squares", "sent_opened", "active", "lost"),
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"messages_to": "Int64", "opened": "Int64"})
    frame = frame if opened else frame.assign(opened=pd.Series([pd.NA] * len(frame), dtype="Int64"))
    frame = frame if withdrawn is not None else frame.assign(asked=0)
    return made(contact_fatigue(frame, month=MONTH), ContactFatigue)
