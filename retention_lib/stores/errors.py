"""What can be wrong with the data, each as one sentence with the place and the remedy."""

from __future__ import annotations


class DataError(Exception):
    """A file is missing or cannot be read, or the data break a contract.

    Attributes:
        exit_code: What a command returns for it.
    """

    exit_code = 3


class MonthError(Exception):
    """The month asked for is not in the data.

    Attributes:
        exit_code: What a command returns for it.
    """

    exit_code = 2
