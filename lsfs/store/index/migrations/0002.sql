-- What is not searched is not in the index at all: the vault queues it to be read for its versions.
DELETE FROM files WHERE state = 'ignored';
DROP INDEX files_unhashed;
