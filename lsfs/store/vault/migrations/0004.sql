-- Which agent had an op done, at the door `mcp`: what it called itself; '' for the user's own.
ALTER TABLE ops ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE INDEX ops_by_client ON ops (client) WHERE client <> '';
