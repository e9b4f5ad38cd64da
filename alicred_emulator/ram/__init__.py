"""Who exists in the emulated world: accounts, users and their keys, roles and whom they trust."""
