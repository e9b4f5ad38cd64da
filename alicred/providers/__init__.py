"""The sources of credentials: one file a type, and `registry`, which knows them all."""
