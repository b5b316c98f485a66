"""Bytes of a file → its text, title, metadata and the places that people cite (page, slide, sheet, message).

What belongs here: deciding what a file is (`choose`, `sniff`), and one module per format or library.  Nothing here
opens a file: extractors get bytes and a name, so that they can run in a process without a file system.  What does
not: chunking, storing, and the worker processes that bound an extractor's memory and time.

Threading: every function is pure but for lazily imported libraries; call from any thread, one call at a time per
process where `kreuzberg` is involved (its own thread pool is left at one thread).
"""
