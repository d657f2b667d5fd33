"""What newsdesk costs, always beside the raw driver that does the same work at the same time."""
