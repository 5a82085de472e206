"""What to do next month: whom to contact, when, with what, for how much, and what it brought.

Every module is an attribute as well: `models.actions.allocation` in a notebook.
"""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
