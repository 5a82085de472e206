from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import ibis
import pandas as pd
from measures.tables import bought, table

from retention_lib.measures.rfm import rfm_customers
from retention_lib.measures.sharing import RARE
from retention_lib.measures.where import (
    BAD_SCORE,
    BETTER_SCORE,
    NO_MEMBER,
    NO_SCORE,
    NO_TIER,
    active_customers,
    lapse_by_dimension,
)
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)  # with 30 days: active at its start since 31 January, at its end since 2 March
PEOPLE = {"customer_id": "string", "region": "string", "stars": "int64"}
EVENTS = {"customer_id": "string", "occurred_at": "timestamp", "event": "string", "tier": "string"}
SCORES = {"customer_id": "string", "given_at": "timestamp", "score": "decimal(18, 4)", "scale": "int64"}
LINES = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)", "channel": "string"}


def purchases() -> ibis.Table:
    return bought(
        ann="2020-02-01 2020-03-31",  # stays
        bob="2020-01-31 2020-03-01",  # first and last day of the windows: active at the start, not at the end
        cid="2020-02-29 2020-03-02",  # stays, on the edges
        dan="2020-01-30 2020-03-15",  # not active at the start
        eve="2020-02-10",  # lapses
        fay="2020-02-10",  # lapses
    )


def counts(tables: dict[str, ibis.Table], dimension: str, **options: object) -> list[tuple[str, int, int]]:
    customers = rfm_customers(purchases(), month=MARCH)
    options = {"fewest": 1, **options}
    frame = lapse_by_dimension(customers, tables.get, month=MARCH, lapse_days=30, **options)
    assert frame.equals(frame.sort_values(["dimension", "segment"], ignore_index=True))
    rows = frame.loc[frame["dimension"] == dimension, ["segment", "base", "lost"]]
    return list(rows.itertuples(index=False, name=None))


def people(*rows: tuple[object, ...]) -> ibis.Table:
    given = [("ann", "north", 5), ("bob", "north", 5), ("cid", "south", 1), ("eve", None, 1), ("zoe", "south", 1)]
    return table(rows or given, PEOPLE)


def at(day: str) -> datetime:
    return datetime.fromisoformat(day)


def test_active_customers_and_the_lost_of_them() -> None:
    active = active_customers(rfm_customers(purchases(), month=MARCH), lapse_days=30).order_by("customer_id")
    assert active.to_pandas().set_index("customer_id")["lost"].to_dict() == {
        "ann": False,
        "bob": True,
        "cid": False,
        "eve": True,
        "fay": True,
    }


def test_a_column_of_customers_by_hand() -> None:
    # eve has no region and fay no row: both are in the segment without a name.
    assert counts({"customers": people()}, "region") == [("", 2, 2), ("north", 2, 1), ("south", 1, 0)]


def test_a_further_column_is_one_more_dimension_and_the_id_never_is() -> None:
    assert counts({"customers": people()}, "stars", also="stars") == [("", 1, 1), ("1", 2, 1), ("5", 2, 1)]
    assert len(counts({"customers": people()}, "region", also="region")) == 3
    assert counts({"customers": people()}, "customer_id", also="customer_id") == []
    assert counts({"customers": people()}, "nothing", also="nothing") == []
    assert counts({}, "stars", also="stars") == []


def test_a_column_called_like_a_command_is_a_column_that_is_not_there() -> None:
    command = "region'; DROP TABLE customers; --"
    assert counts({"customers": people()}, command, also=command) == []
    assert len(counts({"customers": people()}, "region", also=command)) == 3


def test_a_store_of_sales_alone_has_the_groups_of_its_purchases() -> None:
    frame = lapse_by_dimension(rfm_customers(purchases(), month=MARCH), {}.get, month=MARCH, lapse_days=30)
    assert set(frame["dimension"]) == {"rfm"}
    assert (frame["base"].sum(), frame["lost"].sum()) == (5, 3)


def test_values_that_may_name_somebody_are_put_together() -> None:
    rows = [
        *[(name, "north", 1) for name in ("ann", "bob", "cid", "zed", "yan")],
        ("eve", "Eve E", 1),
        ("fay", "Fay", 1),
    ]
    shown = counts({"customers": people(*rows)}, "region", fewest=5)
    # The north is shared by five, whether or not they are active.
    assert shown == [(RARE, 2, 2), ("north", 3, 1)]


def test_tier_when_the_month_began() -> None:
    events = [
        ("ann", at("2020-01-01"), "join", "bronze"),
        ("ann", at("2020-02-01"), "tier", "silver"),
        ("ann", at("2020-03-05"), "tier", "gold"),  # too late
        ("bob", at("2020-01-01"), "join", "bronze"),
        ("bob", at("2020-02-01"), "leave", None),
        ("cid", at("2020-01-01"), "join", None),
        ("eve", at("2020-03-01"), "join", "bronze"),  # too late
    ]
    assert counts({"loyalty_events": table(events, EVENTS)}, "tier") == [
        (NO_MEMBER, 3, 3),
        (NO_TIER, 1, 0),
        ("silver", 1, 0),
    ]


def test_feedback_of_the_half_year_before() -> None:
    scores = [
        ("ann", at("2020-02-20"), Decimal(5), 5),
        ("ann", at("2020-02-21"), Decimal(4), 10),  # .4 of the scale is bad still
        ("bob", at("2020-02-20"), Decimal(3), 5),
        ("cid", at("2020-03-01"), Decimal(1), 5),  # too late
        ("eve", at("2019-08-01"), Decimal(1), 5),  # too long ago
    ]
    assert counts({"feedback": table(scores, SCORES)}, "feedback") == [
        (BAD_SCORE, 1, 0),
        (BETTER_SCORE, 1, 1),
        (NO_SCORE, 3, 2),
    ]


def test_channel_of_the_last_sale_before_the_month() -> None:
    lines = [
        ("ann", at("2020-02-01 10:00"), Decimal(5), "site"),
        ("ann", at("2020-02-02 10:00"), Decimal(5), "app"),
        ("ann", at("2020-02-03 10:00"), Decimal(-5), "shop"),  # a return is no sale
        ("ann", at("2020-03-01 00:00"), Decimal(5), "shop"),  # too late
        ("bob", at("2020-02-01 10:00"), Decimal(5), "app"),
        ("bob", at("2020-02-01 10:00"), Decimal(5), "site"),  # at the same moment: the last by name
        ("cid", at("2020-02-29 10:00"), Decimal(5), None),
    ]
    tables = {"transactions": table(lines, LINES)}
    assert counts(tables, "channel") == [("", 3, 2), ("app", 1, 0), ("site", 1, 1)]
    assert counts(tables, "channel", fewest=2) == [("", 3, 2), (RARE, 2, 1)]


def test_segments_of_the_complete_journey_add_up_to_its_december(journey_days: ibis.Table, journey: object) -> None:
    december = Month(2017, 12)
    customers = rfm_customers(journey_days, month=december)
    frame = lapse_by_dimension(customers, journey.find, month=december, lapse_days=28)
    sums = frame.groupby("dimension")[["base", "lost"]].sum()
    assert sums.index.tolist() == ["age_band", "income_band", "rfm"]
    # The reference: 2,037 active, 214 of them lapsed.
    assert sums.drop_duplicates().to_numpy().tolist() == [[2037, 214]]
    assert isinstance(frame, pd.DataFrame)
