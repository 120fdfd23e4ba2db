"""The crawler's tables, as steps that are taken once and never changed. Comments say what a column means."""

from sqlite_utils import Database as Connection
from sqlite_utils import Migrations

migrations = Migrations("crawler")


@migrations()
def m001_archive(db: Connection) -> None:
    """Lay the crawler's tables."""
    db.executescript("""
    -- One row a source of an outlet: when it is due, who holds it, what its server told us to send back.
    CREATE TABLE source (
        id            INTEGER PRIMARY KEY,
        outlet        TEXT NOT NULL,
        url           TEXT NOT NULL,
        watched       INTEGER NOT NULL DEFAULT 1,   -- 0: no longer in the registry, or disabled there
        next_due      TEXT NOT NULL,
        lease         TEXT NOT NULL DEFAULT '',     -- token of the claim; a completion with another one writes nothing
        lease_until   TEXT NOT NULL DEFAULT '',
        failures      INTEGER NOT NULL DEFAULT 0,   -- in a row
        etag          TEXT NOT NULL DEFAULT '',
        last_modified TEXT NOT NULL DEFAULT '',
        body_hash     TEXT NOT NULL DEFAULT '',
        unchanged     INTEGER NOT NULL DEFAULT 0,   -- answers in a row that said so
        rhythm        TEXT NOT NULL DEFAULT '',     -- JSON: when it publishes, as learned (crawler.cadence.Rhythm)
        last_ok       TEXT,                         -- last poll that listed entries, or said unchanged
        last_fresh    TEXT,                         -- last poll that listed a new one
        UNIQUE (outlet, url)
    ) STRICT;
    CREATE INDEX source_due ON source (next_due) WHERE watched = 1;

    -- How each outlet's pages are read, as learned (crawler.reading.profile).
    CREATE TABLE profile (
        outlet  TEXT PRIMARY KEY,
        learned TEXT NOT NULL                       -- JSON {version, …}
    ) STRICT;

    -- Every look, and how it ended.
    CREATE TABLE poll (
        id         INTEGER PRIMARY KEY,
        source_id  INTEGER NOT NULL REFERENCES source (id),
        started_at TEXT NOT NULL,
        took_ms    INTEGER NOT NULL,
        outcome    TEXT NOT NULL,
        cause      TEXT NOT NULL,
        detail     TEXT NOT NULL,
        status     INTEGER,
        entries    INTEGER NOT NULL,
        fresh      INTEGER NOT NULL,
        undated    INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX poll_by_source ON poll (source_id, id);

    -- Every line an outlet listed. It is 'pending' from the moment it was seen until its page is read or given up.
    CREATE TABLE entry (
        id          INTEGER PRIMARY KEY,
        url_key     TEXT NOT NULL UNIQUE,
        outlet      TEXT NOT NULL,
        source_id   INTEGER REFERENCES source (id),
        url         TEXT NOT NULL,
        title       TEXT NOT NULL,
        guid        TEXT NOT NULL,
        published   TEXT NOT NULL,                  -- as printed
        summary     TEXT NOT NULL,
        seen_at     TEXT NOT NULL,
        state       TEXT NOT NULL DEFAULT 'pending', -- pending, read, given_up
        due         TEXT NOT NULL,
        lease       TEXT NOT NULL DEFAULT '',
        attempts    INTEGER NOT NULL DEFAULT 0,
        cause       TEXT NOT NULL DEFAULT '',       -- of the last failure
        article_id  INTEGER REFERENCES article (id)
    ) STRICT;
    CREATE INDEX entry_due ON entry (due) WHERE state = 'pending';

    CREATE TABLE article (
        id                  INTEGER PRIMARY KEY,
        url_key             TEXT NOT NULL UNIQUE,
        seq                 INTEGER NOT NULL UNIQUE, -- moves to the end when the text changes; the flagger's cursor
        outlet              TEXT NOT NULL,
        url                 TEXT NOT NULL,
        title               TEXT NOT NULL,
        body                TEXT NOT NULL,
        first_seen          TEXT NOT NULL,
        published_at        TEXT,                   -- with the printed offset
        published_precision TEXT,
        published_source    TEXT,
        published_raw       TEXT,
        modified_at         TEXT,
        modified_precision  TEXT,
        modified_source     TEXT,
        modified_raw        TEXT,
        author              TEXT NOT NULL,
        section             TEXT NOT NULL,
        tags                TEXT NOT NULL,          -- JSON list
        image               TEXT NOT NULL,
        language            TEXT NOT NULL,
        wire                TEXT NOT NULL,
        extractor           TEXT NOT NULL,
        charset             TEXT NOT NULL,
        remarks             TEXT NOT NULL,          -- JSON list: what had to be put right, such as a future date
        page_hash           TEXT NOT NULL,          -- of the bytes
        content_hash        TEXT NOT NULL,          -- of title and body
        removed_at          TEXT                    -- when a second look, hours after the first, found it gone too
    ) STRICT;
    CREATE INDEX article_by_outlet ON article (outlet, first_seen);

    -- The text an article had before its outlet changed it.
    CREATE TABLE revision (
        id          INTEGER PRIMARY KEY,
        article_id  INTEGER NOT NULL REFERENCES article (id),
        title       TEXT NOT NULL,
        body        TEXT NOT NULL,
        replaced_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX revision_by_article ON revision (article_id);
    """)


@migrations()
def m002_hosts(db: Connection) -> None:
    """Remember how each host wants to be treated, and what was recovered behind gaps."""
    db.executescript("""
    -- What was learned of a host, over idleness and restarts.
    CREATE TABLE host (
        name          TEXT PRIMARY KEY,             -- without "www."
        delay         REAL NOT NULL,                -- seconds between two requests, from how fast it answers
        robots_failed TEXT                          -- since when its robots.txt cannot be had
    ) STRICT;

    ALTER TABLE poll ADD COLUMN gap TEXT NOT NULL DEFAULT '';           -- '', closed, open (crawler.nouns.Gap)
    ALTER TABLE poll ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;   -- new entries found behind the gap
    """)


@migrations()
def m003_health(db: Connection) -> None:
    """Remember how each outlet usually is, and how far its polls, entries and articles were taken into that."""
    db.executescript("""
    CREATE TABLE health (
        outlet  TEXT PRIMARY KEY,
        history TEXT NOT NULL                       -- JSON: scheduler.history.History
    ) STRICT;

    CREATE TABLE health_cursor (
        name TEXT PRIMARY KEY,                      -- poll, entry, article
        seen INTEGER NOT NULL                       -- the last id that was taken in
    ) STRICT;

    CREATE INDEX entry_failed ON entry (seen_at) WHERE cause <> '' AND article_id IS NULL;
    """)
