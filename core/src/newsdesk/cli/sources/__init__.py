"""What a command reads: machines of files, and of the backends of reporters.

May import: what commands may.
"""
