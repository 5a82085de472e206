"""Statistics on frames, arrays and counts: no store, no engine, no chart."""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
