"""What the subcommands do that deliver machines, and those about what was not delivered."""
