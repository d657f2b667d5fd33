"""The config file: its text with line numbers, its checks and its JSON Schema.

May import: delivery, and what is below it.
"""
