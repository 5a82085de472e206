"""What a campaign or a programme did to its customers: the naive gap, effects with their checks, refusals.

Every module is an attribute as well: `models.impact.group_time` in a notebook.
"""

from retention_lib.models.impact.campaign_study import (
    NEEDED_HOUSEHOLDS,
    NEEDED_WEEKS_BEFORE,
    EventStudy,
    OtherContacts,
    event_study,
    other_contacts,
)
from retention_lib.models.impact.naive import (
    Moments,
    NaiveDifference,
    difference_after,
    mailed_gap,
    naive_difference,
)
from retention_lib.rooms import modules_of

__all__ = [
    "NEEDED_HOUSEHOLDS",
    "NEEDED_WEEKS_BEFORE",
    "EventStudy",
    "Moments",
    "NaiveDifference",
    "OtherContacts",
    "difference_after",
    "event_study",
    "mailed_gap",
    "naive_difference",
    "other_contacts",
]

__getattr__, __dir__ = modules_of(__name__, __path__)
