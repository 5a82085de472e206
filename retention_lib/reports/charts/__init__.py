"""One chart a function: finished numbers in, axes out, nothing computed."""

from retention_lib.rooms import modules_of

__getattr__, __dir__ = modules_of(__name__, __path__)
