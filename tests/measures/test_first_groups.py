from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pytest
from measures.tables import sales, table

from retention_lib.measures.first_groups import FULL_PRICE, OTHER, WITH_DISCOUNT, first_groups
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sharing import RARE

UNTIL = date(2020, 7, 1)
LINES = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "category": "string",
    "channel": "string",
    "discount": "decimal(18, 4)",
    "coupon_id": "string",
}
PEOPLE = {"customer_id": "string", "acquisition_channel": "string"}


def line(
    who: str,
    day: str,
    amount: int,
    *,
    category: str | None = "tea",
    channel: str | None = "web",
    off: int = 0,
    coupon: str | None = None,
) -> tuple[object, ...]:
    return (who, f"{who}{day}", datetime.fromisoformat(day), Decimal(amount), category, channel, Decimal(off), coupon)


def grouped(*lines: tuple[object, ...], people: ibis.Table | None = None, most: int = 12) -> dict[str, dict[str, str]]:
    """The groups of each customer; five more customers of each value, so that no value is rare."""
    shop = table(lines, LINES)
    found = first_groups(shop, purchase_days(shop, until=UNTIL), people, most=most).to_pandas()
    frame = found.set_index("customer_id").astype(object).where(found.set_index("customer_id").notna(), None)
    return frame.to_dict("index")


def common(**values: str | int | None) -> list[tuple[object, ...]]:
    return [line(f"x{number}{sorted(values.items())}", "2020-01-01", 5, **values) for number in range(5)]  # type: ignore[arg-type]


def test_groups_are_of_the_first_day_alone() -> None:
    found = grouped(
        *common(category="tea"),
        *common(category="pets", channel="shop"),
        line("ann", "2020-01-02", 10, category="tea"),
        line("ann", "2020-01-02T10:00:00", 20, category="pets", channel="shop", off=2),
        line("ann", "2020-02-02", 90, category="tea", off=9),
        line("bob", "2020-01-02", 10, category="pets"),
        line("bob", "2020-02-02", 10, category="tea", coupon="c"),
        line("cid", "2020-01-02", 10, category="tea", coupon="c"),
        line("dee", "2020-01-02", 10, category=None, channel=None),
    )
    assert found["ann"] == {"channel": "shop", "first_category": "pets", "first_discount": WITH_DISCOUNT}
    assert found["bob"] == {"channel": "web", "first_category": "pets", "first_discount": FULL_PRICE}
    assert found["cid"]["first_discount"] == WITH_DISCOUNT
    assert found["dee"] == {"channel": None, "first_category": None, "first_discount": FULL_PRICE}


def test_the_channel_of_acquisition_goes_before_that_of_the_order() -> None:
    people = table([(f"p{number}", "search" if number < 5 else None) for number in range(6)], PEOPLE)
    found = grouped(*(line(f"p{number}", "2020-01-02", 10) for number in range(6)), people=people)
    assert [found[f"p{number}"]["channel"] for number in range(6)] == ["search"] * 5 + [None]


@pytest.mark.parametrize("stated", [None, ""])
def test_without_any_channel_of_acquisition_that_of_the_order_counts(stated: str | None) -> None:
    people = table([(f"p{number}", stated) for number in range(5)], PEOPLE)
    found = grouped(*(line(f"p{number}", "2020-01-02", 10) for number in range(5)), people=people)
    assert {groups["channel"] for groups in found.values()} == {"web"}


def test_rare_values_name_nobody_and_many_values_are_put_together() -> None:
    lines = [line(f"a{number}", "2020-01-02", 10, category="tea") for number in range(7)]
    lines += [line(f"b{number}", "2020-01-02", 10, category="pets") for number in range(6)]
    lines += [line(f"c{number}", "2020-01-02", 10, category="cars") for number in range(5)]
    lines += [line(f"d{number}", "2020-01-02", 10, category="Mr Smith") for number in range(4)]
    found = grouped(*lines, most=2)
    assert [found[name]["first_category"] for name in ("a0", "b0", "c0", "d0")] == ["tea", "pets", OTHER, RARE]


def test_only_what_is_wanted_and_known_is_there() -> None:
    shop = sales(("ann", "1", "2020-01-02", "10.00"))
    days = purchase_days(shop, until=UNTIL)
    assert first_groups(shop, days, None).columns == ("customer_id",)
    lines = table([line("ann", "2020-01-02", 10)], LINES)
    found = first_groups(lines, purchase_days(lines, until=UNTIL), None, splits=("first_discount",))
    assert found.columns == ("customer_id", "first_discount")
    with pytest.raises(ValueError, match="not by 'colour'"):
        first_groups(lines, days, None, splits=("colour",))
