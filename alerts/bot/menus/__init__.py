"""The menus: drawn from what the subscriber wants now, every button naming the state it leads to."""

from alerts.bot.menus.choosing import filter_mark, filters, frequency, level, outlets, places, topics
from alerts.bot.menus.opening import MENUS, done, invitation_rows, main_rows, settings, welcome, where
from alerts.bot.menus.summing import city, mute_words, outlet_name, summary
from alerts.bot.menus.timing import digest, language, mute, quiet, timezone

__all__ = [
    "MENUS",
    "city",
    "digest",
    "done",
    "filter_mark",
    "filters",
    "frequency",
    "invitation_rows",
    "language",
    "level",
    "main_rows",
    "mute",
    "mute_words",
    "outlet_name",
    "outlets",
    "places",
    "quiet",
    "settings",
    "summary",
    "timezone",
    "topics",
    "welcome",
    "where",
]
