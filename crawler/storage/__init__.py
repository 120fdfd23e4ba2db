"""The only SQL of this package, a class a group of tables.

Each wraps one connection inside one transaction (see ``crawler.database``).
"""

from crawler.storage.archive import Archive, Kept, content_hash
from crawler.storage.coverage import Survey
from crawler.storage.entries import Entries, EntryClaim
from crawler.storage.figures import Figures
from crawler.storage.hosts import Hosts
from crawler.storage.leases import new_lease
from crawler.storage.profiles import Profiles
from crawler.storage.sources import SourceClaim, Sources, Validators
from crawler.storage.watchbook import Listed, News, Sample, Watchbook

__all__ = [
    "Archive",
    "Entries",
    "EntryClaim",
    "Figures",
    "Hosts",
    "Kept",
    "Listed",
    "News",
    "Profiles",
    "Sample",
    "SourceClaim",
    "Sources",
    "Survey",
    "Validators",
    "Watchbook",
    "content_hash",
    "new_lease",
]
