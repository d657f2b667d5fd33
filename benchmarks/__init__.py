"""Benchmarks of newsdesk against the raw drivers, which do the same work in the same run."""
