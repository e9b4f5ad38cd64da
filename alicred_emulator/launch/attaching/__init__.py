"""An emulator that runs in one process, and a program that meets it from another.

`hosting` opens an emulator to others, `reception` takes their sockets over, and `attached` is the other side.
"""
