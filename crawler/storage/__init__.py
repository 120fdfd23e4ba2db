"""The only SQL of this package, a class a group of tables.

Each wraps one connection inside one transaction (see ``crawler.database``).
"""

from crawler.storage.archive import (
    Archive,
    EntryClaim,
    Kept,
    SourceClaim,
    Validators,
    content_hash,
    new_lease,
)

__all__ = ["Archive", "EntryClaim", "Kept", "SourceClaim", "Validators", "content_hash", "new_lease"]
