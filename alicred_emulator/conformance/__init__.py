"""`alicred-emulator conformance`: the stories of the catalogue, told to clients, and what came of it."""
