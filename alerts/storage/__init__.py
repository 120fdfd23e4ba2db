"""The only SQL of this package, a class a group of tables.

Each wraps one connection inside one transaction (see ``crawler.database``): several on one connection,
and the crawler's ``Archive`` with them, take part in the same transaction.
"""

from alerts.storage.alerts import Alerts
from alerts.storage.brake import Brake, Braked
from alerts.storage.bulletins import Bulletins
from alerts.storage.deliveries import Deliveries
from alerts.storage.delivery_queue import Claim, DeliveryQueue
from alerts.storage.departures import Departures, Left
from alerts.storage.digests import Digests
from alerts.storage.dispatch import Backlog, Dispatch, Edit, Halt
from alerts.storage.figures import DeskFigures
from alerts.storage.frontdesk import Draft, Frontdesk
from alerts.storage.labels import Labels
from alerts.storage.logbook import Logbook
from alerts.storage.mailboxes import Mailboxes
from alerts.storage.members import Members
from alerts.storage.newsdesk import Newsdesk, Placed
from alerts.storage.personal import Personal
from alerts.storage.search import SearchIndex
from alerts.storage.subscribers import Subscribers
from alerts.storage.upkeep import Upkeep

__all__ = [
    "Alerts",
    "Backlog",
    "Brake",
    "Braked",
    "Bulletins",
    "Claim",
    "Deliveries",
    "DeliveryQueue",
    "Departures",
    "DeskFigures",
    "Digests",
    "Dispatch",
    "Draft",
    "Edit",
    "Frontdesk",
    "Halt",
    "Labels",
    "Left",
    "Logbook",
    "Mailboxes",
    "Members",
    "Newsdesk",
    "Personal",
    "Placed",
    "SearchIndex",
    "Subscribers",
    "Upkeep",
]
