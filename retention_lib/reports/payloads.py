"""The mime types of ours under which a notebook hands its results on: to the page, to the run, to the indexes."""

from __future__ import annotations

REPORT = "application/vnd.retention.report+json"
FIGURE = "application/vnd.retention.figure+json"
TABLE = "application/vnd.retention.table+json"
VERDICT = "application/vnd.retention.verdict+json"
CARDS = "application/vnd.retention.cards+json"
CHART = "application/vnd.retention.chart+json"
ALERTS = "application/vnd.retention.alerts+json"
LIST = "application/vnd.retention.list+json"
LEDGER = "application/vnd.retention.ledger+json"

HANDED_ON = (LIST, LEDGER)
"""What holds ids in clear: taken out of the notebook, which is neither shown nor kept with it."""
