"""When each message is sent: at the customer's weekday and hour, inside its window and outside quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.models.actions.habits import Habits

NO_HOUR_LEFT = "no_hour_left"
"""Why a candidate is removed: no allowed hour lies between the earliest and the latest time at which it is of use."""

_WEEK = 168
_CLOSED = 255
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, kw_only=True, eq=False)
class SendLimits:
    """What a time of sending must keep to.

    Attributes:
        start: First day on which anything is sent.
        send_days: Days from it in which everything is sent.
        quiet: One row a channel: channel, quiet_from, quiet_to (hours, 0 to 24: nothing is sent from the one up to the
            other, past midnight where the second is not larger; equal ones mean no quiet hours). From
            `measures.actions.hours.channel_hours`.
        later: Scenarios whose messages may be sent after these days, as their occasion has a day of its own.
        horizon_days: Days from the start in which these are sent.
        prompt: Scenarios whose messages wait for no weekday, as they are of use soon or not at all.
    """

    start: date
    send_days: int
    quiet: pd.DataFrame
    later: tuple[str, ...] = ()
    horizon_days: int = 31
    prompt: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class SendTimes:
    """When each candidate's message is sent.

    Attributes:
        frame: The candidates in their order with send_at (datetime64[s]; NaT where no hour is left).
        reason: Code of why those without a time are removed.
    """

    frame: pd.DataFrame
    reason: str = NO_HOUR_LEFT

    @property
    def send_at(self) -> np.ndarray:
        """The times (datetime64[s]) in the order of the candidates; NaT where no hour is left."""
        return self.frame["send_at"].to_numpy()

    @property
    def removed(self) -> np.ndarray:
        """Whether each candidate is left without a time."""
        return np.isnat(self.send_at)

    @property
    def sent(self) -> pd.DataFrame:
        """The candidates that have a time."""
        return self.frame.loc[~self.removed].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The candidates with their times."""
        return self.frame


def open_hours(quiet: pd.DataFrame) -> tuple[int, ...]:
    """The hours among which favourites are looked for: those in which every channel with quiet hours may send.

    Args:
        quiet: As in `SendLimits`.

    Returns:
        Hours 0 to 23, ascending; all of them where the channels have none in common.
    """
    allowed = _allowed(quiet).all(axis=0)
    return tuple(np.flatnonzero(allowed if allowed.any() else ~allowed).tolist())


def send_times(candidates: pd.DataFrame, habits: Habits, limits: SendLimits) -> SendTimes:
    """The time of each message.

    It lies in [send_from, send_by] and before the end of the days in which everything is sent (of the horizon, where
    the scenario may be sent later), never in the channel's quiet hours. Of the hours that are left one on the
    customer's weekday comes first (unless the scenario is prompt), then that nearest to the customer's hour round the
    clock, then the earliest. Messages go out at full hours, or at `send_from` itself where that hour has begun already.

    Args:
        candidates: One row a candidate: row, scenario, channel, send_from, send_by (datetimes of the store's time
            zone), others. A customer may have several.
        habits: From `habits.habits`.
        limits: Days and quiet hours.

    Returns:
        The candidates with their times, in their order.

    Raises:
        ValueError: A candidate's channel has no quiet hours in `limits`.
    """
    earliest, latest = _window(candidates, limits)
    first, last = (stamps.astype("datetime64[h]").astype(np.int64) for stamps in (earliest, latest))
    open_ = earliest <= latest
    habit = habits.of(candidates["row"])
    # Of all weeks the first has the earliest of each weekday and hour.
    span = np.clip(np.where(open_, last - first, 0), 0, _WEEK - 1)
    weekday = np.where(candidates["scenario"].isin(limits.prompt), 0, habit["weekday"])
    keys = (first % _WEEK, span, _channels(candidates["channel"], limits.quiet), weekday, habit["hour"])
    wait = _waits(keys, _allowed(limits.quiet))
    hour = (first + wait).astype("datetime64[h]").astype("datetime64[s]")
    send_at = np.where(open_ & (wait >= 0), np.maximum(hour, earliest), np.datetime64("NaT", "s"))
    return SendTimes(frame=candidates.assign(send_at=send_at))


def _window(candidates: pd.DataFrame, limits: SendLimits) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last second at which each candidate may be sent."""
    given = candidates["send_from"].to_numpy()
    earliest = given.astype("datetime64[s]")
    earliest = np.maximum(earliest + (earliest < given), np.datetime64(limits.start, "s"))
    later = candidates["scenario"].isin(limits.later).to_numpy()
    days = np.where(later, max(limits.send_days, limits.horizon_days), limits.send_days).astype("timedelta64[D]")
    end = np.datetime64(limits.start, "s") + days - np.timedelta64(1, "s")
    return earliest, np.minimum(candidates["send_by"].to_numpy().astype("datetime64[s]"), end)


def _channels(channel: pd.Series, quiet: pd.DataFrame) -> np.ndarray:
    """The place of each candidate's channel among those of the limits."""
    names = pd.Index(quiet["channel"])
    told = channel.astype("category")
    codes = names.get_indexer(told.cat.categories)
    found = np.full(len(told), -1) if not len(codes) else np.where(told.cat.codes >= 0, codes[told.cat.codes], -1)
    if (found < 0).any():
        missing = sorted({str(name) for name in channel[found < 0]})
        msg = f"channel {', '.join(missing)} has no quiet hours; known are {', '.join(names)}"
        raise ValueError(msg)
    return found


def _allowed(quiet: pd.DataFrame) -> np.ndarray:
    """Channels by hours: whether a message may be sent."""
    hour, begin, end = np.arange(24)[None, :], *(quiet[name].to_numpy()[:, None] for name in ("quiet_from", "quiet_to"))
    inside = (hour >= begin) & (hour < end)
    round_midnight = (hour >= begin) | (hour < end)
    return np.asarray(np.where(begin == end, True, np.where(begin < end, ~inside, ~round_midnight)))


def _waits(keys: Sequence[np.ndarray | pd.Series], allowed: np.ndarray) -> np.ndarray:
    """Hours from the first hour of each window to the chosen one; -1 where none is allowed.

    Args:
        keys: Place of the first hour in the week (from the first of January 1970), hours that follow in the window,
            channel, weekday and hour of each candidate; as many as look the same are looked at once.
        allowed: Channels by hours.
    """
    sizes = (_WEEK, _WEEK, len(allowed), 8, 24)
    codes = np.ravel_multi_index(tuple(np.asarray(key, dtype=np.int64) for key in keys), sizes)
    place, distinct = pd.factorize(codes)
    waits = np.empty(len(distinct), dtype=np.int64)
    for begin in range(0, len(distinct), _ROWS_AT_ONCE):
        part = slice(begin, begin + _ROWS_AT_ONCE)
        waits[part] = _chosen(*np.unravel_index(np.asarray(distinct[part]), sizes), allowed=allowed)
    return waits[place]


def _chosen(
    first: np.ndarray,
    span: np.ndarray,
    channel: np.ndarray,
    weekday: np.ndarray,
    hour: np.ndarray,
    *,
    allowed: np.ndarray,
) -> np.ndarray:
    """Of each window the hours from its first to the best one; -1 where none is allowed."""
    wait = np.arange(int(span.max()) + 1)[None, :]
    at = (first[:, None] + wait) % _WEEK
    at_hour = at % 24
    apart = np.abs(at_hour - hour[:, None])
    # 1 January 1970 was a Thursday.
    other_day = (weekday[:, None] > 0) & ((at // 24 + 3) % 7 + 1 != weekday[:, None])
    cost = (np.minimum(apart, 24 - apart) + 24 * other_day).astype(np.uint8)
    cost[(wait > span[:, None]) | ~allowed[channel[:, None], at_hour]] = _CLOSED
    best = cost.argmin(axis=1)
    return np.where(cost[np.arange(len(best)), best] == _CLOSED, -1, best)
