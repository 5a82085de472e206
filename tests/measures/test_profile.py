"""The customer profile: by hand for a shop with every table, and against pandas for random ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from measures.profile_shop import TABLES, shop
from measures.tables import sales, table

from retention_lib.measures.profile import customer_profile, profile_frame
from retention_lib.measures.profile_columns import PROFILE_COLUMNS, PROFILE_SUBJECTS
from retention_lib.measures.profile_person import loyalty_part
from retention_lib.measures.profile_sales import sold_orders
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.settings.tables import TABLES as CONTRACT
from retention_lib.stores.store import open_store

pytestmark = pytest.mark.xdist_group("profile")
UNTIL = date(2026, 3, 1)
NAMES = [column.name for column in PROFILE_COLUMNS]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    with shop(tmp_path_factory.mktemp("shop"), *TABLES) as store:
        return profile_frame(customer_profile(store, UNTIL)).set_index("customer_id")


def told(profile: pd.DataFrame, customer: str, subject: str) -> dict[str, Any]:
    """What a subject's columns say of a customer; missing values as None, days as text."""
    names = [column.name for column in PROFILE_SUBJECTS[subject]]
    row = profile.loc[customer, names]
    return {
        name: None if pd.isna(value) else str(value.date()) if isinstance(value, pd.Timestamp) else value
        for name, value in row.items()
    }


def test_profile_has_one_row_a_customer_known_before_the_end(profile: pd.DataFrame) -> None:
    # fay only brought something back, eve registered on the day that is no longer seen.
    assert list(profile.index) == ["ann", "bob", "cid", "dan", "gus"]
    assert ["customer_id", *profile.columns] == NAMES


def test_sales_of_a_regular_customer(profile: pd.DataFrame) -> None:
    # The order of 3 February was refunded in full a week later: no purchase, though money moved both ways.
    assert told(profile, "ann", "Sales") == {
        "first_purchase": "2026-01-05",
        "last_purchase": "2026-01-12",
        "recency_days": 48,
        "frequency": 2,
        "orders": 2,
        "monetary": 190.0,
        "average_order": 95.0,
        "recency_score": 1,
        "frequency_score": 4,
        "monetary_score": 4,
        "refund_share": 0.24,  # 60 of 250
        "discount_share": 0.05,  # 10 of 200
        "discount_dependence": 0.5,
        "category_breadth": 2,
        "favourite_category": "tea",
        "main_channel": "shop",  # one order each, 150 against 40
        "coupons_used": 1,
    }


def test_sales_of_two_orders_on_one_day_and_a_refund_of_an_older_one(profile: pd.DataFrame) -> None:
    assert told(profile, "cid", "Sales") == {
        "first_purchase": "2026-01-31",
        "last_purchase": "2026-01-31",
        "recency_days": 29,
        "frequency": 1,
        "orders": 2,
        "monetary": 25.0,
        "average_order": 20.0,
        "recency_score": 2,
        "frequency_score": 1,
        "monetary_score": 2,
        "refund_share": 0.375,  # 15 of 40
        "discount_share": 0.111111,  # 5 of 45
        "discount_dependence": 0.5,
        "category_breadth": 1,
        "favourite_category": "coffee",
        "main_channel": "web",
        "coupons_used": 0,
    }


def test_sales_of_who_never_bought_are_zero_or_missing(profile: pd.DataFrame) -> None:
    found = told(profile, "dan", "Sales")
    zero = {"frequency", "orders", "monetary", "category_breadth", "coupons_used"}
    assert {name for name, value in found.items() if value == 0} == zero
    assert all(value is None for name, value in found.items() if name not in zero)


def test_last_second_before_the_end_is_seen(profile: pd.DataFrame) -> None:
    assert profile.loc["bob", "recency_days"] == 1
    assert profile.loc["bob", "recency_score"] == 4


def test_favourites_are_shrunk_to_the_base(profile: pd.DataFrame) -> None:
    # Orders by weekday: Monday 2, Saturday 3; ann has both Mondays: (2 + 10 * 2/5) / 12 is as much as
    # (0 + 10 * 3/5) / 12, and the first of equal ones is taken.
    days = profile.loc[["ann", "bob", "cid"], ["favourite_weekday", "weekday_share"]]
    assert days.to_numpy().tolist() == [[1, 0.5], [6, 0.636364], [6, 0.666667]]
    # By hour: 10 twice (ann), 12 and 23 once; one order at 23 does not outweigh the base: 5/11 against 3.5/11.
    # The order at midnight sharp has no hour.
    hours = profile.loc[["ann", "bob", "cid"], ["favourite_hour", "hour_share"]]
    assert hours.to_numpy().tolist() == [[10, 0.583333], [10, 0.454545], [10, 0.454545]]
    opening = told(profile, "ann", "Day and hour")
    assert [opening[name] for name in ("favourite_open_weekday", "favourite_open_hour", "open_hour_share")] == [
        7,
        20,
        1,
    ]
    assert all(value is None for value in told(profile, "gus", "Day and hour").values())


def test_behaviour_of_who_reads_and_visits(profile: pd.DataFrame) -> None:
    assert told(profile, "ann", "Behaviour") == {
        "visits": 1,
        "views": 1,
        "carts": 1,
        "checkouts": 0,
        "days_since_web_event": 8,
        "messages": 3,
        "days_since_message": 19,
        "opens": 2,  # one clicked without a sign of being opened
        "clicks": 1,
        "open_rate": 0.722222,  # (2 + 10 * 2/3) / 12: two e-mails, the SMS cannot be opened
        "click_rate": 0.361111,  # (1 + 10 * 1/3) / 12
    }


def test_behaviour_knows_nothing_of_the_day_after(profile: pd.DataFrame) -> None:
    found = told(profile, "bob", "Behaviour")
    assert (found["messages"], found["opens"], found["open_rate"]) == (1, 0, 0.606061)  # (0 + 10 * 2/3) / 11
    assert (found["visits"], found["days_since_web_event"]) == (0, None)


def test_open_rate_is_missing_where_no_message_could_be_seen_opened(profile: pd.DataFrame) -> None:
    found = told(profile, "cid", "Behaviour")
    assert (found["messages"], found["opens"], found["open_rate"], found["click_rate"]) == (1, 0, None, None)


def test_person(profile: pd.DataFrame) -> None:
    assert told(profile, "ann", "Person") == {
        "acquired_on": "2020-05-01",
        "acquisition_channel": None,
        "region": "North",
        "sex": "f",
        "age_band": "25-34",  # 25 on that very day
        "income_band": None,
        "household_id": "h1",
        "email_consent": True,
        "sms_consent": False,
        "messenger_consent": None,
    }
    assert profile.loc["dan", "age_band"] == "18-24"  # 25 the day after
    assert profile.loc["bob", ["age_band", "email_consent"]].isna().all()


def test_age_band_at_its_borders(tmp_path: Path) -> None:
    born = {
        "2008-03-01": "18-24",
        "2008-03-02": "under 18",
        "1991-03-01": "35-44",
        "1961-03-01": "65+",
        "1961-03-02": "55-64",
        "2026-03-02": pd.NA,
    }
    rows = [f"c{number},{day}," for number, day in enumerate(born)]
    text = "\n".join(["customer_id,birth_date,age_band", *rows, "d1,1961-03-01,as the source says"])
    with shop(tmp_path, "customers", customers=text) as store:
        found = profile_frame(customer_profile(store, UNTIL))["age_band"].tolist()
    assert found == [*born.values(), "as the source says"]


def test_loyalty(profile: pd.DataFrame) -> None:
    # 100 - 30 - 10 - 5 + 2; the gold tier comes the day after.
    ann = {"member": True, "member_since": "2025-12-01", "tier": "silver", "points_balance": 57.0}
    assert told(profile, "ann", "Loyalty programme") == ann
    bob = {"member": False, "member_since": None, "tier": None, "points_balance": 0.0}
    assert told(profile, "bob", "Loyalty programme") == bob
    assert told(profile, "gus", "Loyalty programme") == bob


def test_points_written_with_signs_are_reversed_as_written() -> None:
    schema = {"customer_id": "string", "occurred_at": "timestamp", "event": "string", "points": "float64"}
    moment = pd.Timestamp("2026-02-01").to_pydatetime()
    rows = [("earn", 100.0), ("redeem", -30.0), ("reverse", -5.0), ("reverse", 3.0), ("adjust", -2.0)]
    events = table([("ann", moment, *row) for row in rows], schema)
    assert loyalty_part(events, until=UNTIL).to_pandas()["points_balance"].tolist() == [66.0]


def test_attitude(profile: pd.DataFrame) -> None:
    assert told(profile, "ann", "Attitude") == {
        "reviews": 2,
        "review_score": 0.7,
        "negative_reviews": 1,
        "days_since_negative_review": 19,
        "surveys": 1,
        "survey_score": 0.8,
        "service_contacts": 2,
        "days_since_service_contact": 14,
        "open_service_contacts": 1,  # closed after the end
    }
    assert profile.loc["cid", ["reviews", "review_score", "negative_reviews"]].tolist() == [1, 0.4, 1]
    assert profile.loc["bob", ["reviews", "review_score", "negative_reviews"]].tolist() == [1, 0.5, 0]


def test_profile_of_sales_alone_leaves_the_rest_missing(tmp_path: Path) -> None:
    text = "customer_id,order_id,ordered_at,amount\nann,o1,2026-02-01,5.00"
    with shop(tmp_path, "transactions", transactions=text) as store:
        frame = profile_frame(customer_profile(store, UNTIL))
    known = {name for name in NAMES if frame[name].notna().all()}
    expected = {"customer_id", *(column.name for column in PROFILE_COLUMNS if column.needs == ("transactions",))}
    assert known == expected - {"favourite_hour", "hour_share"}  # no time of day is known
    assert frame.dtypes["visits"] == "Int64"


def test_profile_of_customers_alone(tmp_path: Path) -> None:
    with shop(tmp_path, "customers") as store:
        frame = profile_frame(customer_profile(store, UNTIL))
    assert frame["customer_id"].tolist() == ["ann", "bob", "dan"]
    assert frame["frequency"].isna().all()


def test_profile_of_visits_by_session_only(tmp_path: Path) -> None:
    text = "session_id,occurred_at,event\ns1,2026-02-01,visit"
    with shop(tmp_path, "customers", "web_events", web_events=text) as store:
        assert profile_frame(customer_profile(store, UNTIL))["visits"].isna().all()


def test_needs_name_tables_and_columns_of_the_contract() -> None:
    for column in PROFILE_COLUMNS:
        for need in (part for needs in column.needs for part in needs.split(" or ")):
            name, _, field = need.partition(".")
            assert not field or field in CONTRACT[name].names, need
    assert len(set(NAMES)) == len(NAMES)


def random_shop(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order lines with refunds and discounts, and e-mails with openings; a third of either after the end."""
    rng = np.random.default_rng(seed)
    count = 600
    order = rng.integers(0, 250, count)
    base = pd.Timestamp(UNTIL) - pd.to_timedelta(rng.integers(-60 * 1440, 120 * 1440, 250), unit="min")
    lines = pd.DataFrame(
        {
            "customer_id": [f"c{number % 41:02d}" for number in order],
            "order_id": [f"o{number}" for number in order],
            "line_id": [str(number) for number in range(count)],
            "ordered_at": base[order],
            "amount": rng.integers(-2000, 9000, count) / 100,
            "category": rng.choice(["a", "b", "c", "d"], count),
            "discount": rng.integers(0, 3, count) * 1.5,
        }
    )
    sent = pd.Timestamp(UNTIL) - pd.to_timedelta(rng.integers(-30 * 1440, 60 * 1440, 200), unit="min")
    late = pd.to_timedelta(rng.integers(1, 20_000, 200), unit="min")
    mails = pd.DataFrame(
        {
            "customer_id": [f"c{number:02d}" for number in rng.integers(0, 45, 200)],
            "campaign_id": [f"k{number}" for number in range(200)],
            "channel": rng.choice(["email", "push"], 200),
            "sent_at": sent,
            "opened_at": pd.Series(sent + late).where(rng.random(200) < 0.4),
        }
    )
    return lines, mails


def slot_oracle(events: pd.DataFrame, slot: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Favourite slot and its share from the whole matrix of customers by slots."""
    counts = pd.crosstab(events["customer_id"], slot)
    prior = 10 * counts.sum() / counts.to_numpy().sum()
    posterior = counts.add(prior, axis=1).div(counts.sum(axis=1) + 10, axis=0).round(6)
    return posterior.idxmax(axis=1), posterior.max(axis=1)


def sales_oracle(lines: pd.DataFrame) -> pd.DataFrame:
    """The sales part by pandas, in its own way: loops over customers, percentages by comparing pairs."""
    seen = lines[lines["ordered_at"] < pd.Timestamp(UNTIL)].assign(day=lambda rows: rows["ordered_at"].dt.normalize())
    net = seen.groupby("order_id")["amount"].sum().round(2)
    sold = seen[seen["order_id"].isin(net[net > 0].index)]
    rows = {}
    for customer, own in seen.groupby("customer_id"):
        days = own.groupby(own.groupby("order_id")["day"].transform("min"))["amount"].sum().round(2)
        days = days[days > 0]
        if days.empty:
            continue
        mine = sold[sold["customer_id"] == customer]
        bought = mine.groupby(["order_id", "category"])["amount"].sum().round(2)
        kept = bought[bought > 0].reset_index()
        ranked = kept.groupby("category").agg(orders=("order_id", "nunique"), money=("amount", "sum")).reset_index()
        ranked = ranked.sort_values(["orders", "money", "category"], ascending=[False, False, True])
        given = mine.loc[mine["amount"] >= 0]
        orders = mine["order_id"].nunique()
        rows[customer] = {
            "recency_days": (pd.Timestamp(UNTIL) - days.index.max()).days,
            "frequency": len(days),
            "orders": orders,
            "monetary": own["amount"].sum(),
            "average_order": mine["amount"].sum() / orders if orders else np.nan,
            "discount_dependence": given.loc[given["discount"] > 0, "order_id"].nunique() / orders
            if orders
            else np.nan,
            "discount_share": given["discount"].sum() / (given["discount"].sum() + mine["amount"].sum()),
            "category_breadth": len(ranked),
            "favourite_category": ranked["category"].iloc[0] if len(ranked) else None,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    for name, value in (
        ("recency_score", -frame["recency_days"]),
        ("frequency_score", frame["frequency"]),
        ("monetary_score", frame["monetary"].round(2)),
    ):
        frame[name] = [int(5 * (value < own).sum() / len(value)) + 1 for own in value]
    weekdays = sold.groupby("order_id").agg(customer_id=("customer_id", "first"), at=("ordered_at", "min"))
    frame["favourite_weekday"], frame["weekday_share"] = slot_oracle(weekdays, weekdays["at"].dt.dayofweek + 1)
    frame["favourite_hour"], frame["hour_share"] = slot_oracle(weekdays, weekdays["at"].dt.hour)
    return frame


@pytest.mark.parametrize("seed", [3, 17])
def test_profile_of_a_random_shop_is_that_of_pandas(tmp_path: Path, seed: int) -> None:
    lines, mails = random_shop(seed)
    texts = {"transactions": lines.to_csv(index=False), "contacts": mails.to_csv(index=False)}
    with shop(tmp_path, *texts, **texts) as store:
        found = profile_frame(customer_profile(store, UNTIL)).set_index("customer_id")
    expected = sales_oracle(lines)
    assert len(expected) > 20
    bought = found[found["frequency"] > 0]
    assert set(bought.index) == set(expected.index)
    for name in expected.columns:
        own, wanted = bought[name].loc[expected.index], expected[name]
        if name == "favourite_category":
            assert own.tolist() == wanted.tolist()
        else:
            finest = 6e-5 if name == "average_order" else 2e-6  # money has four decimal places
            np.testing.assert_allclose(own.astype(float), wanted.astype(float), atol=finest, err_msg=name)
    seen = mails[mails["sent_at"] < pd.Timestamp(UNTIL)].assign(opened=mails["opened_at"] < pd.Timestamp(UNTIL))
    base = seen["opened"].mean()
    rates = seen.groupby("customer_id")["opened"].agg(lambda hits: (hits.sum() + 10 * base) / (len(hits) + 10))
    np.testing.assert_allclose(found["open_rate"].dropna(), rates.sort_index(), atol=2e-6)
    assert list(found.index) == sorted(set(expected.index) | set(seen["customer_id"]))


def test_profile_of_the_complete_journey_holds_every_dollar_once(journey: Any) -> None:
    frame = profile_frame(customer_profile(journey, date(2018, 1, 1)))
    assert frame["customer_id"].is_unique
    assert frame["customer_id"].is_monotonic_increasing
    assert len(frame) == 2469
    assert frame["monetary"].sum() == pytest.approx(4_596_039.58, abs=0.005)


def test_a_purchase_stamped_in_another_zone_counts_on_the_store_s_day(tmp_path: Path) -> None:
    # 23:30 in UTC is half past two of the next day in Moscow: the last day seen, and a day of its own.
    stamps = ", ".join(f"('1', TIMESTAMPTZ '2026-02-{day} 23:30:00+00', 5)" for day in (26, 27, 28))
    rows = f"SELECT * FROM (VALUES {stamps}) AS sales(customer_id, ordered_at, amount)"
    duckdb.sql(rows).write_parquet(str(tmp_path / "sales.parquet"))
    tables = {"transactions": TableSource(path="sales.parquet")}
    settings = StoreSettings(timezone="Europe/Moscow", currency="RUB", tables=tables)
    with open_store("shop", settings, root=tmp_path) as store:
        assert store.reconciliation("transactions").rows_kept == 3
        found = profile_frame(customer_profile(store, UNTIL)).set_index("customer_id")
    assert told(found, "1", "Sales") | {"recency_days": 1, "frequency": 2} == told(found, "1", "Sales")
    assert (str(found.first_purchase["1"].date()), found.monetary["1"]) == ("2026-02-27", 10.0)


def test_orders_of_nothing_count_where_the_store_says_so_and_refunded_ones_never() -> None:
    amounts = {"gift": ["0"], "refunded": ["5", "-5"], "sold": ["5", "0"], "returned": ["-5"]}
    shop = sales(*(("ann", order, "2026-01-05", amount) for order, rows in amounts.items() for amount in rows))
    for counts, expected in ((False, ["sold"]), (True, ["gift", "sold"])):
        orders = sold_orders(shop, until=UNTIL, zero_amount_is_purchase=counts)
        assert sorted(orders.order_id.to_pandas()) == expected


def test_profile_of_some_columns_says_what_the_whole_one_says(tmp_path: Path) -> None:
    wanted = ["orders", "member", "open_rate", "favourite_hour", "region"]
    with shop(tmp_path, *TABLES) as store:
        some = customer_profile(store, UNTIL, columns=wanted).to_pandas()
        whole = customer_profile(store, UNTIL).to_pandas()
    assert set(some.columns) == {"customer_id", *wanted}
    pd.testing.assert_frame_equal(some, whole[list(some.columns)])
