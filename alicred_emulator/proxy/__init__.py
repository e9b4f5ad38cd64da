"""The emulator as an HTTP proxy: for programs that honour one, and whose addresses nobody can change."""
