-- The vault: what cannot be made again.  Paths are bytes relative to their root; times are ns since the epoch.
-- Fixed for good by this migration: page size 4096, application_id 'LSFV', incremental auto_vacuum, paths as BLOB.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

-- 'seq' counts changes of entries; the index follows it.
INSERT INTO meta VALUES ('seq', 0);

CREATE TABLE roots (
    id         INTEGER PRIMARY KEY,
    path       BLOB NOT NULL,               -- absolute
    fs_uuid    TEXT NOT NULL,               -- '' where the file system tells none
    ino        INTEGER NOT NULL,            -- of the folder itself: a mismatch means that something else stands there
    state      TEXT NOT NULL CHECK (state IN ('online', 'offline')),
    reason     TEXT NOT NULL DEFAULT '',
    added_ns   INTEGER NOT NULL,
    removed_ns INTEGER,                     -- set by `roots remove`; rows go with `purge`
    baseline   INTEGER NOT NULL DEFAULT 0,  -- newest lineage when the first scan was whole; 0 until then
    policy     TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE UNIQUE INDEX roots_by_path ON roots (path) WHERE removed_ns IS NULL;

CREATE TABLE lineages (
    id         INTEGER PRIMARY KEY,
    parent     INTEGER,                     -- copied, linked or succeeded from; no key: purging a parent keeps children
    parent_seq INTEGER,
    numbers    INTEGER NOT NULL DEFAULT 0   -- contents counted so far; a number is never used twice
) STRICT;

CREATE TABLE entries (
    id       INTEGER PRIMARY KEY,
    root     INTEGER NOT NULL REFERENCES roots (id),
    path     BLOB NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('file', 'dir', 'symlink', 'other')),
    ino      INTEGER NOT NULL,
    btime_ns INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    mode     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    target   BLOB,                          -- of a symlink
    content  BLOB,                          -- blake3 of the bytes; NULL until read, or where it is never read
    lineage  INTEGER NOT NULL REFERENCES lineages (id),
    seq      INTEGER NOT NULL,
    pending  INTEGER,                       -- when the first content not yet a version was captured; NULL: none is
    gone     INTEGER NOT NULL DEFAULT 0,    -- kept, so that a path that comes back takes up its lineage
    unindexed   TEXT NOT NULL DEFAULT '',   -- why it is not searched; '' where it is
    unversioned TEXT NOT NULL DEFAULT '',   -- why no versions are kept; '' where they are
    UNIQUE (root, path)
) STRICT;
CREATE INDEX entries_by_seq ON entries (seq);
CREATE INDEX entries_by_inode ON entries (ino, btime_ns);
CREATE INDEX entries_by_lineage ON entries (lineage);
CREATE INDEX entries_pending ON entries (pending) WHERE pending IS NOT NULL;

-- Written once, never rewritten.  A row without a number is a change of name, kind, mode or time.
CREATE TABLE versions (
    seq        INTEGER PRIMARY KEY,
    lineage    INTEGER NOT NULL REFERENCES lineages (id),
    number     INTEGER,
    root       INTEGER NOT NULL,
    path       BLOB NOT NULL,
    kind       TEXT NOT NULL,
    content    BLOB,
    target     BLOB,
    size       INTEGER NOT NULL,
    mode       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    xattrs     BLOB,
    seen_ns    INTEGER NOT NULL,
    since_ns   INTEGER NOT NULL,            -- valid from: min(mtime, seen) for a baseline's first version, else seen
    op         INTEGER,
    gone       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX versions_by_lineage ON versions (lineage, seq);
CREATE INDEX versions_by_path ON versions (root, path, seq);

CREATE TABLE tags (
    lineage INTEGER NOT NULL REFERENCES lineages (id),
    tag     TEXT NOT NULL,
    PRIMARY KEY (lineage, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);
