"""One chart a function: finished numbers in, axes out, nothing computed."""
