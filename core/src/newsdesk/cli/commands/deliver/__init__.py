"""The subcommands that deliver machines, and those about what was not delivered."""
