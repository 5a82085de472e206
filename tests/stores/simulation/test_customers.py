from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from stores.simulation.members import CUSTOMERS, assert_contract, orders_frame, resized, told
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores import linking
from retention_lib.stores.engine import connect
from retention_lib.stores.simulation.customers import customers, identities
from retention_lib.stores.simulation.ledger import loyalty_events


def test_customers_keep_to_the_contract() -> None:
    table = customers(told())
    assert_contract(table, "customers")
    frame = table.to_pandas()
    assert frame.customer_id.is_unique
    assert len(frame) == CUSTOMERS
    assert frame.drop(columns="income_band").notna().all(axis=None)
    assert 0.10 < frame.income_band.isna().mean() < 0.20
    assert set(frame.income_band.dropna()) == {"low", "middle", "high"}
    assert frame.household_id.nunique() < len(frame)


def test_a_customer_is_acquired_at_the_first_order() -> None:
    story = told()
    first = orders_frame(story).groupby("customer_id").ordered_at.min()
    assert customers(story).to_pandas().acquired_at.tolist() == first.tolist()


def test_identities_keep_to_the_contract_and_no_two_customers_share_one() -> None:
    table = identities(told())
    assert_contract(table, "identities")
    frame = table.to_pandas()
    assert set(frame.kind) == set(TABLES["identities"].column("kind").choices)
    assert not frame.duplicated(["kind", "value"]).any()
    assert not frame.duplicated(["customer_id", "kind"]).any()
    assert (frame.kind == "email").sum() == (frame.kind == "phone").sum() == CUSTOMERS
    assert frame.customer_id.is_monotonic_increasing


def test_invented_addresses_and_numbers_reach_nobody() -> None:
    values = identities(told()).to_pandas().groupby("kind", observed=True).value
    assert values.get_group("email").str.fullmatch(r"buyer\d{9}@example\.com").all()
    assert values.get_group("phone").str.fullmatch(r"\+70\d{9}").all()


def test_members_have_cards_and_those_who_order_on_the_site_have_cookies() -> None:
    story = told()
    frame = identities(story).to_pandas()
    members = set(loyalty_events(story).to_pandas().customer_id)
    assert set(frame[frame.kind == "card"].customer_id) == members
    orders = orders_frame(story)
    on_site = set(orders[orders.channel == 0].customer_id)
    assert set(frame[frame.kind == "cookie"].customer_id) == on_site
    assert len(on_site) < CUSTOMERS


def test_every_identifier_is_usable_for_linking() -> None:
    engine = connect()
    known = linking.identifiers(engine.create_table("identities", _plain(identities(told()))), engine)
    assert known.filter(known.identifier.isnull()).count().execute() == 0


def test_second_ids_link_to_the_first_and_to_nobody_else() -> None:
    story = resized(split_ids=0.3)
    people, known = customers(story), identities(story)
    frame = people.to_pandas()
    second = frame[frame.customer_id.str.startswith("D")]
    assert 0.2 * CUSTOMERS < len(second) < 0.35 * CUSTOMERS
    engine = connect()
    told_ids = linking.identifiers(engine.create_table("identities", _plain(known)), engine)
    linked = linking.linked_ids(told_ids, engine)
    groups = linking.judged_groups(linked, engine.create_table("customers", _plain(people)), largest=5).execute()
    assert groups.reason.isna().all()
    assert (groups.ids == 2).all()
    assert set(linked.execute().customer_id) == set(second.customer_id) | {"C" + i[1:] for i in second.customer_id}
    shared = known.to_pandas().groupby(["kind", "value"], observed=True).size()
    assert (shared[shared > 1].groupby("kind", observed=True).size()[["email", "phone"]] > 100).all()


def test_a_second_row_is_the_same_person_registered_anew() -> None:
    frame = customers(resized(split_ids=0.3)).to_pandas()
    second = frame[frame.customer_id.str.startswith("D")]
    first = frame.set_index("customer_id").loc["C" + second.customer_id.str[1:]].reset_index()
    same = ["birth_date", "sex", "region", "household_id", "email_consent", "sms_consent", "messenger_consent"]
    pd.testing.assert_frame_equal(second[same].reset_index(drop=True), first[same])
    assert (second.acquired_at.to_numpy() > first.acquired_at.to_numpy()).all()
    assert second[["acquisition_channel", "acquisition_cost"]].isna().all(axis=None)


def test_without_split_ids_everybody_has_one() -> None:
    assert pc.all(pc.starts_with(customers(resized(split_ids=0.0))["customer_id"], "C")).as_py()


@pytest.mark.parametrize("make", [customers, identities])
def test_tables_of_one_seed_are_equal(make: object) -> None:
    assert make(told()).equals(make(story.__wrapped__(customers=CUSTOMERS)))  # type: ignore[operator]


def _plain(table: pa.Table) -> ibis.expr.types.Table:
    """The table with words in place of codes."""
    names = [name for name in table.column_names if pa.types.is_dictionary(table.schema.field(name).type)]
    for name in names:
        table = table.set_column(table.column_names.index(name), name, pc.cast(table[name], pa.string()))
    return table
