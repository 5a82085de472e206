from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.activity import returns_after
from retention_lib.measures.alive import histories, silent_customers

CUT = date(2020, 10, 1)


def test_a_history_ends_at_the_cut_off_and_is_rounded_to_weeks() -> None:
    purchases = bought(
        ann="2020-09-01 2020-09-11 2020-10-05",  # 10 days between, known for 29, silent for 20, back within 30
        bob="2020-09-02 2020-09-12 2020-10-31",  # the same weeks; back on day 30, the first beyond the horizon
        cid="2020-09-30 2020-10-30",  # bought the day before; back on the last day of the horizon
        dan="2020-10-01",  # not known yet
    )
    found = histories(purchases, cutoff=CUT, horizon_days=30, edges=[0, 14, 28])
    assert found.to_dict("records") == [
        {"silence_above": 0, "frequency": 0, "recency": 0, "T": 0, "customers": 1, "returned": 1},
        {"silence_above": 14, "frequency": 1, "recency": 1, "T": 4, "customers": 2, "returned": 1},
    ]


def test_a_silence_of_an_edge_lies_in_the_band_below_it() -> None:
    purchases = bought(ann="2020-09-17", bob="2020-09-16")  # silent for 14 and for 15 days
    assert histories(purchases, cutoff=CUT, horizon_days=30, edges=[0, 14])["silence_above"].tolist() == [0, 14]


def test_silent_customers_are_counted_from_their_last_purchase_seen() -> None:
    purchases = bought(ann="2020-09-01 2020-09-30", bob="2020-09-30 2020-10-01", cid="2020-10-01")
    assert silent_customers(purchases, on=CUT).to_dict("records") == [{"silence_days": 1, "customers": 2}]


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_bands_hold_whom_the_return_chance_counts(seed: int) -> None:
    purchases, edges = engine_days(random_sales(seed)), [0, 15, 30, 60]
    found = histories(purchases, cutoff=CUT, horizon_days=60, edges=edges)
    told = returns_after(purchases, cutoff=CUT, horizon_days=60)
    for above, to in zip(edges, [*edges[1:], 10**6], strict=True):
        band = told[(told["silence_days"] > above) & (told["silence_days"] <= to)]
        own = found[found["silence_above"] == above]
        assert (own["customers"].sum(), own["returned"].sum()) == (band["customers"].sum(), band["returned"].sum())
    # What btyd asks of a history.
    assert (found["recency"] <= found["T"]).all()
    assert (found.loc[found["frequency"] == 0, "recency"] == 0).all()
    now = silent_customers(purchases, on=CUT)
    assert now["customers"].sum() == told["customers"].sum()
