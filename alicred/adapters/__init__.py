"""Adapters for packages that accept only classes of their own; one module each, loaded by who needs it."""
