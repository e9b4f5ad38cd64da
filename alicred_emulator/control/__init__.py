"""The control API: a running emulator, steered over HTTP by a program in another process."""
