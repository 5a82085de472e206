from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.actions.plan_shop import context, only, order
from measures.actions.trigger_shop import told

from retention_lib.measures.actions.conditions import condition, predicate
from retention_lib.measures.profile import customer_profile
from retention_lib.settings.conditions import parsed
from retention_lib.settings.profile_kinds import PROFILE_KINDS
from retention_lib.settings.scenarios import ConditionScenario

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("orders", pa.int64()),
        ("monetary", pa.decimal128(38, 4)),
        ("review_score", pa.float64()),
        ("region", pa.string()),
        ("member", pa.bool_()),
        ("last_purchase", pa.date32()),
        ("first_purchase", pa.date32()),
    ]
)
PEOPLE = (
    ("amy", 5, Decimal("100.5"), 0.8, "north", True, date(2026, 6, 1), date(2026, 1, 1)),
    ("bob", 1, Decimal(20), None, "south", False, date(2026, 2, 28), date(2026, 2, 28)),
    ("cid", 0, None, 0.2, None, False, None, None),
)


def found(text: str, people: tuple[tuple[Any, ...], ...] = PEOPLE) -> list[str]:
    """The customers of whom a condition is true."""
    rows = [dict(zip(SCHEMA.names, values, strict=True)) for values in people]
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=SCHEMA))
    kept = table.filter(predicate(parsed(text).root, table)).order_by("customer_id").to_pandas()
    return list(kept["customer_id"])


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("orders >= 1", ["amy", "bob"]),
        ("1 <= orders < 5", ["bob"]),
        ("monetary == 100.5", ["amy"]),
        ("monetary > 20", ["amy"]),
        ("monetary != 20", ["amy"]),  # what is missing is not unlike either
        ("not monetary == 20", ["amy", "cid"]),
        ("monetary is missing", ["cid"]),
        ("monetary is not missing and review_score is missing", ["bob"]),
        ('region == "north"', ["amy"]),
        ('region == "North"', []),
        ('region in ["north", "south"]', ["amy", "bob"]),
        ('region not in ["north"]', ["bob", "cid"]),
        ("member", ["amy"]),
        ("not member", ["bob", "cid"]),
        ("member == false or orders > 4", ["amy", "bob", "cid"]),
        ('last_purchase <= "2026-02-28"', ["bob"]),
        ('last_purchase in ["2026-06-01"]', ["amy"]),
        ("last_purchase > first_purchase", ["amy"]),
        ("orders > review_score", ["amy"]),
        ("not member and orders > 0 or region is missing", ["bob", "cid"]),
    ],
)
def test_condition_is_true_of_whom_it_says(text: str, who: list[str]) -> None:
    assert found(text) == who


NUMBERS = st.one_of(st.none(), st.integers(0, 6))
PARTS = st.sampled_from(
    ["orders > 2", "orders == 3", "orders != 3", "orders in [1, 2]", "orders is missing", "orders < monetary", "member"]
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, st.one_of(st.none(), st.booleans())), min_size=1, max_size=6),
    PARTS,
    PARTS,
    st.sampled_from(["{} and {}", "{} or {}", "not ({} and {})", "not {} or not {}"]),
)
def test_condition_says_what_python_says_where_nothing_is_missing(
    values: list[tuple[int | None, int | None, bool | None]], one: str, two: str, form: str
) -> None:
    people = tuple(
        (f"c{place}", orders, None if money is None else Decimal(money), None, None, member, None, None)
        for place, (orders, money, member) in enumerate(values)
    )

    def holds(part: str, orders: int | None, monetary: int | None, member: bool | None) -> bool:
        if part == "orders is missing":
            return orders is None
        named = {"orders": orders, "monetary": monetary, "member": member}
        if any(name in part and value is None for name, value in named.items()):
            return False
        return bool(eval(part, {}, named))

    expected = []
    for place, known in enumerate(values):
        left, right = holds(one, *known), holds(two, *known)
        text = form.format(left, right)
        if eval(text, {}, {}):
            expected.append(f"c{place}")
    assert found(form.format(one, two), people) == expected


def test_every_column_of_the_profile_can_be_compared(tmp_path: Path) -> None:
    plan = context(tmp_path, transactions=order("amy", "2026-06-01"))
    profile = customer_profile(plan.store, plan.until)
    known = {
        name: int(profile.filter(predicate(parsed(f"{name} is not missing").root, profile)).count().execute())
        for name in PROFILE_KINDS
    }
    assert (known["orders"], known["last_purchase"], known["favourite_hour"]) == (1, 1, 1)
    assert (known["region"], known["messages"], known["member"]) == (0, 0, 0)  # their tables are not there


def test_scenario_of_ones_own_is_set_off_on_the_start(tmp_path: Path) -> None:
    own = {"condition": "orders > 1 and recency_days == 30", "fresh_days": 10, "wait_hours": 12}
    plan = context(
        tmp_path,
        playbook=only(own=own),
        transactions=[
            *order("amy", "2026-01-01", "2026-06-01"),
            *order("bob", "2026-06-01"),
            *order("eve", "2026-07-02"),
        ],
    )
    scenario = plan.playbook.scenarios["own"]
    assert isinstance(scenario, ConditionScenario)
    assert told(condition(plan, scenario)) == {"amy": ("07-01 00:00", "07-01 12:00", "07-11 00:00", None, None)}
    assert plan.profile.columns == ("customer_id", "recency_days", "orders")
