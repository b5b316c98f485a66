-- The index: made from the vault and the files, and made again when it is lost.
-- contents, chunks and vectors are keyed by content alone; files mirror the vault's entries (id = entry id).

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('applied_seq', 0), ('next_chunk', 1), ('embedder', ''), ('extractor', '');

CREATE TABLE contents (
    id          INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('text', 'no-text', 'failed')),
    reason      TEXT NOT NULL DEFAULT '',
    extractor   TEXT NOT NULL,              -- version that made the text; a newer one tries failures again
    title       TEXT NOT NULL DEFAULT '',
    metadata    TEXT NOT NULL DEFAULT '{}',
    anchors     TEXT NOT NULL DEFAULT '[]', -- [[byte offset, label], …]
    headings    TEXT NOT NULL DEFAULT '[]',
    code        INTEGER NOT NULL,           -- 1: source code, where words weigh less
    own_text    INTEGER NOT NULL,           -- 1: the file's bytes are its text, none is kept in `texts`
    text_bytes  INTEGER NOT NULL,
    first_chunk INTEGER NOT NULL,           -- chunk ids of a content follow each other
    chunks      INTEGER NOT NULL,
    chunk_table BLOB NOT NULL,              -- lsfs.core.chunktable
    embedded    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX contents_unembedded ON contents (id) WHERE embedded = 0 AND chunks > 0;

CREATE TABLE texts (
    content INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
    body    BLOB NOT NULL                   -- zstd of UTF-8
) STRICT;

CREATE VIRTUAL TABLE passages USING fts5 (
    body, cjk, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
-- 64 MiB of postings in memory before a segment is written, and merges of eight segments at a time.
INSERT INTO passages (passages, rank) VALUES ('hashsize', 67108864), ('automerge', 8);

-- rowid = chunk id; made again with another length when another embedder is chosen.
CREATE VIRTUAL TABLE vectors USING vec0(embedding float[384], chunk_size=8);

CREATE TABLE files (
    id       INTEGER PRIMARY KEY,
    root     INTEGER NOT NULL,
    path     BLOB NOT NULL,
    name     TEXT NOT NULL,                 -- lossy, lower case: for look-ups only
    ext      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    hash     BLOB,                          -- content, once read
    content  INTEGER,                       -- its row in contents, once indexed
    lineage  INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'done', 'named', 'ignored', 'failed', 'unstable')),
    reason   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX files_by_path ON files (root, path);
CREATE INDEX files_by_content ON files (content);
CREATE INDEX files_by_hash ON files (hash) WHERE content IS NULL AND hash IS NOT NULL;
CREATE INDEX files_by_mtime ON files (mtime_ns);
CREATE INDEX files_by_ext ON files (ext);
CREATE INDEX files_by_name ON files (name);
CREATE INDEX files_queued ON files (mtime_ns) WHERE state = 'queued';
CREATE INDEX files_unhashed ON files (id) WHERE state = 'ignored' AND hash IS NULL AND kind = 'file';

CREATE VIRTUAL TABLE names USING fts5 (
    name, path, tags, content = '', contentless_delete = 1, prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE grams USING fts5 (name, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');

CREATE TABLE file_tags (
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    tag  TEXT NOT NULL,
    PRIMARY KEY (file, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_tags_by_tag ON file_tags (tag);
