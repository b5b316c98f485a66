-- Tools: where they come from, what the user decided about them, and what was learnt from use.

CREATE TABLE tool_sources (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    place      TEXT NOT NULL,               -- JSON: path, url, command, args, target; nothing secret
    secrets    TEXT NOT NULL DEFAULT '{}',  -- JSON: environment or HTTP headers; never shown, never logged
    enabled    INTEGER NOT NULL,
    allow      TEXT NOT NULL CHECK (allow IN ('ask', 'all')),
    watched    INTEGER NOT NULL,            -- 1: its file stands in tools.d
    added_ns   INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'partial', 'failed')),
    error      TEXT NOT NULL DEFAULT '',
    problems   TEXT NOT NULL DEFAULT '[]',  -- JSON: what of it could not be taken in, and why
    checked_ns INTEGER                      -- when it was read last
) STRICT, WITHOUT ROWID;

-- Tools that the user switched off, by id; others have no row.
CREATE TABLE tools_off (
    tool TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Example requests; those of each origin stand for themselves.
CREATE TABLE tool_examples (
    id         INTEGER PRIMARY KEY,
    tool       TEXT NOT NULL,
    query      TEXT NOT NULL,
    origin     TEXT NOT NULL CHECK (origin IN ('written', 'imported', 'observed')),
    created_ns INTEGER NOT NULL,
    UNIQUE (tool, query, origin)
) STRICT;

-- What training fitted: the weights in use and those before them.
CREATE TABLE tool_weights (
    id         INTEGER PRIMARY KEY,
    made_ns    INTEGER NOT NULL,
    weights    BLOB NOT NULL
) STRICT;

-- Tools made of ops.
CREATE TABLE macros (
    name       TEXT PRIMARY KEY,
    document   BLOB NOT NULL,               -- JSON
    hash       BLOB NOT NULL UNIQUE,        -- of what it does, so that no two do the same
    created_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
