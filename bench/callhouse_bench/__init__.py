"""Benchmarks of callhouse, each against a peer in the same run."""
