"""What ``lsfs shell`` is made of: which lines are commands, what Tab makes of a word, the history, the loop.

What a sentence or a command does is not here: each line runs as a command line of its own (`lsfs_cli.main.run`).
"""
