"""The outbox as objects: one small object for the state of each machine and label, one for each record."""
