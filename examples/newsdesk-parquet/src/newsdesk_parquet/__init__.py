"""The reporter parquet for newsdesk."""
