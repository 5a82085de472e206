from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from retention_lib.measures.profile_columns import PROFILE_COLUMNS
from retention_lib.settings.conditions import (
    LONGEST,
    Among,
    Column,
    Comparison,
    Joined,
    Missing,
    Not,
    condition_text,
    parsed,
)
from retention_lib.settings.profile_kinds import PROFILE_KINDS

ORDERS = Column("orders", "count")
REGION = Column("region", "text")
MEMBER = Column("member", "boolean")


def wrong(text: str) -> str:
    """What is said of a condition."""
    with pytest.raises(PydanticCustomError) as caught:
        parsed(text)
    assert caught.value.context is not None
    nearest = caught.value.context["nearest"]
    return caught.value.context["rule"] + (f"; did you mean {nearest}?" if nearest else "")


def test_columns_and_kinds_are_those_of_the_profile() -> None:
    assert dict(PROFILE_KINDS) == {column.name: column.kind for column in PROFILE_COLUMNS}


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("orders > 5", Comparison(ORDERS, ">", 5.0)),
        ("5 < orders", Comparison(ORDERS, ">", 5.0)),
        ("points_balance >= -0.5", Comparison(Column("points_balance", "number"), ">=", -0.5)),
        ('region == "north"', Comparison(REGION, "==", "north")),
        ("region != 'north'", Comparison(REGION, "!=", "north")),
        ("member", Comparison(MEMBER, "==", True)),
        ("not member", Not(Comparison(MEMBER, "==", True))),
        ("member == False", Comparison(MEMBER, "==", False)),
        ("member == false", Comparison(MEMBER, "==", False)),
        ('last_purchase < "2026-02-28"', Comparison(Column("last_purchase", "day"), "<", date(2026, 2, 28))),
        ("orders > reviews", Comparison(ORDERS, ">", Column("reviews", "count"))),
        ("tier is missing", Missing(Column("tier", "text"))),
        ("tier is not missing", Not(Missing(Column("tier", "text")))),
        ('region in ["north", "south"]', Among(REGION, ("north", "south"))),
        ('region not in ("north",)', Not(Among(REGION, ("north",)))),
        (
            "2 <= orders < 5",
            Joined((Comparison(ORDERS, ">=", 2.0), Comparison(ORDERS, "<", 5.0)), every=True),
        ),
        (
            "member or orders == 1",
            Joined((Comparison(MEMBER, "==", True), Comparison(ORDERS, "==", 1.0)), every=False),
        ),
        ("orders > 5\n", Comparison(ORDERS, ">", 5.0)),
    ],
)
def test_condition_is_read_into_a_tree(text: str, root: object) -> None:
    assert parsed(text).root == root


def test_parts_bind_as_in_python() -> None:
    # `and` binds closer than `or`, and `not` closer than both.
    root = parsed("not member and orders > 1 or reviews > 2").root
    assert isinstance(root, Joined)
    assert not root.every
    assert isinstance(root.parts[0], Joined)
    assert isinstance(root.parts[0].parts[0], Not)


def test_columns_are_named_once_in_their_order() -> None:
    condition = parsed("orders > 1 and (region is missing or not orders > reviews) and region in ['a']")
    assert condition.columns == ("orders", "region", "reviews")


def test_condition_over_several_lines_is_one() -> None:
    assert condition_text("orders > 5\nand\nmember\n") == "orders > 5 and member"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "monetry > 5",
            "names monetry, which is no column of the profile (text goes in quotes); did you mean monetary?",
        ),
        ("region == north", "names north, which is no column of the profile (text goes in quotes)"),
        ('monetary > "5"', 'compares monetary, a number, with "5"; write monetary >= 5'),
        ("orders > True", "compares orders, a number, with true; write orders >= 5"),
        ("orders > 1 + 1", "compares orders, a number, with `1 + 1`; write orders >= 5"),
        ("orders > 1e300", "compares orders with a number too large to be true of anybody"),
        ("region == 5", 'compares region, text, with 5; write region == "one"'),
        ('region in ["a", 5]', 'compares region, text, with 5; write region == "one"'),
        ('region > "a"', "compares region, text, by >; it takes == and != only"),
        ("member == 1", "compares member, true or false, with 1; write member == true"),
        ("orders > first_purchase", "compares orders, a number, with first_purchase, a day"),
        (
            'last_purchase > "1.2.2026"',
            'compares last_purchase with "1.2.2026", which is no day; write last_purchase >= "2026-01-31"',
        ),
        ('last_purchase > "2026-02-30"', 'compares last_purchase with "2026-02-30", a day the calendar does not have'),
        ("last_purchase > 2026-01-31", 'has the day 2026-01-31 without quotes; write "2026-01-31"'),
        ("last_purchase > 2026-11-30", 'has the day 2026-11-30 without quotes; write "2026-11-30"'),
        ("orders = 5", "has one = where two are needed; write == to compare"),
        ("region", 'does not say what region is to be compared with; write region == "one"'),
        ("orders in 5", "needs a list after in; write orders in [5, 6]"),
        ("orders in []", "needs a list after in; write orders in [5, 6]"),
        ("orders is None", "has `is` before something else than missing; write == to compare, or is missing"),
        ("5 < 6", "compares 5 with 6, and neither is a column of the profile"),
        ("not " * 60 + "member", "has too many parts within parts; make it simpler"),
        ("", f"must be a condition of 1 to {LONGEST} characters"),
        ("orders > 5 " + " " * LONGEST + "and member", f"must be a condition of 1 to {LONGEST} characters"),
        ("orders\x00 > 5", "holds characters that cannot be seen; write it anew"),
    ],
)
def test_wrong_condition_is_told_with_its_remedy(text: str, said: str) -> None:
    assert wrong(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')",
        "(lambda: 1)()",
        "[x for x in y]",
        "orders.real > 5",
        "orders[0] > 5",
        "f'{orders}' == 'a'",
        "5",
        "'a'",
        "orders > 5 if member else orders > 6",
        "(orders := 5)",
        "print(1) or member",
        "*orders",
        "orders > 5; member",
        "orders >",
        "await member",
    ],
)
def test_nothing_of_python_but_comparisons_is_taken(text: str) -> None:
    assert wrong(text)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused_in_words(text: str) -> None:
    try:
        parsed(text)
    except PydanticCustomError:
        assert wrong(text)


@given(
    st.sampled_from([name for name, kind in PROFILE_KINDS.items() if kind in ("count", "money", "number")]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.floats(-1e9, 1e9),
)
def test_comparison_of_a_number_is_read_as_written(name: str, sign: str, number: float) -> None:
    root = parsed(f"{name} {sign} {number!r}").root
    assert isinstance(root, Comparison)
    assert (root.column.name, root.sign, root.other) == (name, sign, number)
