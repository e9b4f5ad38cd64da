"""The numbers that alicred holds, measured beside its peers: `python -m benchmarks`, or `make bench`."""
