"""What the command ``alicred`` does, one module a subcommand; nothing of it is loaded by the library."""
