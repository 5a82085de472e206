"""Reductions of transactions and events, made inside the engine as Ibis expressions.

Every measure takes Ibis tables of a store and returns a small, ordered DataFrame whose columns its
docstring defines: counts and sums over few distinct values, never more rows than customers.
"""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
