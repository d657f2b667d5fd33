"""Scripts that do the work of a report without newsdesk: the references of the benchmarks."""
