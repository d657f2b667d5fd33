"""What the subcommands do that set up newsdesk, check it, and help to extend it."""
