"""Published files: where they come from, their checksums, and how they are downloaded.

May come in: the address and the checksum of a published file. May not: what the file holds.
"""
