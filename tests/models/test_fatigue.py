from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.fatigue import ContactFatigue, contact_fatigue
from retention_lib.models.intervals import wilson


def band(sent: np.ndarray, opened: np.ndarray | None, **counts: object) -> dict[str, object]:
    """A band from each customer's messages and openings."""
    known = {
        "channel": "email",
        "messages_from": int(sent.min()) if len(sent) else 0,
        "messages_to": pd.NA,
        "customers": len(sent),
        "asked": len(sent),
        "withdrawn": 0,
        "sent": int(sent.sum()),
        "opened": pd.NA if opened is None else int(opened.sum()),
        "sent_squares": int((sent**2).sum()),
        "opened_squares": 0 if opened is None else int((opened**2).sum()),
        "sent_opened": 0 if opened is None else int((sent * opened).sum()),
        "active": len(sent),
        "lost": 0,
    }
    return known | counts


def none(active: int, lost: int, channel: str = "email") -> dict[str, object]:
    return band(np.array([], dtype=int), np.array([], dtype=int), active=active, lost=lost, channel=channel)


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"opened": "Int64", "messages_to": "Int64"})


def result(*rows: dict[str, object]) -> ContactFatigue:
    found = contact_fatigue(frame(*rows), month="2020-03")
    assert isinstance(found, ContactFatigue)
    return found


def test_shares_by_hand() -> None:
    ones, twos = np.ones(50, dtype=int), np.full(40, 2)
    found = result(
        none(100, 20),
        band(ones, ones * ([1] * 10 + [0] * 40), withdrawn=5, asked=25, lost=10),
        band(twos, twos * ([1] * 10 + [0] * 30), withdrawn=4, lost=2),
    )
    table = found.table
    assert table["lapse"].tolist() == pytest.approx([0.2, 0.2, 0.05])
    assert table["withdrawn_share"].tolist()[1:] == pytest.approx([0.2, 0.1])
    assert math.isnan(table["withdrawn_share"][0])
    expected = wilson(5, 25)
    assert isinstance(expected, Estimate)
    assert table.loc[1, ["withdrawn_low", "withdrawn_high"]].tolist() == [expected.low, expected.high]
    assert table["opened_share"].tolist()[1:] == pytest.approx([0.2, 0.25])
    assert (found.asked, found.withdrawn, found.channel) == (65, 9, "email")


def test_customers_who_open_all_or_none_are_counted_as_one_each() -> None:
    # Ten of 40 customers open both of theirs: the error is that of 40 customers, not of 80 messages.
    twos = np.full(40, 2)
    row = result(band(twos, twos * ([1] * 10 + [0] * 30))).table.iloc[0]
    error = math.sqrt(0.25 * 0.75 / 40 * 40 / 39)
    assert (row["opened_high"] - row["opened_low"]) / 2 == pytest.approx(1.959964 * error, rel=1e-6)


def test_the_change_is_from_the_first_band_to_the_last_that_is_not_thin() -> None:
    ones, threes, many = np.ones(400, dtype=int), np.full(400, 3), np.full(20, 20)
    opened = np.array([1] * 200 + [0] * 200)
    found = result(none(50, 5), band(ones, opened), band(threes, opened), band(many, many))
    change = found.opened_change
    assert isinstance(change, Estimate)
    assert change.value == pytest.approx(200 / 1200 - 0.5)
    assert change.claimed
    assert found.table["thin"].tolist() == [False, False, False, True]


def test_a_channel_whose_openings_are_not_seen_has_no_share_of_them() -> None:
    found = result(none(100, 10), band(np.ones(50, dtype=int), None), band(np.full(50, 2), None))
    assert found.table["opened_share"].isna().all()
    assert found.opened_change == NotEnough("bands_of_messages", 0, 2)


def test_the_channel_with_most_customers_leads() -> None:
    ones = np.ones(50, dtype=int)
    rows = (band(ones, ones, withdrawn=3), band(np.ones(90, dtype=int), None, channel="sms", asked=0))
    found = result(*rows)
    assert (found.channel, found.asked, found.withdrawn) == ("sms", 0, 0)


def test_too_little_is_not_enough_and_no_messages_are_not_asked() -> None:
    refusal = NotEnough("customers_mailed_lately", 20, 30)
    assert contact_fatigue(frame(band(np.ones(20, dtype=int), None)), month="2020-03") == refusal
    assert contact_fatigue(refusal, month="2020-03") is refusal
    assert contact_fatigue(frame(none(50, 5)).head(0), month="2020-03") == NotEnough("customers_mailed_lately", 0, 30)
    assert isinstance(contact_fatigue(None, month="2020-03"), NotAsked)


def test_intervals_of_openings_cover() -> None:
    """Customers open all, none or some of one to five messages; the share is that of messages."""
    rng = np.random.default_rng(4)
    truth, covered = 0.0, []
    for part in range(201):
        size = 20_000 if part == 0 else 200
        sent = rng.integers(1, 6, size)
        opened = rng.binomial(sent, rng.beta(0.5, 1, size))
        if part == 0:
            truth = 1 / 3  # the mean of the beta, whatever the number sent
            assert opened.sum() / sent.sum() == pytest.approx(truth, abs=0.01)
            continue
        row = result(band(sent, opened)).table.iloc[0]
        covered.append(row["opened_low"] <= truth <= row["opened_high"])
    assert 0.91 <= np.mean(covered) <= 0.985
