"""Object stores: S3, Azure Blob Storage, Google Cloud Storage, or a folder with the same guarantees.

May import: exceptions, atomic, contract.
"""
