"""Values and rules that every layer shares: records, errors, paths, times, ignore rules.

Nothing here opens a database, starts a thread, loads a model or reads configuration at import.
"""
