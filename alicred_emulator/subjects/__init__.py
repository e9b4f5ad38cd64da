"""Clients of the fakes, each behind the same few methods; each loaded only when it is asked for."""
