"""Tests of campaigns: whether one is valid, what it did, whether it paid, for whom, and what to do next.

Every module is an attribute as well: `models.experiments.sample_ratio` in a notebook.
"""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
