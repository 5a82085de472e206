"""Results in words: one sentence, alt text, verdict, alert or action for each type of result.

Importing this package registers the sentences of every report.
"""

from retention_lib.reports.findings import (
    campaign,
    churn,
    data,
    identities,
    loyalty,
    quality,
    quality_tables,
    remedies,
    sales,
    segments,
    shape,
    sufficiency,
    value,
    winback,
)
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict

__all__ = [
    "Finding",
    "action",
    "alert",
    "campaign",
    "churn",
    "data",
    "finding",
    "identities",
    "loyalty",
    "quality",
    "quality_tables",
    "remedies",
    "sales",
    "segments",
    "shape",
    "sufficiency",
    "value",
    "verdict",
    "winback",
]
