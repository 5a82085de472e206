"""Retention research and monthly executive reports for retailers, on notebooks.

The rooms, in the order in which data flows: `settings`, `stores`, `measures`, `models`, `reports`, `workbench`,
`runs`, `cli`. A notebook begins with `retention_lib.workbench.open_report`.
"""

from __future__ import annotations

__version__ = "0.1.0"
