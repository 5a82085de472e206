from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.actions.habit_counts import nobody

from retention_lib.models.actions.habits import Habits, habits
from retention_lib.models.actions.timing import SendLimits, open_hours, send_times

QUIET = pd.DataFrame(
    {"channel": ["ads", "email", "sms"], "quiet_from": [0, 21, 12], "quiet_to": [0, 9, 14]}
)  # 1 July 2026 is a Wednesday
LIMITS = SendLimits(start=date(2026, 7, 1), send_days=7, quiet=QUIET, later=("birthday",))


def known(hours: list[int], weekdays: list[int]) -> Habits:
    """Habits of the first customers; everybody else's are Thursday at 10."""
    empty = habits(nobody())
    return Habits(
        **{
            **{name: getattr(empty, name) for name in empty.__dataclass_fields__},
            "rows": np.arange(len(hours)),
            "hours": np.array(hours, dtype=np.int8),
            "weekdays": np.array(weekdays, dtype=np.int8),
            "base_weekday": 4,
        }
    )


def candidates(*rows: tuple[int, str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["row", "scenario", "channel", "send_from", "send_by"])
    return frame.assign(**{name: frame[name].astype("datetime64[s]") for name in ("send_from", "send_by")})


def sent(
    *rows: tuple[int, str, str, str, str], hours: tuple[int, ...] = (), weekdays: tuple[int, ...] = ()
) -> list[str]:
    times = send_times(candidates(*rows), known(list(hours), list(weekdays)), LIMITS)
    return [str(stamp) for stamp in times.send_at]


WEEK = ("welcome", "email", "2026-07-01", "2026-07-31")


def test_send_times_own_weekday_and_hour() -> None:
    assert sent((0, *WEEK), (1, *WEEK), hours=(18, 9), weekdays=(1, 3)) == [
        "2026-07-06T18:00:00",
        "2026-07-01T09:00:00",
    ]


def test_send_times_of_a_stranger_are_everybodys() -> None:
    assert sent((5, *WEEK), hours=(18,), weekdays=(1,)) == ["2026-07-02T10:00:00"]


def test_send_times_any_weekday_takes_the_first() -> None:
    assert sent((0, *WEEK), hours=(18,), weekdays=(0,)) == ["2026-07-01T18:00:00"]


def test_send_times_quiet_hours_take_the_nearest_round_the_clock() -> None:
    # 22 o'clock is two hours from 20, eleven from 9; 3 o'clock is six from 9, seven from 20 of the day before
    assert sent((0, *WEEK), (1, *WEEK), hours=(22, 3), weekdays=(5, 5)) == [
        "2026-07-03T20:00:00",
        "2026-07-03T09:00:00",
    ]


def test_send_times_quiet_hours_within_a_day() -> None:
    # of 11 and 14 the nearer to 13 is 14
    assert sent((0, "welcome", "sms", "2026-07-01", "2026-07-31"), hours=(13,), weekdays=(3,)) == [
        "2026-07-01T14:00:00"
    ]


def test_send_times_no_quiet_hours_where_both_ends_are_one() -> None:
    assert sent((0, "welcome", "ads", "2026-07-01", "2026-07-31"), hours=(3,), weekdays=(3,)) == ["2026-07-01T03:00:00"]


def test_send_times_within_an_hour_that_has_begun() -> None:
    window = ("abandoned_cart", "email", "2026-07-01 15:37:20", "2026-07-01 15:50")
    assert sent((0, *window), hours=(15,), weekdays=(1,)) == ["2026-07-01T15:37:20"]


def test_send_times_short_window_takes_the_nearest_hour_in_it() -> None:
    window = ("abandoned_cart", "email", "2026-07-01 15:37", "2026-07-01 18:00")
    assert sent((0, *window), (1, *window), hours=(20, 9), weekdays=(1, 1)) == [
        "2026-07-01T18:00:00",
        "2026-07-01T15:37:00",
    ]


def test_send_times_remove_a_window_of_quiet_hours_alone() -> None:
    window = ("abandoned_cart", "email", "2026-07-01 21:00", "2026-07-02 08:59:59")
    times = send_times(candidates((0, *window), (0, *WEEK)), known([10], [4]), LIMITS)
    assert times.removed.tolist() == [True, False]
    assert times.reason == "no_hour_left"
    assert times.sent["send_from"].tolist() == [pd.Timestamp("2026-07-01")]


def test_send_times_remove_a_window_that_ends_before_it_begins_or_before_the_start() -> None:
    times = sent(
        (0, "welcome", "ads", "2026-07-03", "2026-07-02"), (0, "welcome", "ads", "2026-06-01", "2026-06-30 23:59:59")
    )
    assert times == ["NaT", "NaT"]


def test_send_times_before_the_end_of_the_days_unless_the_scenario_may_be_later() -> None:
    late = ("email", "2026-07-08", "2026-07-20")
    # its first Monday is the 13th
    assert sent((0, "welcome", *late), (0, "birthday", *late), hours=(9,), weekdays=(1,)) == [
        "NaT",
        "2026-07-13T09:00:00",
    ]


def test_send_times_of_prompt_scenarios_wait_for_no_weekday() -> None:
    limits = replace(LIMITS, prompt=("abandoned_cart",))
    rows = candidates((0, *WEEK), (0, "abandoned_cart", *WEEK[1:]))
    times = send_times(rows, known([18], [1]), limits).send_at
    assert [str(stamp) for stamp in times] == ["2026-07-06T18:00:00", "2026-07-01T18:00:00"]


def test_send_times_of_later_scenarios_end_with_the_horizon() -> None:
    rows = candidates((0, "birthday", "email", "2026-07-31 20:00", "2026-08-20"))
    # 3 August would be a Monday, but the next plan takes over on the first
    assert str(send_times(rows, known([9], [1]), LIMITS).send_at[0]) == "2026-07-31T20:00:00"


def test_send_times_keep_the_order_and_the_columns() -> None:
    asked = candidates((1, *WEEK), (0, *WEEK), (1, *WEEK)).set_index(np.array([7, 3, 5])).assign(value=[1.0, 2.0, 3.0])
    told = send_times(asked, known([11, 12], [4, 4]), LIMITS).to_frame()
    assert told.drop(columns="send_at").equals(asked)
    assert told["send_at"].dt.hour.tolist() == [12, 11, 12]


def test_send_times_of_nobody() -> None:
    times = send_times(candidates(), known([11], [4]), LIMITS)
    assert times.frame["send_at"].dtype == "datetime64[s]"
    assert times.sent.empty


def test_send_times_refuse_an_unknown_channel() -> None:
    with pytest.raises(ValueError, match="channel pigeon has no quiet hours; known are ads, email, sms"):
        sent((0, "welcome", "pigeon", "2026-07-01", "2026-07-31"))


def test_open_hours_of_all_channels() -> None:
    assert open_hours(QUIET.iloc[1:2]) == tuple(range(9, 21))
    # every channel but ads has quiet hours: 21 to 9 and 12 to 14
    assert open_hours(QUIET) == (9, 10, 11, *range(14, 21))
    assert open_hours(QUIET.assign(quiet_from=[0, 9, 21], quiet_to=[12, 21, 9])) == tuple(range(24))


HOUR = st.integers(0, 23)
STAMP = st.datetimes(datetime(2026, 6, 20), datetime(2026, 8, 10))


@settings(max_examples=200, deadline=None)
@given(
    windows=st.lists(
        st.tuples(STAMP, STAMP, st.integers(0, 12), st.sampled_from(["a", "b"]), st.booleans()), max_size=12
    ),
    quiet=st.tuples(HOUR, st.integers(0, 24), HOUR, st.integers(0, 24)),
    own=st.lists(st.tuples(HOUR, st.integers(0, 7)), min_size=1, max_size=8),
    send_days=st.integers(1, 31),
)
def test_send_times_keep_every_limit(
    windows: list[tuple[datetime, datetime, int, str, bool]],
    quiet: tuple[int, int, int, int],
    own: list[tuple[int, int]],
    send_days: int,
) -> None:
    rows = [(row, "later" if late else "soon", channel, first, last) for first, last, row, channel, late in windows]
    asked = pd.DataFrame(rows, columns=["row", "scenario", "channel", "send_from", "send_by"]).astype(
        {"send_from": "datetime64[us]", "send_by": "datetime64[us]"}
    )
    hours = pd.DataFrame({"channel": ["a", "b"], "quiet_from": quiet[::2], "quiet_to": quiet[1::2]})
    limits = SendLimits(start=date(2026, 7, 1), send_days=send_days, quiet=hours, later=("later",))
    habit = known([hour for hour, _ in own], [weekday for _, weekday in own])
    told = send_times(asked, habit, limits).frame
    again = send_times(asked.iloc[::-1], habit, limits).frame.iloc[::-1]
    assert told["send_at"].equals(again["send_at"])
    begin = pd.Timestamp(2026, 7, 1)
    for place, (_, scenario, channel, first, last) in enumerate(rows):
        end = pd.Timestamp(last)
        days = send_days if scenario == "soon" else max(send_days, 31)
        end = min(end, begin + pd.Timedelta(days=days) - pd.Timedelta(seconds=1))
        earliest, at = max(pd.Timestamp(first), begin), told["send_at"].iloc[place]
        silent = {hour % 24 for hour in _round(*(quiet[:2] if channel == "a" else quiet[2:]))}
        if pd.isna(at):
            # no full hour and no part of one is left
            moments = pd.date_range(earliest.floor("h"), end, freq="h")
            assert all(moment.hour in silent or max(moment, earliest.ceil("s")) > end for moment in moments)
            continue
        assert earliest <= at <= end
        assert at.hour not in silent


def _round(begin: int, end: int) -> range:
    """The quiet hours, going on after midnight."""
    return range(begin, end if end >= begin else end + 24)
