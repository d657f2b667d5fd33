"""The subcommands that read back what backends hold."""
