from __future__ import annotations

from decimal import Decimal
from functools import cache

import pandas as pd
import pyarrow as pa
import pytest
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.baskets import prices
from retention_lib.stores.simulation.sales import COLUMNS, ORDER_CHANNELS, transactions


@cache
def sales() -> pd.DataFrame:
    """The table of the usual story, with money in whole cents."""
    frame = transactions(story()).to_pandas()
    for name in ("amount", "discount", "cost"):
        frame[name] = (frame[name] * 100).astype("int64")
    return frame.assign(customer_id=frame.customer_id.astype(object))


def of_customers() -> pd.DataFrame:
    return sales()[sales().customer_id.notna()]


def test_transactions_columns_are_those_of_the_contract() -> None:
    table = transactions(story())
    assert tuple(table.column_names) == COLUMNS == tuple(n for n in TABLES["transactions"].names if n != "currency")
    for name in ("customer_id", "order_id"):
        assert table.schema.field(name).type == pa.string()
    for name in ("ordered_at", "promised_at", "delivered_at"):
        assert table.schema.field(name).type == pa.timestamp("us")
    assert all(column.num_chunks == 1 for column in table.columns)


def test_transactions_sold_rows_sum_to_the_orders() -> None:
    made, sold = story().orders, of_customers()[of_customers().quantity > 0]
    by_order = sold.groupby("order_id")[["amount", "cost"]].sum()
    assert by_order.index.tolist() == [f"O{number:010d}" for number in made.number]
    assert (by_order.amount.to_numpy() == made.amount).all()
    assert (by_order.cost.to_numpy() == made.cost).all()


def test_transactions_refund_rows_sum_to_what_was_refunded() -> None:
    made, back = story().orders, of_customers()[of_customers().quantity < 0]
    ids = [f"O{number:010d}" for number in made.number]
    sums = back.groupby("order_id")[["amount", "cost"]].sum().reindex(ids, fill_value=0)
    assert (-sums.amount.to_numpy() == made.refunded).all()
    assert (-sums.cost.to_numpy() == made.refund_cost).all()
    assert len(back) > 500


def test_transactions_a_refund_mirrors_its_line_later_and_at_the_end_of_its_order() -> None:
    rows = of_customers()
    sold, back = rows[rows.quantity > 0], rows[rows.quantity < 0]
    both = back.merge(sold, on=["order_id", "product_id"], suffixes=("", "_sold"), validate="1:1")
    assert len(both) == len(back)
    for name in ("amount", "quantity", "discount", "cost"):
        assert (both[name] == -both[f"{name}_sold"]).all()
    assert (both.ordered_at >= both.ordered_at_sold + pd.Timedelta(days=2)).all()
    assert back[["promised_at", "delivered_at", "coupon_id", "carrier"]].isna().all().all()
    again_sold = rows.quantity.gt(0) & rows.quantity.lt(0).shift(fill_value=False)
    assert not (again_sold & rows.order_id.duplicated()).any()


def test_transactions_lines_are_numbered_within_their_order() -> None:
    frame = sales()
    assert not frame.duplicated(["order_id", "line_id"]).any()
    assert (frame.line_id.astype(int) == frame.groupby("order_id").cumcount() + 1).all()
    assert frame.order_id.is_monotonic_increasing


def test_transactions_prices_are_those_of_the_day() -> None:
    shop, sold = story().shop, sales()[sales().quantity > 0]
    day = (sold.ordered_at.dt.normalize() - pd.Timestamp(shop.calendar.first_day)).dt.days.to_numpy()
    product = sold.product_id.str[1:].astype(int).to_numpy() - 1
    assert ((sold.amount + sold.discount) == prices(shop, product, day) * sold.quantity).all()
    assert (sold.amount > 0).all()
    assert (sold.discount >= 0).all()


def test_transactions_a_discount_coupon_takes_a_fifth_of_its_order() -> None:
    sold = of_customers()[of_customers().quantity > 0]
    used = sold[sold.coupon_id.astype(object).str.endswith("-discount20", na=False)]
    assert used.order_id.nunique() > 50
    before = (used.amount + used.discount).groupby(used.order_id).sum()
    off = used.discount.groupby(used.order_id).sum()
    assert (off >= before // 5).all()
    assert (off <= before * (0.25 + 0.75 * 0.2) + 1).all()
    free = sold[sold.coupon_id.astype(object).str.endswith("-free_delivery", na=False)]
    assert (free.channel != "shop").all()


def test_transactions_customers_products_and_channels_have_their_names() -> None:
    told, rows = story(), of_customers()
    sold = rows[rows.quantity > 0].drop_duplicates("order_id")
    assert sold.customer_id.tolist() == [f"C{told.people.number[who]:09d}" for who in told.orders.customer]
    assert sold.channel.tolist() == [ORDER_CHANNELS[code] for code in told.orders.channel]
    assert set(rows.category) == set(told.shop.catalogue.categories)


def test_transactions_promised_at_the_end_of_a_day_and_delivered_within_the_window() -> None:
    told = story()
    sold = of_customers()[of_customers().quantity > 0].drop_duplicates("order_id").reset_index(drop=True)
    sent = sold.channel != "shop"
    assert (sold.promised_at.notna() == sent).all()
    assert (sold.promised_at[sent].dt.strftime("%H:%M:%S") == "23:59:59").all()
    beyond = told.orders.delivered_day >= told.shop.calendar.days
    assert beyond.any()
    assert (sold.delivered_at.notna() == sent & ~beyond).all()
    known = sold.delivered_at.notna()
    assert ((sold.delivered_at > sold.promised_at)[known] == told.orders.late[known]).all()
    assert (sold.carrier.notna() == sent).all()


def test_transactions_all_within_the_window() -> None:
    calendar, frame = story().shop.calendar, sales()
    assert frame.ordered_at.min() >= pd.Timestamp(calendar.first_day)
    assert frame.ordered_at.max() < pd.Timestamp(calendar.first_day) + pd.Timedelta(days=calendar.days)


def test_transactions_strangers_are_a_share_of_all_orders() -> None:
    frame = sales()
    strangers = frame[frame.customer_id.isna()]
    orders = frame.order_id.nunique()
    assert abs(strangers.order_id.nunique() - 0.06 * orders) <= 1
    assert strangers.index.min() == of_customers().index.max() + 1
    assert (strangers.channel == "shop").all()
    assert strangers[["promised_at", "delivered_at", "coupon_id", "carrier"]].isna().all().all()
    assert not strangers.duplicated(["order_id", "product_id"]).any()
    mean = strangers.groupby("order_id").amount.sum().mean()
    assert 0.9 < mean / story().orders.amount.mean() < 1.2  # first orders, of which strangers make none, are smaller


def test_transactions_without_strangers_refunds_and_promotions() -> None:
    frame = transactions(story(customers=2_000, months=12, anonymous=0, refunds=0, promotions=0)).to_pandas()
    assert frame.customer_id.notna().all()
    assert (frame.quantity > 0).all()
    assert (frame.discount[frame.coupon_id.isna()] == Decimal(0)).all()
    assert (frame.amount > 0).all()


@pytest.mark.parametrize("anonymous", [0.25, 0.5])
def test_transactions_many_strangers(anonymous: float) -> None:
    frame = transactions(story(customers=1_000, months=6, anonymous=anonymous)).to_pandas()
    share = frame[frame.customer_id.isna()].order_id.nunique() / frame.order_id.nunique()
    assert share == pytest.approx(anonymous, abs=1e-3)


def test_transactions_again_are_the_same() -> None:
    assert transactions(story()).equals(transactions(story()))
