-- Tools as their sources last gave them, and the vectors of their texts.
CREATE TABLE tools (
    id         TEXT PRIMARY KEY,
    source     TEXT NOT NULL,
    document   BLOB NOT NULL,               -- JSON: all of it
    hash       BLOB NOT NULL                -- blake3 of what it says of itself: name, description, schema, group
) STRICT;
CREATE INDEX tools_by_source ON tools (source);

-- By the hash of a text: what is said twice is embedded once, and what did not change is not embedded again.
CREATE TABLE tool_vectors (
    hash       BLOB PRIMARY KEY,
    vector     BLOB NOT NULL                -- float32
) STRICT;

-- What the language model wrote of a tool, by the hash of what the tool says of itself.
CREATE TABLE tool_written (
    hash       BLOB PRIMARY KEY,
    queries    TEXT NOT NULL                -- JSON
) STRICT;

INSERT INTO meta VALUES ('tool_embedder', '');

-- What told, when a source was read last, whether it is to be read again.
CREATE TABLE tool_stamps (
    source     TEXT PRIMARY KEY,
    stamp      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How often tools were among those that were shown for a request.
CREATE TABLE tool_shown (
    tool       TEXT PRIMARY KEY,
    times      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
