"""The reporter s3 for newsdesk."""
