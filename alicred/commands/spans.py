"""Moments and lengths of time, as a person reads them and as a program does."""

from __future__ import annotations

from datetime import datetime

__all__ = ["for_person", "span", "wire_time"]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def wire_time(when: datetime) -> str:
    """Return a moment as Alibaba Cloud's services write it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def for_person(wire: str, seconds_left: float) -> str:
    """Return a moment for a person, and how far away it is.

    Args:
        wire: The moment, as services write it.
        seconds_left: How far away it is.
    """
    away = f"in {span(seconds_left)}" if seconds_left > 0 else "now"
    return f"{wire.replace('T', ' ').replace('Z', ' UTC')}, {away}"


def span(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = int(seconds)
    if whole >= _DAY:
        return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    if whole >= _MINUTE:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole} s"
