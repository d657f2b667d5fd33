"""The subcommands that set up newsdesk, check it, and help to extend it."""
