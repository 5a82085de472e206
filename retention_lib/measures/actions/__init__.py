"""Whom a message may do good: what happened to customers, who may be written to, and the lists that come of it.

Every module is an attribute as well: `measures.actions.candidates` in a notebook.
"""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
