"""Names that a server takes: of experiments and runs, by templates, and the keys of what is logged."""
