"""The page that documents the customer profile, `docs/customer-profile.md`, made of its column definitions.

`python -m retention_lib.reports.profile_page` writes it.
"""

from __future__ import annotations

from pathlib import Path

from retention_lib.measures.profile_columns import PRIOR_STRENGTH, PROFILE_SUBJECTS, ProfileColumn

PAGE = Path(__file__).resolve().parents[2] / "docs" / "customer-profile.md"

_HEAD = """\
# The customer profile

One row a customer, from every table the store has. Made from `retention_lib/measures/profile_columns.py` by
`python -m retention_lib.reports.profile_page`; do not edit.

```python
from datetime import date
from pathlib import Path

from retention_lib.measures.profile import customer_profile, profile_frame
from retention_lib.settings import load_set
from retention_lib.stores.store import open_store

root = Path.cwd()
settings = load_set(root / "parameters" / "complete_journey.yml")
((name, store),) = settings.stores.items()
profile = customer_profile(open_store(name, store, root=root, set_name=settings.name), date(2018, 1, 1))
frame = profile_frame(profile)
```

`customer_profile` stays in the engine (an Ibis table, for joins and filters there); `profile_frame` fetches it as
pandas.

- **Who**: everybody who bought, is in `customers` (and did not register later), or has a row in `contacts`,
  `web_events`, `loyalty_events`, `feedback` or `service`; each one once, ordered by `customer_id`. Who only brought
  something back is none.
- **When**: the second argument is the first day that is no longer seen. A message opened and a service case closed
  later are not opened and not closed yet. What `customers` says is what it says today.
- **Missing**: a column is missing for everybody when the store lacks what it needs. Where the table is there and says
  nothing of a customer, columns marked *0* are zero (`member`: no) and the others are missing.
- **Ids are in clear**, for lists that go to a mailing tool: never show the frame on a page; `store.hashed_id` is for
  that.
- **Scores** are fifths of the buyers: 1 + the whole part of 5 × (buyers with a smaller value) / (all buyers), so that
  equal values have equal scores. Where six buyers of ten bought once, all six have 1 and the next one has 4.
- **Shares of few events** say little, so openings, clicks and favourite times are shrunk to the base, the shares of
  all customers, which weigh as much as {strength} events of the customer's own (Dirichlet prior):
  share = (own events + {strength} × base share) / (all own events + {strength}).
"""


def page_text() -> str:
    """The page as Markdown."""
    parts = [_HEAD.format(strength=PRIOR_STRENGTH)]
    for subject, columns in PROFILE_SUBJECTS.items():
        rows = "".join(_row(column) for column in columns)
        parts.append(
            f"\n## {subject}\n\n| column | kind | unit | without a row | says | needs |\n{'|---' * 6}|\n{rows}"
        )
    return "".join(parts)


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page_text(), encoding="utf-8")


def _row(column: ProfileColumn) -> str:
    needs = ", ".join(f"`{need}`".replace(" or ", "` or `") for need in column.needs)
    nothing = "0" if column.zero else ""
    return f"| `{column.name}` | {column.kind} | {column.unit} | {nothing} | {column.meaning} | {needs} |\n"


if __name__ == "__main__":
    main()
