"""Seconds as a person reads them."""

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def duration(seconds: float) -> str:
    """Return a duration with three digits, such as ``57.1 ns``."""
    scale, unit = next(((s, u) for s, u in _UNITS if abs(seconds) >= s), _UNITS[-1])
    return f"{seconds / scale:.3g} {unit}" if abs(seconds / scale) < 1000 else f"{seconds / scale:.0f} {unit}"


def times(ratio: float) -> str:
    """Return a ratio, such as ``1.54x``."""
    return f"{ratio:.3g}x" if ratio < 100 else f"{ratio:.0f}x"


def rate(per_second: float) -> str:
    """Return a rate, such as ``5,120/s``."""
    return f"{per_second:,.0f}/s"
