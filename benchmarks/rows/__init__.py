"""One module for each measurement: `measure(effort)` returns its rows."""
