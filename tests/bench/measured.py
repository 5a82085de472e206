"""What a benchmark found, as the table and `outputs/bench.json` show it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bench.apart import Run


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One benchmark's result.

    Attributes:
        name: The benchmark.
        ours_s: Seconds we took.
        peer: What we are compared with.
        peer_s: Seconds it took.
        ratio: peer_s / ours_s; above 1 we are faster.
        peak_mib: The most memory our process held, in MiB.
    """

    name: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float
    peak_mib: float

    @classmethod
    def of(cls, name: str, ours: Run, peer: str, theirs: Run) -> Measured:
        """The comparison of two runs."""
        return cls(
            name=name,
            ours_s=round(ours.seconds, 3),
            peer=peer,
            peer_s=round(theirs.seconds, 3),
            ratio=round(theirs.seconds / ours.seconds, 2),
            peak_mib=round(ours.peak_mib, 1),
        )

    def to_plain(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)
