"""The numbers that alicred holds, measured beside its peers: `benchmarks/run`, or `make bench`."""
