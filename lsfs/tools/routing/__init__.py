"""The right tool for a request: evidence by words, meaning and usage, fused, calibrated, and cut off.

Pure but for the embedder and the tokenizer that are passed in: arrays and plain structs in and out, no SQL, no files
but the default weights that ship with the package.  Tools are numbered from 0 in the order they are given.
`Router` is immutable once built and may be asked from any thread that its `embed` and `tokens` allow.
"""
