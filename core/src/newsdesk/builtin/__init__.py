"""The reporters that come with newsdesk."""
