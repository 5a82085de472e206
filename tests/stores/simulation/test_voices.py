from __future__ import annotations

import numpy as np
import pandas as pd
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.voices import SERVICE, feedback, service

DAY = pd.Timedelta(days=1)


def with_orders(told: Story, frame: pd.DataFrame) -> pd.DataFrame:
    """A table's rows beside the truth of the orders they are about."""
    orders, dates = told.orders, told.shop.calendar.dates
    received = np.where(orders.delivered_day >= 0, orders.delivered_day, orders.day)
    truth = pd.DataFrame(
        {
            "order_id": [f"O{number:010d}" for number in orders.number],
            "customer": [f"C{number:09d}" for number in told.people.number[orders.customer]],
            "ordered": dates[orders.day] + orders.second.astype("timedelta64[s]"),
            "received": dates[0] + received,
            "bad": told.occasions.bad_review[orders.occasion],
            "quick": told.occasions.answered[orders.occasion],
            "late": orders.late,
            "refunded": orders.refunded > 0,
            "stays": told.fates.left[orders.customer] > received + 90,
        }
    )
    return frame.merge(truth, on="order_id", how="left")


def said(told: Story, kind: str) -> pd.DataFrame:
    return with_orders(told, feedback(told).to_pandas().query("kind == @kind"))


def test_bad_reviews_are_those_of_the_story() -> None:
    told = story()
    reviews, orders = said(told, "review"), told.orders
    bad = reviews[reviews["score"] <= 2]
    assert bad["bad"].all()
    assert (reviews.loc[reviews["score"] > 2, "score"] <= 5).all()
    assert not reviews.loc[reviews["score"] > 2, "bad"].any()
    assert (reviews["scale"] == 5).all()
    assert not reviews["order_id"].duplicated().any()
    # Every bad review whose latest day lies inside the window is there.
    in_time = np.maximum(orders.delivered_day, orders.day) + 13 <= told.shop.calendar.days
    expected = {f"O{number:010d}" for number in orders.number[told.occasions.bad_review[orders.occasion] & in_time]}
    assert len(expected) > 300
    assert expected <= set(bad["order_id"])


def test_reviews_come_days_after_the_delivery() -> None:
    reviews = said(story(), "review")
    wait = (reviews["given_at"].dt.floor("D") - reviews["received"]) / DAY
    assert wait.between(3, 12).all()
    assert set(wait) == set(range(3, 13))
    assert (reviews["customer"] == reviews["customer_id"]).all()


def test_quick_answers_are_those_of_the_story() -> None:
    told = story()
    bad = said(told, "review").query("score <= 2 and given_at < '2026-06-15'")
    wait = (bad["answered_at"] - bad["given_at"]) / DAY
    assert (wait[bad["quick"]] <= 2).all()
    assert (wait[bad["quick"]] > 0).all()
    slow = wait[~bad["quick"]]
    assert slow.min() >= 5
    assert 0.25 < slow.notna().mean() < 0.55


def test_without_harm_bad_reviews_stay() -> None:
    harmless, harmful = (said(story(customers=2000, bad_review_harm=harm), "review") for harm in (0.0, 0.35))
    assert (harmless["score"] <= 2).sum() >= (harmful["score"] <= 2).sum() > 50


def test_surveys_are_worse_after_trouble_and_better_from_those_who_stay() -> None:
    told = story()
    surveys = said(told, "survey")
    assert (surveys["scale"] == 10).all()
    assert surveys["score"].between(0, 10).all()
    assert surveys["answered_at"].isna().all()
    early = told.orders.day < told.shop.calendar.days - 40
    answers = surveys["ordered"] < told.shop.calendar.dates[-40]
    assert abs(answers.sum() / early.sum() - 0.05) < 4 * np.sqrt(0.05 / early.sum())
    mean = surveys.groupby("late")["score"].mean()
    assert mean[True] < mean[False] - 1
    assert surveys.loc[surveys["bad"], "score"].mean() < surveys.loc[~surveys["bad"], "score"].mean() - 2
    quiet = surveys[~surveys["bad"] & ~surveys["late"]].groupby("stays")["score"].mean()
    assert quiet[True] > quiet[False] + 0.3


def test_without_surveys_there_are_only_reviews() -> None:
    told = story(customers=2000, surveys=0.0)
    assert set(feedback(told).to_pandas()["kind"]) == {"review"}


def test_feedback_stands_by_customer_and_time_and_inside_the_window() -> None:
    told = story()
    frame = feedback(told).to_pandas()
    assert (frame.sort_values(["customer_id", "given_at"], kind="stable").index == frame.index).all()
    stamps = frame[["given_at", "answered_at"]]
    assert stamps.max(axis=None) < pd.Timestamp("2026-07-01")
    assert tuple(frame.columns) == TABLES["feedback"].names


def test_trouble_brings_contacts_with_service() -> None:
    told = story()
    calls = with_orders(told, service(told).to_pandas())
    assert set(calls["kind"]) == set(SERVICE)
    assert calls.loc[calls["kind"] == "delivery", "late"].all()
    assert calls.loc[calls["kind"] == "quality", "bad"].all()
    assert calls.loc[calls["kind"] == "refund", "refunded"].all()
    questions = (calls["kind"] == "question").sum()
    assert abs(questions / told.orders.count - 0.03) < 4 * np.sqrt(0.03 / told.orders.count)
    assert (calls["kind"] == "delivery").sum() / told.orders.late.sum() > 3 * 0.03
    assert (calls["customer"] == calls["customer_id"]).all()
    assert (calls["opened_at"] >= calls["ordered"]).all()
    assert (calls.sort_values(["customer_id", "opened_at"], kind="stable").index == calls.index).all()
    assert calls[["opened_at", "closed_at"]].max(axis=None) < pd.Timestamp("2026-07-01")


def test_most_contacts_are_closed_within_days_and_some_stay_open() -> None:
    calls = service(story()).to_pandas().query("opened_at < '2026-05-01'")
    days = (calls["closed_at"] - calls["opened_at"]) / DAY
    assert (days.dropna() > 0).all()
    assert 0.02 < days.isna().mean() < 0.08
    assert (days < 4).mean() > 0.8
    assert (days > 14).sum() > 10


def test_without_service_contacts_the_table_is_empty() -> None:
    empty, full = service(story(customers=2000, service_contacts=0.0)), service(story())
    assert empty.num_rows == 0
    assert empty.schema == full.schema
    assert tuple(empty.column_names) == TABLES["service"].names
