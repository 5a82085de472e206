from __future__ import annotations

from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores.opening import Shop

from retention_lib.stores.errors import DataError
from retention_lib.stores.numbers import Notation, exact_number, is_foreign_number, sign_beside

AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)


def written(amount: Decimal, *, decimal: str, group: str) -> str:
    """An amount as a person writes it, by Python's own formatting."""
    return f"{amount:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", group)


@settings(max_examples=8, deadline=None)
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=30))
@pytest.mark.parametrize("sign", ["{}", "{} ₽", "{}\u00a0руб.", "USD {}"])
@pytest.mark.parametrize(
    ("decimal", "group", "thousands"),
    [(".", "", None), (".", ",", ","), (",", ".", "."), (",", "\u00a0", None), (",", "\u202f", None), (".", "'", None)],
)
def test_amount_comes_back_to_the_cent(
    decimal: str, group: str, thousands: str | None, sign: str, amounts: list[Decimal]
) -> None:
    texts = [sign.format(written(amount, decimal=decimal, group=group)) for amount in amounts]
    table = ibis.memtable({"place": range(len(texts)), "text": texts})
    notation = Notation(decimal=decimal, thousands=thousands)
    read = table.select(
        "place", value=exact_number(table.text, notation), foreign=is_foreign_number(table.text, notation)
    )
    with_engine = read.order_by("place").to_pyarrow().to_pylist()
    assert [row["value"] for row in with_engine] == amounts
    assert not any(row["foreign"] for row in with_engine)


@pytest.mark.parametrize("marks", [{"thousands": ","}, {"decimal": ",", "thousands": "."}])
def test_two_notations_in_a_column_stop_whichever_is_set(shop: Shop, marks: dict[str, str]) -> None:
    content = 'customer_id;ordered_at;amount\n1;2024-01-01;"1,234.50"\n2;2024-01-01;"1.234,50"\n'
    with pytest.raises(DataError, match="is a number in another notation"):
        shop(content, csv={"delimiter": ";", **marks})


@pytest.mark.parametrize(
    ("text", "sign"), [("5", None), ("5 ₽", "₽"), ("$5", "$"), ("-5 РУБ.", "руб."), ("5 шт", None), ("rub", None)]
)
def test_sign_is_found_beside_a_number_only(text: str, sign: str | None) -> None:
    assert sign_beside(ibis.literal(text), Notation()).to_pyarrow().as_py() == sign
