from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd
from measures.tables import bought, table

from retention_lib.measures.audiences import audiences, consents
from retention_lib.settings import Month

REVIEWS = {"customer_id": "string", "given_at": "timestamp", "score": "float64", "scale": "int64"}
JUNE = Month.parse("2020-06")
CUTOFF = date(2020, 3, 1)


def reviews(*rows: tuple[str, str, float, int]) -> ibis.Table:
    return table([(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows], REVIEWS)


def counted(frame: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    counts = ["customers", "past_customers", "past_returned"]
    return {row["audience"]: tuple(row[name] for name in counts) for row in frame.to_dict("records")}


def test_quiet_are_those_whose_silence_passed_the_window_in_the_month() -> None:
    # The month ends on 1 July: 20 days before is 11 June, 50 days before 12 May.
    days = bought(
        inside="2020-05-20", edge="2020-05-12", too_long="2020-05-11", still="2020-06-11", then="2020-01-20 2020-03-05"
    )
    found = audiences(days, None, month=JUNE, cutoff=CUTOFF, horizon_days=90, lapse_days=20)
    # At the cut-off, 1 March, `then` had been silent for 41 days, and bought again for 10.
    assert counted(found)["just_quiet"] == (2, 1, 1)
    assert list(found["past_spend"]) == [10.0, 0.0]


def test_one_order_is_a_first_purchase_in_the_month() -> None:
    days = bought(new="2020-06-01", earlier="2020-05-31", twice="2020-06-02 2020-06-03", then="2020-02-10 2020-05-30")
    found = audiences(days, None, month=JUNE, cutoff=CUTOFF, horizon_days=90, lapse_days=20)
    # 30 May is the 90th day from 1 March and the horizon's end is 30 May: half-open.
    assert counted(found)["one_order"] == (1, 1, 0)


def test_bad_reviews_are_of_the_month_and_by_buyers() -> None:
    days = bought(ann="2020-01-01", bob="2020-01-01 2020-04-01", eve="2020-01-01")
    written = reviews(
        ("ann", "2020-06-30 23:59:00", 2, 5),
        ("ann", "2020-06-20", 1, 5),
        ("eve", "2020-06-20", 3, 5),
        ("bob", "2020-02-20", 4, 10),
        ("nobody", "2020-06-20", 1, 5),
    )
    found = audiences(days, written, month=JUNE, cutoff=CUTOFF, horizon_days=90, lapse_days=20)
    assert counted(found)["bad_review"] == (1, 1, 1)


def test_consents_unknown_count_as_refused() -> None:
    schema = {"customer_id": "string", "email_consent": "boolean", "sms_consent": "boolean"}
    found = consents(table([("b", True, None), ("a", None, False)], schema))
    assert found is not None
    assert found.to_dict("list") == {
        "customer_id": ["a", "b"],
        "email_consent": [False, True],
        "sms_consent": [False, False],
    }
    assert consents(None) is None
    assert consents(table([("a",)], {"customer_id": "string"})) is None
