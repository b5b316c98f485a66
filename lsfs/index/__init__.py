"""Finding: the pipeline that keeps the index in step with the vault, vectors, and search over both.

Ranking (`rank`) and query parsing (`query`) are pure; what they need is fetched by `search`.  Searches may run in
any thread beside the one writer.
"""
