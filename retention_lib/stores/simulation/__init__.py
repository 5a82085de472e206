"""A store whose truth is known: customers, orders and everything around them, made from a seed."""

from __future__ import annotations

from collections.abc import Callable

Told = Callable[[int, int], None]
"""Hears how many customers are done, and of how many."""
