"""Histories: which lineage a path belongs to, and when a content becomes a version.

Decisions are pure (`lineage`, `settling`); only `lsfs.ingest` and later the executor write what they decide.
"""
