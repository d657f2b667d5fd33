"""What the subcommands do that read back what backends hold."""
