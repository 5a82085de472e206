"""A store whose truth is known: customers, orders and everything around them, made from a seed."""
