"""Test suites that are measured; no part of the tests of alicred."""
