"""The alerts' tables, as steps that are taken once and never changed. Comments say what a column means."""

from sqlite_utils import Database as Connection
from sqlite_utils import Migrations

migrations = Migrations("alerts")


@migrations()
def m001_newsdesk(db: Connection) -> None:
    """Lay the tables of flags, stories, alerts, subscribers, deliveries, and of what operators must know."""
    db.executescript("""
    -- How far each reader of the archive has come (article.seq).
    CREATE TABLE cursor (
        name TEXT PRIMARY KEY,
        seq  INTEGER NOT NULL
    ) STRICT;

    -- A verdict that something must be told about an article; the newest one an article.
    CREATE TABLE flag (
        id         INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL UNIQUE REFERENCES article (id),
        flagged_at TEXT NOT NULL,
        ruleset    TEXT NOT NULL,                -- hash of the rules that said so
        level      INTEGER NOT NULL,
        score      REAL NOT NULL,
        verdict    TEXT NOT NULL                 -- JSON {v: version, …}: topics, places, findings with spans
    ) STRICT;

    -- The text of a flagged article as it stood when it was flagged: evidence, whatever its outlet does later.
    CREATE TABLE snapshot (
        id         INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL REFERENCES article (id),
        taken_at   TEXT NOT NULL,
        hash       TEXT NOT NULL,                -- SHA-256 of title, NUL, body
        title      TEXT NOT NULL,
        body       TEXT NOT NULL,
        UNIQUE (article_id, hash)
    ) STRICT;

    CREATE TABLE story (
        id          INTEGER PRIMARY KEY,
        opened_at   TEXT NOT NULL,
        last_at     TEXT NOT NULL,
        title       TEXT NOT NULL,
        topics      TEXT NOT NULL,               -- JSON list
        places      TEXT NOT NULL,               -- JSON list
        level       INTEGER NOT NULL,
        merged_into INTEGER REFERENCES story (id)
    ) STRICT;
    CREATE INDEX story_by_time ON story (last_at);

    CREATE TABLE story_article (
        article_id  INTEGER PRIMARY KEY REFERENCES article (id),
        story_id    INTEGER REFERENCES story (id), -- null only inside the transaction that places it
        placed_at   TEXT NOT NULL,
        fingerprint TEXT NOT NULL,               -- JSON {v: version, …}: what the placing decision looks at
        why         TEXT NOT NULL                -- the gates and distances that decided
    ) STRICT;
    CREATE INDEX story_article_by_story ON story_article (story_id);
    CREATE INDEX story_article_by_time ON story_article (placed_at);

    -- What we decided to say about a story.
    CREATE TABLE alert (
        id         INTEGER PRIMARY KEY,
        story_id   INTEGER NOT NULL REFERENCES story (id),
        version    INTEGER NOT NULL,
        kind       TEXT NOT NULL,                -- new, update, correction, withdrawal
        level      INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        article_id INTEGER NOT NULL REFERENCES article (id),
        reason     TEXT NOT NULL,
        facts      TEXT NOT NULL DEFAULT '{}',   -- JSON {v: version, …}: what was told, to see later what is new
        UNIQUE (story_id, version)
    ) STRICT;

    -- Somebody who is told. kind: private_chat, group, channel, mail, webhook, console.
    CREATE TABLE subscriber (
        id         INTEGER PRIMARY KEY,
        kind       TEXT NOT NULL,
        address    TEXT NOT NULL,
        state      TEXT NOT NULL,                -- pending, active, suspended, degraded, removed
        language   TEXT NOT NULL,
        timezone   TEXT NOT NULL,
        digits     TEXT NOT NULL,
        quiet_from TEXT,                         -- local wall time HH:MM
        quiet_to   TEXT,
        created_at TEXT NOT NULL,
        not_before TEXT NOT NULL DEFAULT '',     -- its server asked us to wait until then; survives a restart
        UNIQUE (kind, address)
    ) STRICT;

    CREATE TABLE subscription (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        topics        TEXT NOT NULL,             -- JSON lists; an empty one asks for all
        places        TEXT NOT NULL,
        outlets       TEXT NOT NULL,
        level         INTEGER NOT NULL,
        cadence       TEXT NOT NULL,             -- instant, hourly, daily, weekly
        muted_until   TEXT
    ) STRICT;
    CREATE INDEX subscription_by_subscriber ON subscription (subscriber_id);

    -- One alert to one subscriber. A claim sets 'leased' and moves 'due' to the lease's end before anything is sent:
    -- a crash delays and never loses.
    CREATE TABLE delivery (
        id            INTEGER PRIMARY KEY,
        alert_id      INTEGER NOT NULL REFERENCES alert (id),
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        channel       TEXT NOT NULL,
        level         INTEGER NOT NULL,
        state         TEXT NOT NULL,             -- queued, leased, sent, unknown, held, folded, dead, cancelled
        due           TEXT NOT NULL,
        lease         TEXT NOT NULL DEFAULT '',
        attempts      INTEGER NOT NULL DEFAULT 0,
        lost          INTEGER NOT NULL DEFAULT 0, -- answers lost in a row
        defects       INTEGER NOT NULL DEFAULT 0, -- failures of our own code in a row
        receipt       TEXT NOT NULL DEFAULT '',  -- the channel's own id of the message
        error         TEXT NOT NULL DEFAULT '',
        created_at    TEXT NOT NULL,
        sent_at       TEXT,
        UNIQUE (alert_id, subscriber_id)
    ) STRICT;
    CREATE INDEX delivery_open ON delivery (subscriber_id, id) WHERE state IN ('queued', 'leased', 'unknown');
    CREATE INDEX delivery_queue ON delivery (channel, level DESC, id) WHERE state IN ('queued', 'leased', 'unknown');

    -- What a reader said of an alert.
    CREATE TABLE feedback (
        id            INTEGER PRIMARY KEY,
        alert_id      INTEGER NOT NULL REFERENCES alert (id),
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        verdict       TEXT NOT NULL,             -- useful, not_relevant
        given_at      TEXT NOT NULL,
        UNIQUE (alert_id, subscriber_id)
    ) STRICT;

    -- Something an operator must know: open until closed_at is set; one open row a (kind, subject).
    CREATE TABLE event (
        id        INTEGER PRIMARY KEY,
        kind      TEXT NOT NULL,
        subject   TEXT NOT NULL,                 -- an outlet, a channel, a job; empty for the whole service
        severity  TEXT NOT NULL,                 -- page, ticket
        cause     TEXT NOT NULL,
        evidence  TEXT NOT NULL,                 -- JSON {v: version, …}
        opened_at TEXT NOT NULL,
        closed_at TEXT,
        runbook   TEXT NOT NULL                  -- page in docs/runbooks
    ) STRICT;
    CREATE UNIQUE INDEX event_open ON event (kind, subject) WHERE closed_at IS NULL;

    -- Who changed what by hand.
    CREATE TABLE audit (
        id      INTEGER PRIMARY KEY,
        at      TEXT NOT NULL,
        actor   TEXT NOT NULL,
        action  TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail  TEXT NOT NULL
    ) STRICT;

    -- The words of every article, folded; rowid is article.seq, so that the newest come first
    -- and a text that was replaced is no longer found. Fed behind the archive.
    CREATE VIRTUAL TABLE search USING fts5 (title, body, content = '', tokenize = 'unicode61');
    """)


@migrations()
def m002_split_stories(db: Connection) -> None:
    """Remember where a story came from: what was told of that one was told of its articles too."""
    db.execute("ALTER TABLE story ADD COLUMN split_from INTEGER REFERENCES story (id)")


@migrations()
def m007_digest(db: Connection) -> None:
    """Lay the tables of digests; a delivery carries an alert or a digest."""
    db.executescript("""
    -- When and how a subscriber wants the digest of a kind; without a row, by default.
    CREATE TABLE digest_settings (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        kind          TEXT NOT NULL,             -- hourly, daily, weekly: as subscription.cadence
        at            TEXT NOT NULL,             -- local wall time HH:MM
        weekdays      TEXT NOT NULL,             -- JSON list, Monday is 0
        all_quiet     INTEGER NOT NULL,
        picture       INTEGER NOT NULL,
        PRIMARY KEY (subscriber_id, kind)
    ) STRICT;

    -- What was decided about a slot (a local date; an hour in UTC). The key is why nobody gets two.
    CREATE TABLE edition (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        kind          TEXT NOT NULL,
        slot          TEXT NOT NULL,
        zone          TEXT NOT NULL,
        due           TEXT NOT NULL,
        decided_at    TEXT NOT NULL,
        since         TEXT NOT NULL,             -- the window: (since, until]
        until         TEXT NOT NULL,
        outcome       TEXT NOT NULL,             -- sent, empty, merged, too_soon
        content       TEXT NOT NULL DEFAULT '',  -- JSON {v: version, …}: every try tells the same
        UNIQUE (subscriber_id, kind, slot)
    ) STRICT;

    -- What a subscriber read in a digest of each story, so that only what changed is told again.
    CREATE TABLE edition_story (
        edition_id INTEGER NOT NULL REFERENCES edition (id),
        story_id   INTEGER NOT NULL REFERENCES story (id),
        version    INTEGER NOT NULL,             -- of the story's last alert that it knew; 0: none
        articles   INTEGER NOT NULL,             -- that the story had
        PRIMARY KEY (edition_id, story_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX edition_story_by_story ON edition_story (story_id);
    """)
    db.table("delivery").transform(not_null={"alert_id": False})
    db.execute("ALTER TABLE delivery ADD COLUMN edition_id INTEGER REFERENCES edition (id)")
    db.execute(
        "CREATE UNIQUE INDEX delivery_of_edition ON delivery (edition_id) WHERE edition_id IS NOT NULL"
    )


@migrations()
def m008_mail(db: Connection) -> None:
    """Lay the tables of consent, bounces and suppression; a delivery may carry a request for consent."""
    db.executescript("""
    -- What signs the tokens in links and bounce addresses. One row, made at first use; mails that are out need it.
    CREATE TABLE mail_key (
        id      INTEGER PRIMARY KEY CHECK (id = 1),
        secret  BLOB NOT NULL,
        made_at TEXT NOT NULL
    ) STRICT;

    -- Somebody typed a mail address: its owner is asked, once, and nothing else is sent before the answer.
    CREATE TABLE consent (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        wanted        TEXT NOT NULL,             -- JSON {v: version, …}: what it will be told from the answer on
        asked_at      TEXT NOT NULL,
        given_at      TEXT
    ) STRICT;
    CREATE INDEX consent_by_subscriber ON consent (subscriber_id, asked_at);

    -- A mail that came back.
    CREATE TABLE bounce (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        at            TEXT NOT NULL,             -- when we read it
        kind          TEXT NOT NULL,             -- hard, soft, complaint
        status        TEXT NOT NULL,             -- RFC 3463: 5.1.1; empty where it names none
        message_id    TEXT NOT NULL,             -- of the mail that came back; empty where it names none
        hash          TEXT NOT NULL UNIQUE       -- SHA-256 of the report: read twice, it counts once
    ) STRICT;
    CREATE INDEX bounce_by_subscriber ON bounce (subscriber_id, at);
    CREATE INDEX bounce_by_time ON bounce (at);

    -- Addresses that were forgotten and must never be written to again: what is left of them is a keyed hash.
    CREATE TABLE suppression (
        hash   TEXT PRIMARY KEY,                 -- HMAC-SHA-256 of the address
        reason TEXT NOT NULL,                    -- hard, soft, complaint
        since  TEXT NOT NULL
    ) STRICT;
    """)
    db.execute("ALTER TABLE delivery ADD COLUMN consent_id INTEGER REFERENCES consent (id)")
    db.execute(
        "CREATE UNIQUE INDEX delivery_of_consent ON delivery (consent_id) WHERE consent_id IS NOT NULL"
    )


@migrations()
def m010_asking(db: Connection) -> None:
    """Count who types mail addresses, and the letters to a mailbox under all its spellings."""
    db.executescript("""
    -- Somebody typed a mail address, whatever became of it. Forgotten after a day.
    CREATE TABLE asking (
        id    INTEGER PRIMARY KEY,
        door  TEXT NOT NULL,                     -- web, bot
        asker TEXT NOT NULL,                     -- keyed hash of who it was; empty where the door cannot tell
        at    TEXT NOT NULL
    ) STRICT;
    CREATE INDEX asking_by_time ON asking (door, at);

    ALTER TABLE consent ADD COLUMN mailbox TEXT NOT NULL DEFAULT ''; -- keyed hash of the mailbox, for a week
    CREATE INDEX consent_by_mailbox ON consent (mailbox, asked_at) WHERE mailbox != '';
    """)


@migrations()
def m003_bot(db: Connection) -> None:
    """Lay the tables of what subscribers choose for themselves, and of the conversation with them."""
    db.executescript("""
    ALTER TABLE subscriber ADD COLUMN quiet_mode TEXT NOT NULL DEFAULT 'hold'; -- or silent: without a sound
    ALTER TABLE subscriber ADD COLUMN quiet_critical INTEGER NOT NULL DEFAULT 0; -- 1: critical alerts pass
    ALTER TABLE subscriber ADD COLUMN title TEXT NOT NULL DEFAULT ''; -- what a group or channel calls itself

    -- What a subscriber does not want to hear of.
    CREATE TABLE mute (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        kind          TEXT NOT NULL,             -- all, story, outlet
        subject       TEXT NOT NULL,             -- id of a story or outlet; empty for all
        until         TEXT,                      -- null: until it is taken back
        PRIMARY KEY (subscriber_id, kind, subject)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO mute SELECT subscriber_id, 'all', '', max(muted_until) FROM subscription
        WHERE muted_until IS NOT NULL GROUP BY subscriber_id;

    -- A story that a subscriber is told of whatever else it asks for.
    CREATE TABLE follow (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        story_id      INTEGER NOT NULL REFERENCES story (id),
        PRIMARY KEY (subscriber_id, story_id)
    ) STRICT, WITHOUT ROWID;

    -- A subscriber's own words: an alert is told only where one of them holds.
    CREATE TABLE filter (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        text          TEXT NOT NULL,             -- as written; see alerts.filters
        UNIQUE (subscriber_id, text)
    ) STRICT;

    -- What somebody wrote to the bot and a later press or message refers to; forgotten after a day.
    CREATE TABLE draft (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        author        INTEGER NOT NULL,          -- the Telegram user who wrote it
        kind          TEXT NOT NULL,             -- search, filter; awaits: text names what is asked for
        text          TEXT NOT NULL,
        made_at       TEXT NOT NULL
    ) STRICT;
    CREATE INDEX draft_by_author ON draft (subscriber_id, author);

    -- One-time links into a bot that is not open to all.
    CREATE TABLE invitation (
        hash       TEXT PRIMARY KEY,             -- SHA-256 of the token in the link
        made_at    TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_by    INTEGER REFERENCES subscriber (id)
    ) STRICT;

    -- Updates of the Bot API that were acted on: none is acted on twice. Forgotten after two days.
    CREATE TABLE bot_update (
        update_id INTEGER PRIMARY KEY,
        at        TEXT NOT NULL
    ) STRICT;

    -- What the Bot API was told of us and need not be told again, such as the list of commands; and the bot's name.
    CREATE TABLE bot_state (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;

    ALTER TABLE feedback ADD COLUMN ruleset TEXT NOT NULL DEFAULT ''; -- hash of the rules that flagged it

    -- Words are indexed with their readings from now on: what was indexed before is indexed anew.
    INSERT INTO search (search) VALUES ('delete-all');
    DELETE FROM cursor WHERE name = 'search';
    """)
    db.table("subscription").transform(drop={"muted_until"})


@migrations()
def m009_operations(db: Connection) -> None:
    """Lay the tables that tell operators: who they are, what they were told, what they silenced."""
    db.executescript("""
    -- Severity and runbook follow from the kind (alerts.operators.nouns.EVENTS).
    ALTER TABLE event DROP COLUMN severity;
    ALTER TABLE event DROP COLUMN runbook;
    ALTER TABLE event ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';

    -- Subscribers that bulletins go to.
    CREATE TABLE operator (
        subscriber_id INTEGER PRIMARY KEY REFERENCES subscriber (id),
        since         TEXT NOT NULL
    ) STRICT;

    CREATE TABLE silence (
        id         INTEGER PRIMARY KEY,
        kind       TEXT NOT NULL,                -- with * for any part of a name
        subject    TEXT NOT NULL,                -- likewise
        since      TEXT NOT NULL,
        until      TEXT NOT NULL,
        author     TEXT NOT NULL,
        reason     TEXT NOT NULL
    ) STRICT;

    -- One message to operators. A key may be told only once: the date of an all-well line.
    CREATE TABLE bulletin (
        id         INTEGER PRIMARY KEY,
        kind       TEXT NOT NULL,                -- opened, closed, reminder, all_well, test
        created_at TEXT NOT NULL,
        text       TEXT NOT NULL,
        key        TEXT UNIQUE
    ) STRICT;

    CREATE TABLE bulletin_event (
        bulletin_id INTEGER NOT NULL REFERENCES bulletin (id),
        event_id    INTEGER NOT NULL REFERENCES event (id),
        PRIMARY KEY (bulletin_id, event_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX bulletin_event_by_event ON bulletin_event (event_id);

    -- What was done to keep the archive safe: backup, drill, prune.
    CREATE TABLE upkeep (
        id     INTEGER PRIMARY KEY,
        kind   TEXT NOT NULL,
        at     TEXT NOT NULL,
        detail TEXT NOT NULL                     -- JSON {v: version, …}: file, counts
    ) STRICT;
    CREATE INDEX upkeep_by_kind ON upkeep (kind, at);
    """)
    db.execute("ALTER TABLE delivery ADD COLUMN bulletin_id INTEGER REFERENCES bulletin (id)")
    db.execute(
        "CREATE UNIQUE INDEX delivery_of_bulletin ON delivery (bulletin_id, subscriber_id) "
        "WHERE bulletin_id IS NOT NULL"
    )


@migrations()
def m005_policy(db: Connection) -> None:
    """Keep reasons as values, and why a decided alert was not told at once."""
    db.executescript("""
    -- '' told at once; storm: told in a summary; cap: told once the day has passed; stale: for the digest alone
    ALTER TABLE alert ADD COLUMN hold TEXT NOT NULL DEFAULT '';
    ALTER TABLE story ADD COLUMN voices INTEGER NOT NULL DEFAULT 1; -- independent outlets that tell it
    CREATE INDEX alert_by_time ON alert (created_at);
    CREATE INDEX alert_on_hold ON alert (hold) WHERE hold != '';
    CREATE INDEX delivery_by_time ON delivery (created_at);
    CREATE INDEX delivery_braked ON delivery (subscriber_id) WHERE state = 'braked';
    -- reason: from now on a JSON list of {code, about, places, now, before}; what was told before was Arabic text
    UPDATE alert SET reason = json_array(json_object('code', 'words', 'about', reason));
    """)


@migrations()
def m004_outbox(db: Connection) -> None:
    """Let deliveries age, sent messages be edited, alerts be recalled, and sending be stopped by hand."""
    db.executescript("""
    -- An alert that waits is told in the digest after some hours; later where it was held on purpose.
    ALTER TABLE delivery ADD COLUMN fresh_until TEXT NOT NULL DEFAULT '';
    DROP INDEX delivery_open;
    DROP INDEX delivery_queue;
    CREATE INDEX delivery_open ON delivery (subscriber_id, id)
        WHERE state IN ('queued', 'leased', 'unknown', 'held');
    CREATE INDEX delivery_queue ON delivery (channel, level DESC, id)
        WHERE state IN ('queued', 'leased', 'unknown', 'held');
    CREATE INDEX delivery_waiting ON delivery (created_at) WHERE state = 'queued';

    -- A sent message that must be brought up to date: what it then says is rendered when it is edited.
    CREATE TABLE edit (
        delivery_id INTEGER PRIMARY KEY REFERENCES delivery (id),
        due         TEXT NOT NULL,
        lease       TEXT NOT NULL DEFAULT '',
        attempts    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX edit_by_time ON edit (due);

    -- Sending is stopped by hand: nothing leaves, the queue is kept. channel: empty for all.
    CREATE TABLE halt (
        channel TEXT PRIMARY KEY,
        since   TEXT NOT NULL,
        actor   TEXT NOT NULL,
        reason  TEXT NOT NULL
    ) STRICT;

    -- Who may send through a channel: one process at a time, whatever host it runs on.
    CREATE TABLE sender (
        channel TEXT PRIMARY KEY,
        holder  TEXT NOT NULL,
        until   TEXT NOT NULL
    ) STRICT;

    ALTER TABLE subscriber ADD COLUMN degraded_at TEXT;  -- since when we may not write there; tried once a day
    ALTER TABLE subscriber ADD COLUMN fallback_id INTEGER REFERENCES subscriber (id); -- told what is critical instead
    ALTER TABLE alert ADD COLUMN recalled_at TEXT;       -- an operator took it back
    ALTER TABLE alert ADD COLUMN recall_reason TEXT NOT NULL DEFAULT '';

    -- An alert is queued for its readers in steps: the last subscriber that was looked at; null when all were.
    ALTER TABLE alert ADD COLUMN fan_after INTEGER;
    CREATE INDEX alert_half_told ON alert (level DESC, id) WHERE fan_after IS NOT NULL;
    """)


@migrations()
def m006_labels(db: Connection) -> None:
    """Let what people say of articles gather: rules are measured on it."""
    db.executescript("""
    -- An operator's word on an article of the archive.
    CREATE TABLE label (
        article_id INTEGER PRIMARY KEY REFERENCES article (id),
        topics     TEXT NOT NULL,                -- JSON list; empty: nothing to tell
        places     TEXT NOT NULL,                -- JSON list of country codes; empty: not said
        judged_by  TEXT NOT NULL,
        judged_at  TEXT NOT NULL
    ) STRICT;

    -- A labelled text that came from elsewhere.
    CREATE TABLE lesson (
        id         TEXT PRIMARY KEY,
        title      TEXT NOT NULL,
        body       TEXT NOT NULL,
        topics     TEXT NOT NULL,                -- as in label
        places     TEXT NOT NULL,
        borderline INTEGER NOT NULL,             -- 1: people may differ
        taken_at   TEXT NOT NULL
    ) STRICT;

    -- A rule that held for an article that was not flagged, but for its threshold: for tuning.
    CREATE TABLE near_miss (
        article_id INTEGER NOT NULL REFERENCES article (id),
        rule       TEXT NOT NULL,
        score      REAL NOT NULL,
        why        TEXT NOT NULL,                -- the expression, the parts of the score, what it needs
        ruleset    TEXT NOT NULL,
        seen_at    TEXT NOT NULL,
        UNIQUE (article_id, rule)
    ) STRICT;
    CREATE INDEX near_miss_by_time ON near_miss (seen_at);
    """)
