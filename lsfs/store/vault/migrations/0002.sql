-- Kept contents, what was done, and what takes it back.

-- What else a program may see of a file: JSON {name: base64}; tags are not in it.  NULL: none, or not read yet.
ALTER TABLE entries ADD COLUMN xattrs BLOB;
-- user.xdg.tags as it was last seen or written; NULL where it was never looked at, or the file system keeps none.
ALTER TABLE entries ADD COLUMN mirror TEXT;

-- Files that are to be read for their versions alone: not searched, or (larger than the settings say) by name only.
CREATE INDEX entries_unread ON entries (mtime_ns)
    WHERE content IS NULL AND kind = 'file' AND gone = 0 AND unversioned = ''
    AND (unindexed <> '' OR size > 1048576);

-- Where kept bytes lie.  A content of one piece is that piece.
CREATE TABLE pieces (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    hash   BLOB NOT NULL UNIQUE,            -- blake3 of the bytes
    pack   INTEGER NOT NULL,                -- number of the pack; 0: a file of its own
    offset INTEGER NOT NULL,
    stored INTEGER NOT NULL,                -- bytes of the record, header included
    size   INTEGER NOT NULL                 -- bytes of the piece
) STRICT;
CREATE INDEX pieces_by_pack ON pieces (pack);

-- Contents of several pieces, and where the record lies that says the same.
CREATE TABLE contents (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    hash   BLOB NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    pieces BLOB NOT NULL,                   -- ids in order, 8 bytes each, little-endian
    pack   INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    stored INTEGER NOT NULL
) STRICT;

-- Versions whose content is not kept (any more), and why.
CREATE TABLE dropped (
    seq    INTEGER PRIMARY KEY REFERENCES versions (seq),
    at_ns  INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Plans, and the ops that they become: one number, one row.
CREATE TABLE ops (
    id          INTEGER PRIMARY KEY,
    state       TEXT NOT NULL
                CHECK (state IN ('preview', 'expired', 'queued', 'running', 'applied', 'undone', 'failed')),
    class       TEXT NOT NULL,
    door        TEXT NOT NULL,              -- cli, mcp, http, mount
    sentence    TEXT NOT NULL,              -- what was said or typed
    summary     TEXT NOT NULL,
    plan        BLOB NOT NULL,              -- JSON: what the preview showed, what was left out
    files       INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    created_ns  INTEGER NOT NULL,
    expires_ns  INTEGER NOT NULL,
    started_ns  INTEGER,
    finished_ns INTEGER,
    seq         INTEGER,                    -- newest change of the vault before it acted
    reverses    INTEGER,                    -- the op that it takes back
    reversed_by INTEGER,                    -- the newest applied op that took it back
    turn        INTEGER NOT NULL DEFAULT 0, -- 0: asked for; 1: takes one back; 2: takes it forward again …
    by_command  INTEGER NOT NULL DEFAULT 0, -- 1: made by `lsfs undo` or `lsfs redo`
    error       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX ops_by_state ON ops (state);

CREATE TABLE steps (
    op     INTEGER NOT NULL REFERENCES ops (id),
    number INTEGER NOT NULL,
    step   BLOB NOT NULL,                   -- JSON, see docs/storage.md; written before anything is done
    after  BLOB,                            -- JSON: what stood there when it was done
    PRIMARY KEY (op, number)
) STRICT, WITHOUT ROWID;

-- What an op changes, for undo and log.
CREATE TABLE touched (
    op      INTEGER NOT NULL REFERENCES ops (id),
    root    INTEGER NOT NULL,               -- negative: a place outside the roots that the op names
    path    BLOB NOT NULL,
    lineage INTEGER,
    tree    INTEGER NOT NULL,               -- 1: all that lies beneath goes with it
    PRIMARY KEY (root, path, op)
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_by_lineage ON touched (lineage, op) WHERE lineage IS NOT NULL;
CREATE INDEX touched_by_op ON touched (op);

-- Times of the folders that an op changed names in, so that taking it back gives them back.
CREATE TABLE folder_times (
    op        INTEGER NOT NULL REFERENCES ops (id),
    root      INTEGER NOT NULL,
    path      BLOB NOT NULL,
    before_ns INTEGER NOT NULL,
    after_ns  INTEGER,
    PRIMARY KEY (op, root, path)
) STRICT, WITHOUT ROWID;

-- Contents that an op needs: what it puts, and what stood there before.
CREATE TABLE held (
    op      INTEGER NOT NULL REFERENCES ops (id),
    content BLOB NOT NULL,
    PRIMARY KEY (op, content)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved (
    name       TEXT PRIMARY KEY,
    query      TEXT NOT NULL,
    created_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
