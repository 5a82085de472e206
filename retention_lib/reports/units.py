"""Messages about households or about customers, as a result counts them.

A noun in a placeholder cannot be declined in every language, so there are two whole messages.
"""

from __future__ import annotations


def of_unit(unit: str, *, household: str, customer: str) -> str:
    """The message about what a result counts.

    Args:
        unit: The result's `unit`: `household` or `customer`.
        household: The message about households.
        customer: The same about customers.
    """
    return household if unit == "household" else customer
