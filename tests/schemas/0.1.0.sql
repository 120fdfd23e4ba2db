PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
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
CREATE TABLE profile (
        outlet  TEXT PRIMARY KEY,
        learned TEXT NOT NULL                       -- JSON {version, …}
    ) STRICT;
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
    , gap TEXT NOT NULL DEFAULT '', recovered INTEGER NOT NULL DEFAULT 0) STRICT;
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
        removed_at          TEXT                    -- its outlet answered 404 or 410 later
    ) STRICT;
CREATE TABLE revision (
        id          INTEGER PRIMARY KEY,
        article_id  INTEGER NOT NULL REFERENCES article (id),
        title       TEXT NOT NULL,
        body        TEXT NOT NULL,
        replaced_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE host (
        name          TEXT PRIMARY KEY,             -- without "www."
        delay         REAL NOT NULL,                -- seconds between two requests, from how fast it answers
        robots_failed TEXT                          -- since when its robots.txt cannot be had
    ) STRICT;
CREATE TABLE health (
        outlet  TEXT PRIMARY KEY,
        history TEXT NOT NULL                       -- JSON: scheduler.history.History
    ) STRICT;
CREATE TABLE health_cursor (
        name TEXT PRIMARY KEY,                      -- poll, entry, article
        seen INTEGER NOT NULL                       -- the last id that was taken in
    ) STRICT;
CREATE TABLE cursor (
        name TEXT PRIMARY KEY,
        seq  INTEGER NOT NULL
    ) STRICT;
CREATE TABLE flag (
        id         INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL UNIQUE REFERENCES article (id),
        flagged_at TEXT NOT NULL,
        ruleset    TEXT NOT NULL,                -- hash of the rules that said so
        level      INTEGER NOT NULL,
        score      REAL NOT NULL,
        verdict    TEXT NOT NULL                 -- JSON {v: version, …}: topics, places, findings with spans
    ) STRICT;
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
    , split_from INTEGER REFERENCES story (id), voices INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE TABLE story_article (
        article_id  INTEGER PRIMARY KEY REFERENCES article (id),
        story_id    INTEGER REFERENCES story (id), -- null only inside the transaction that places it
        placed_at   TEXT NOT NULL,
        fingerprint TEXT NOT NULL,               -- JSON {v: version, …}: what the placing decision looks at
        why         TEXT NOT NULL                -- the gates and distances that decided
    ) STRICT;
CREATE TABLE alert (
        id         INTEGER PRIMARY KEY,
        story_id   INTEGER NOT NULL REFERENCES story (id),
        version    INTEGER NOT NULL,
        kind       TEXT NOT NULL,                -- new, update, correction, withdrawal
        level      INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        article_id INTEGER NOT NULL REFERENCES article (id),
        reason     TEXT NOT NULL,
        facts      TEXT NOT NULL DEFAULT '{}', hold TEXT NOT NULL DEFAULT '', recalled_at TEXT, recall_reason TEXT NOT NULL DEFAULT '', fan_after INTEGER,   -- JSON {v: version, …}: what was told, to see later what is new
        UNIQUE (story_id, version)
    ) STRICT;
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
        not_before TEXT NOT NULL DEFAULT '', quiet_mode TEXT NOT NULL DEFAULT 'hold', quiet_critical INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL DEFAULT '', degraded_at TEXT, fallback_id INTEGER REFERENCES subscriber (id),     -- its server asked us to wait until then; survives a restart
        UNIQUE (kind, address)
    ) STRICT;
CREATE TABLE feedback (
        id            INTEGER PRIMARY KEY,
        alert_id      INTEGER NOT NULL REFERENCES alert (id),
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        verdict       TEXT NOT NULL,             -- useful, not_relevant
        given_at      TEXT NOT NULL, ruleset TEXT NOT NULL DEFAULT '',
        UNIQUE (alert_id, subscriber_id)
    ) STRICT;
CREATE TABLE event (
        id        INTEGER PRIMARY KEY,
        kind      TEXT NOT NULL,
        subject   TEXT NOT NULL,                 -- an outlet, a channel, a job; empty for the whole service
        cause     TEXT NOT NULL,
        evidence  TEXT NOT NULL,                 -- JSON {v: version, …}
        opened_at TEXT NOT NULL,
        closed_at TEXT, acknowledged_by TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE audit (
        id      INTEGER PRIMARY KEY,
        at      TEXT NOT NULL,
        actor   TEXT NOT NULL,
        action  TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail  TEXT NOT NULL
    ) STRICT;
CREATE VIRTUAL TABLE search USING fts5 (title, body, content = '', tokenize = 'unicode61');
CREATE TABLE digest_settings (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        kind          TEXT NOT NULL,             -- hourly, daily, weekly: as subscription.cadence
        at            TEXT NOT NULL,             -- local wall time HH:MM
        weekdays      TEXT NOT NULL,             -- JSON list, Monday is 0
        all_quiet     INTEGER NOT NULL,
        picture       INTEGER NOT NULL,
        PRIMARY KEY (subscriber_id, kind)
    ) STRICT;
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
CREATE TABLE edition_story (
        edition_id INTEGER NOT NULL REFERENCES edition (id),
        story_id   INTEGER NOT NULL REFERENCES story (id),
        version    INTEGER NOT NULL,             -- of the story's last alert that it knew; 0: none
        articles   INTEGER NOT NULL,             -- that the story had
        PRIMARY KEY (edition_id, story_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE "delivery" (
   "id" INTEGER PRIMARY KEY,
   "alert_id" INTEGER REFERENCES "alert"("id"),
   "subscriber_id" INTEGER NOT NULL REFERENCES "subscriber"("id"),
   "channel" TEXT NOT NULL,
   "level" INTEGER NOT NULL,
   "state" TEXT NOT NULL,
   -- queued, leased, sent, unknown, held, folded, dead, cancelled
   "due" TEXT NOT NULL,
   "lease" TEXT NOT NULL DEFAULT '',
   "attempts" INTEGER NOT NULL DEFAULT '0',
   "lost" INTEGER NOT NULL DEFAULT '0',
   -- answers lost in a row
   "defects" INTEGER NOT NULL DEFAULT '0',
   -- failures of our own code in a row
   "receipt" TEXT NOT NULL DEFAULT '',
   -- the channel's own id of the message
   "error" TEXT NOT NULL DEFAULT '',
   "created_at" TEXT NOT NULL,
   "sent_at" TEXT, edition_id INTEGER REFERENCES edition (id), consent_id INTEGER REFERENCES consent (id), bulletin_id INTEGER REFERENCES bulletin (id), fresh_until TEXT NOT NULL DEFAULT '',
   UNIQUE ("alert_id", "subscriber_id")
) STRICT;
CREATE TABLE mail_key (
        id      INTEGER PRIMARY KEY CHECK (id = 1),
        secret  BLOB NOT NULL,
        made_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE consent (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        wanted        TEXT NOT NULL,             -- JSON {v: version, …}: what it will be told from the answer on
        asked_at      TEXT NOT NULL,
        given_at      TEXT
    ) STRICT;
CREATE TABLE bounce (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        at            TEXT NOT NULL,             -- when we read it
        kind          TEXT NOT NULL,             -- hard, soft, complaint
        status        TEXT NOT NULL,             -- RFC 3463: 5.1.1; empty where it names none
        message_id    TEXT NOT NULL,             -- of the mail that came back; empty where it names none
        hash          TEXT NOT NULL UNIQUE       -- SHA-256 of the report: read twice, it counts once
    ) STRICT;
CREATE TABLE suppression (
        hash   TEXT PRIMARY KEY,                 -- HMAC-SHA-256 of the address
        reason TEXT NOT NULL,                    -- hard, soft, complaint
        since  TEXT NOT NULL
    ) STRICT;
CREATE TABLE mute (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        kind          TEXT NOT NULL,             -- all, story, outlet
        subject       TEXT NOT NULL,             -- id of a story or outlet; empty for all
        until         TEXT,                      -- null: until it is taken back
        PRIMARY KEY (subscriber_id, kind, subject)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE follow (
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        story_id      INTEGER NOT NULL REFERENCES story (id),
        PRIMARY KEY (subscriber_id, story_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE filter (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        text          TEXT NOT NULL,             -- as written; see alerts.filters
        UNIQUE (subscriber_id, text)
    ) STRICT;
CREATE TABLE draft (
        id            INTEGER PRIMARY KEY,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
        author        INTEGER NOT NULL,          -- the Telegram user who wrote it
        kind          TEXT NOT NULL,             -- search, filter; awaits: text names what is asked for
        text          TEXT NOT NULL,
        made_at       TEXT NOT NULL
    ) STRICT;
CREATE TABLE invitation (
        hash       TEXT PRIMARY KEY,             -- SHA-256 of the token in the link
        made_at    TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_by    INTEGER REFERENCES subscriber (id)
    ) STRICT;
CREATE TABLE bot_update (
        update_id INTEGER PRIMARY KEY,
        at        TEXT NOT NULL
    ) STRICT;
CREATE TABLE bot_state (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
CREATE TABLE "subscription" (
   "id" INTEGER PRIMARY KEY,
   "subscriber_id" INTEGER NOT NULL REFERENCES "subscriber"("id"),
   "topics" TEXT NOT NULL,
   -- JSON lists; an empty one asks for all
   "places" TEXT NOT NULL,
   "outlets" TEXT NOT NULL,
   "level" INTEGER NOT NULL,
   "cadence" TEXT NOT NULL
) STRICT;
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
CREATE TABLE upkeep (
        id     INTEGER PRIMARY KEY,
        kind   TEXT NOT NULL,
        at     TEXT NOT NULL,
        detail TEXT NOT NULL                     -- JSON {v: version, …}: file, counts
    ) STRICT;
CREATE TABLE edit (
        delivery_id INTEGER PRIMARY KEY REFERENCES delivery (id),
        due         TEXT NOT NULL,
        lease       TEXT NOT NULL DEFAULT '',
        attempts    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
CREATE TABLE halt (
        channel TEXT PRIMARY KEY,
        since   TEXT NOT NULL,
        actor   TEXT NOT NULL,
        reason  TEXT NOT NULL
    ) STRICT;
CREATE TABLE sender (
        channel TEXT PRIMARY KEY,
        holder  TEXT NOT NULL,
        until   TEXT NOT NULL
    ) STRICT;
CREATE TABLE label (
        article_id INTEGER PRIMARY KEY REFERENCES article (id),
        topics     TEXT NOT NULL,                -- JSON list; empty: nothing to tell
        places     TEXT NOT NULL,                -- JSON list of country codes; empty: not said
        judged_by  TEXT NOT NULL,
        judged_at  TEXT NOT NULL
    ) STRICT;
CREATE TABLE lesson (
        id         TEXT PRIMARY KEY,
        title      TEXT NOT NULL,
        body       TEXT NOT NULL,
        topics     TEXT NOT NULL,                -- as in label
        places     TEXT NOT NULL,
        borderline INTEGER NOT NULL,             -- 1: people may differ
        taken_at   TEXT NOT NULL
    ) STRICT;
CREATE TABLE near_miss (
        article_id INTEGER NOT NULL REFERENCES article (id),
        rule       TEXT NOT NULL,
        score      REAL NOT NULL,
        why        TEXT NOT NULL,                -- the expression, the parts of the score, what it needs
        ruleset    TEXT NOT NULL,
        seen_at    TEXT NOT NULL,
        UNIQUE (article_id, rule)
    ) STRICT;
DELETE FROM "_sqlite_migrations";
INSERT INTO "_sqlite_migrations" VALUES (1, 'crawler', 'm001_archive', '2026-11-23 07:25:15.430784+00:00');
INSERT INTO "_sqlite_migrations" VALUES (2, 'crawler', 'm002_hosts', '2026-11-23 07:25:15.432975+00:00');
INSERT INTO "_sqlite_migrations" VALUES (3, 'crawler', 'm003_health', '2026-11-23 07:25:15.434081+00:00');
INSERT INTO "_sqlite_migrations" VALUES (4, 'alerts', 'm001_newsdesk', '2026-11-23 07:25:15.459576+00:00');
INSERT INTO "_sqlite_migrations" VALUES (5, 'alerts', 'm002_split_stories', '2026-11-23 07:25:15.460621+00:00');
INSERT INTO "_sqlite_migrations" VALUES (6, 'alerts', 'm007_digest', '2026-11-23 07:25:15.479638+00:00');
INSERT INTO "_sqlite_migrations" VALUES (7, 'alerts', 'm008_mail', '2026-11-23 07:25:15.486504+00:00');
INSERT INTO "_sqlite_migrations" VALUES (8, 'alerts', 'm003_bot', '2026-11-23 07:25:15.504124+00:00');
INSERT INTO "_sqlite_migrations" VALUES (9, 'alerts', 'm009_operations', '2026-11-23 07:25:15.515709+00:00');
INSERT INTO "_sqlite_migrations" VALUES (10, 'alerts', 'm005_policy', '2026-11-23 07:25:15.518420+00:00');
INSERT INTO "_sqlite_migrations" VALUES (11, 'alerts', 'm004_outbox', '2026-11-23 07:25:15.525939+00:00');
INSERT INTO "_sqlite_migrations" VALUES (12, 'alerts', 'm006_labels', '2026-11-23 07:25:15.530098+00:00');
DELETE FROM "source";
INSERT INTO "source" VALUES (1, 'some outlet', 'some url', 1, '2026-01-05T12:00:00.000000+00:00', 'some lease', '2026-01-05T12:00:00.000000+00:00', 1, 'some etag', '2026-01-05T12:00:00.000000+00:00', 'some body_hash', 1, '{"v": 1}', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "profile";
INSERT INTO "profile" VALUES ('some outlet', '{"v": 1}');
DELETE FROM "poll";
INSERT INTO "poll" VALUES (1, 1, '2026-01-05T12:00:00.000000+00:00', 1, 'some outcome', 'some cause', 'some detail', 1, 1, 1, 1, 'some gap', 1);
DELETE FROM "entry";
INSERT INTO "entry" VALUES (1, 'some url_key', 'some outlet', 1, 'some url', 'some title', 'some guid', 'some published', 'some summary', '2026-01-05T12:00:00.000000+00:00', 'pending', '2026-01-05T12:00:00.000000+00:00', 'some lease', 1, 'some cause', 1);
DELETE FROM "article";
INSERT INTO "article" VALUES (1, 'baa.example/w', 1, 'baa', 'https://baa.example/w', 'أمطار على بيروت', 'تساقطت الأمطار على بيروت أمس.', '2026-01-05T12:00:00.000000+00:00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', '', '[]', '', '', '', '', '', '[]', '', '3e76ae1f09e655c038f792784f18392c9100e51ee7bdf01620b5eded9a50d63c', NULL);
INSERT INTO "article" VALUES (2, 'alif.example/raid', 2, 'alif', 'https://alif.example/raid', 'شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا', 'داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.', '2026-01-05T12:00:00.000000+00:00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', '', '[]', '', '', '', '', '', '[]', '', '2b40e38dabfa0f3294a6945d6c1f3b1762571fa3f7c423be137e6a06f65d3ae7', NULL);
DELETE FROM "revision";
INSERT INTO "revision" VALUES (1, 1, 'some title', 'some body', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "host";
INSERT INTO "host" VALUES ('some name', 1.0, 'some robots_failed');
DELETE FROM "health";
INSERT INTO "health" VALUES ('some outlet', '{"v": 1}');
DELETE FROM "health_cursor";
INSERT INTO "health_cursor" VALUES ('poll', 1);
DELETE FROM "cursor";
INSERT INTO "cursor" VALUES ('flagger', 2);
INSERT INTO "cursor" VALUES ('search', 2);
DELETE FROM "flag";
INSERT INTO "flag" VALUES (1, 2, '2026-01-05T12:00:00.000000+00:00', '028530e026cd', 2, 24.0, '{"v": 1, "findings": [{"rule": "fraud.sea", "topic": "fraud", "level": 2, "score": 24.0, "spans": [{"field": "title", "start": 5, "end": 12, "text": "كمبوديا", "concept": "se_asia"}, {"field": "title", "start": 24, "end": 30, "text": "احتيال", "concept": "fraud"}, {"field": "title", "start": 43, "end": 53, "text": "سيهانوكفيل", "concept": "se_asia"}, {"field": "body", "start": 13, "end": 22, "text": "الكمبودية", "concept": "se_asia"}, {"field": "body", "start": 29, "end": 37, "text": "للاحتيال", "concept": "fraud"}, {"field": "body", "start": 52, "end": 62, "text": "سيهانوكفيل", "concept": "se_asia"}], "why": "@fraud AND @se_asia AND (@fraud NEAR/45 @se_asia OR (title:@fraud AND @fraud>=2 AND @se_asia) OR (head:@se_asia AND head:@fraud AND NOT (title:@far AND NOT title:@se_asia)) OR (title:@fraud AND head:@sea_based)) AND NOT (title:@culture AND NOT @police) AND NOT (title:@elections AND NOT @scam_center) AND (NOT title:@roundup OR @fraud SENT @se_asia) | fraud 10 + se_asia 7.5 + scam_center 5 + police 1.5 = 24, needs 4"}], "topics": ["fraud"], "places": ["KH"], "place_spans": [{"field": "title", "start": 5, "end": 12, "text": "كمبوديا", "concept": "KH"}, {"field": "title", "start": 43, "end": 53, "text": "سيهانوكفيل", "concept": "KH"}, {"field": "body", "start": 13, "end": 22, "text": "الكمبودية", "concept": "KH"}, {"field": "body", "start": 52, "end": 62, "text": "سيهانوكفيل", "concept": "KH"}], "score": 24.0, "level": 2, "ruleset": "028530e026cd", "near_misses": []}');
DELETE FROM "snapshot";
INSERT INTO "snapshot" VALUES (1, 2, '2026-01-05T12:00:00.000000+00:00', '2b40e38dabfa0f3294a6945d6c1f3b1762571fa3f7c423be137e6a06f65d3ae7', 'شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا', 'داهمت الشرطة الكمبودية مركزا للاحتيال الإلكتروني في سيهانوكفيل وأوقفت 63 شخصا من جنسيات مختلفة.');
DELETE FROM "story";
INSERT INTO "story" VALUES (1, '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', 'شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا', '["fraud"]', '["KH"]', 2, NULL, NULL, 1);
DELETE FROM "story_article";
INSERT INTO "story_article" VALUES (2, 1, '2026-01-05T12:00:00.000000+00:00', '{"article": 2, "outlet": "alif", "group": "alif", "seen": "2026-01-05T12:00:00+00:00", "published": "2026-01-05T12:00:00+00:00", "headline": ["توقيف", "مداهم", "شرط", "مركز", "احتيال", "كترون"], "core": ["مختلف", "الكترون", "توقيف", "مداهم", "شرط", "جنس", "مركز", "احتيال", "كترون"], "terms": ["مختلف", "الكترون", "توقيف", "مداهم", "شرط", "جنس", "مركز", "احتيال", "كترون"], "topics": ["fraud"], "places": ["KH", "sihanoukville"], "title_places": ["KH", "sihanoukville"], "main_places": ["KH", "sihanoukville"], "kinds": ["raid", "arrest"], "counts": [{"role": "arrested", "low": 63.0, "high": 63.0}], "main_counts": [{"role": "arrested", "low": 63.0, "high": 63.0}], "opening": [3980441025, 4062781570, 1906810057, 2092315211, 2156604076, 2377273133, 2549158290, 184308850, 1129104278, 3911824728, 1759336092, 271587647], "shingles": [3980441025, 4062781570, 1906810057, 2092315211, 2156604076, 2377273133, 2549158290, 184308850, 1129104278, 3911824728, 1759336092, 271587647], "wire": "", "tier": 3, "ruled": 0, "notice": ""}', 'nothing near it shares a word, a place or a number');
DELETE FROM "alert";
INSERT INTO "alert" VALUES (1, 1, 1, 'new', 2, '2026-01-05T12:00:00.000000+00:00', 2, '[{"code": "new_story", "about": "", "places": [], "now": 0.0, "before": 0.0}]', '{"v": 1, "knew": [2], "stories": []}', '', NULL, '', NULL);
DELETE FROM "subscriber";
INSERT INTO "subscriber" VALUES (1, 'private_chat', '7', 'active', 'ar', 'UTC', 'latn', NULL, NULL, '2026-01-05T12:00:00.000000+00:00', '', 'hold', 0, '', NULL, NULL);
DELETE FROM "feedback";
INSERT INTO "feedback" VALUES (1, 1, 1, 'useful', '2026-01-05T12:00:00.000000+00:00', 'some ruleset');
DELETE FROM "event";
INSERT INTO "event" VALUES (1, 'some kind', 'some subject', 'some cause', '{"v": 1}', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', 'some acknowledged_by');
DELETE FROM "audit";
INSERT INTO "audit" VALUES (1, '2026-01-05T12:00:00.000000+00:00', 'some actor', 'some action', 'some subject', 'some detail');
DELETE FROM "search_data";
INSERT INTO "search_data" VALUES (1, X'02131C');
INSERT INTO "search_data" VALUES (10, X'000000000101010001010101');
INSERT INTO "search_data" VALUES (137438953473, X'000002230330363302080F010112010CD8A7D8ADD8AAD98AD8A7D98402080701010A0312D984D8A7D984D983D8AAD8B1D988D986D98A020601010B080785D8B7D8A7D8B101060101030607B4D8B1D8B7D9870206010103050CD983D8AAD8B1D988D986D98A02080801010C070CD985D8A8D988D8AFD98AD9870206010105040385D8B301060101080605B7D8A7D8B1010802010104040788D982D981D8AA02060101110209A8D98AD8B1D988D8AA0108040101060209AAD8AFD8A7D987D9850202050409B3D8A7D982D8B7D8AA01060101020306D988D982D98102020E020BACD986D8B3D98AD8A7D8AA02060101150209AFD8A7D987D985D8AA02060101020213B3D98AD987D8A7D986D988D983D981D98AD98402080B01010E0207B4D8AED8B5D8A70208100101130405B1D8B7D9870208020101040205B9D984D98A0108030101050104D981D98A02080A01010D020B83D8AAD8B1D988D986D98A020209030CD985D8A8D988D8AFD98AD8A70202030D02D9870206010106020D84D8A7D8ADD8AAD98AD8A7D9840206010109030ED984D8A7D8ADD8AAD98AD8A7D9840206010108020B85D8A8D988D8AFD98AD8A70202040409AED8AAD984D981D98702060101160405B1D983D8B20202060902D8A702060101070302D9860206010114020B88D8A7D988D982D981D8AA02060101100407AAD988D982D98102020D02078AD8B1D988D8AA0108050101070310D987D8A7D986D988D983D981D98AD98402080C01010F040A14190E0E14130A0D0E110E100B12101B0F0D0D0C101109141510100A0909120C0F');
DELETE FROM "search_idx";
INSERT INTO "search_idx" VALUES (1, X'', 2);
DELETE FROM "search_docsize";
INSERT INTO "search_docsize" VALUES (1, X'0407');
INSERT INTO "search_docsize" VALUES (2, X'0F15');
DELETE FROM "search_config";
INSERT INTO "search_config" VALUES ('version', 4);
DELETE FROM "digest_settings";
INSERT INTO "digest_settings" VALUES (1, 'hourly', '08:00', '[]', 1, 1);
DELETE FROM "edition";
INSERT INTO "edition" VALUES (1, 1, 'some kind', 'some slot', 'some zone', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', 'sent', '{"v": 1}');
DELETE FROM "edition_story";
INSERT INTO "edition_story" VALUES (1, 1, 1, 1);
DELETE FROM "delivery";
INSERT INTO "delivery" VALUES (1, 1, 1, 'telegram', 2, 'queued', '2026-01-05T12:00:00.000000+00:00', '', 0, 0, 0, '', '', '2026-01-05T12:00:00.000000+00:00', NULL, NULL, NULL, NULL, '');
DELETE FROM "mail_key";
INSERT INTO "mail_key" VALUES (1, X'736563726574', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "consent";
INSERT INTO "consent" VALUES (1, 1, '{"v": 1}', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "bounce";
INSERT INTO "bounce" VALUES (1, 1, '2026-01-05T12:00:00.000000+00:00', 'hard', 'some status', 'some message_id', 'some hash');
DELETE FROM "suppression";
INSERT INTO "suppression" VALUES ('some hash', 'hard', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "mute";
INSERT INTO "mute" VALUES (1, 'all', 'some subject', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "follow";
INSERT INTO "follow" VALUES (1, 1);
DELETE FROM "filter";
INSERT INTO "filter" VALUES (1, 1, 'some text');
DELETE FROM "draft";
INSERT INTO "draft" VALUES (1, 1, 1, 'search', 'some text', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "invitation";
INSERT INTO "invitation" VALUES ('some hash', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', 1);
DELETE FROM "bot_update";
INSERT INTO "bot_update" VALUES (1, '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "bot_state";
INSERT INTO "bot_state" VALUES ('some name', 'some value');
DELETE FROM "subscription";
INSERT INTO "subscription" VALUES (1, 1, '["fraud"]', '[]', '[]', 1, 'instant');
DELETE FROM "operator";
INSERT INTO "operator" VALUES (1, '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "silence";
INSERT INTO "silence" VALUES (1, 'some kind', 'some subject', '2026-01-05T12:00:00.000000+00:00', '2026-01-05T12:00:00.000000+00:00', 'some author', 'some reason');
DELETE FROM "bulletin";
INSERT INTO "bulletin" VALUES (1, 'opened', '2026-01-05T12:00:00.000000+00:00', 'some text', 'some key');
DELETE FROM "bulletin_event";
INSERT INTO "bulletin_event" VALUES (1, 1);
DELETE FROM "upkeep";
INSERT INTO "upkeep" VALUES (1, 'some kind', '2026-01-05T12:00:00.000000+00:00', '{"v": 1}');
DELETE FROM "edit";
INSERT INTO "edit" VALUES (1, '2026-01-05T12:00:00.000000+00:00', 'some lease', 1);
DELETE FROM "halt";
INSERT INTO "halt" VALUES ('some channel', '2026-01-05T12:00:00.000000+00:00', 'some actor', 'some reason');
DELETE FROM "sender";
INSERT INTO "sender" VALUES ('some channel', 'some holder', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "label";
INSERT INTO "label" VALUES (1, '[]', '[]', 'some judged_by', '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "lesson";
INSERT INTO "lesson" VALUES ('some id', 'some title', 'some body', 'some topics', 'some places', 1, '2026-01-05T12:00:00.000000+00:00');
DELETE FROM "near_miss";
INSERT INTO "near_miss" VALUES (1, 'some rule', 1.0, 'some why', 'some ruleset', '2026-01-05T12:00:00.000000+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX source_due ON source (next_due) WHERE watched = 1;
CREATE INDEX poll_by_source ON poll (source_id, id);
CREATE INDEX entry_due ON entry (due) WHERE state = 'pending';
CREATE INDEX article_by_outlet ON article (outlet, first_seen);
CREATE INDEX revision_by_article ON revision (article_id);
CREATE INDEX entry_failed ON entry (seen_at) WHERE cause <> '' AND article_id IS NULL;
CREATE INDEX story_by_time ON story (last_at);
CREATE INDEX story_article_by_story ON story_article (story_id);
CREATE INDEX story_article_by_time ON story_article (placed_at);
CREATE UNIQUE INDEX event_open ON event (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX edition_story_by_story ON edition_story (story_id);
CREATE UNIQUE INDEX delivery_of_edition ON delivery (edition_id) WHERE edition_id IS NOT NULL;
CREATE INDEX consent_by_subscriber ON consent (subscriber_id, asked_at);
CREATE INDEX bounce_by_subscriber ON bounce (subscriber_id, at);
CREATE INDEX bounce_by_time ON bounce (at);
CREATE UNIQUE INDEX delivery_of_consent ON delivery (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX draft_by_author ON draft (subscriber_id, author);
CREATE INDEX subscription_by_subscriber ON subscription (subscriber_id);
CREATE INDEX bulletin_event_by_event ON bulletin_event (event_id);
CREATE INDEX upkeep_by_kind ON upkeep (kind, at);
CREATE UNIQUE INDEX delivery_of_bulletin ON delivery (bulletin_id, subscriber_id) WHERE bulletin_id IS NOT NULL;
CREATE INDEX alert_by_time ON alert (created_at);
CREATE INDEX alert_on_hold ON alert (hold) WHERE hold != '';
CREATE INDEX delivery_by_time ON delivery (created_at);
CREATE INDEX delivery_braked ON delivery (subscriber_id) WHERE state = 'braked';
CREATE INDEX delivery_open ON delivery (subscriber_id, id)
        WHERE state IN ('queued', 'leased', 'unknown', 'held');
CREATE INDEX delivery_queue ON delivery (channel, level DESC, id)
        WHERE state IN ('queued', 'leased', 'unknown', 'held');
CREATE INDEX delivery_waiting ON delivery (created_at) WHERE state = 'queued';
CREATE INDEX edit_by_time ON edit (due);
CREATE INDEX alert_half_told ON alert (level DESC, id) WHERE fan_after IS NOT NULL;
CREATE INDEX near_miss_by_time ON near_miss (seen_at);
COMMIT;
