"""What `diff` and `gate` print: text, Markdown and JUnit XML.

Pure: lines and documents are made here, and printed by the commands.

May import: comparison, builtin, and what is below them.
"""
