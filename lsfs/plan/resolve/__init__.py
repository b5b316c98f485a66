"""From a Request's words to paths: which files and folders are meant, decided by evidence.

What belongs here is looking up and choosing; nothing is written, and no text of a file is taken for more than what it
may be found by.  `phrases` and `spans` are pure, `places` knows the folders, `choosing` the files, `resolver` makes the
actions of a plan, or what is to be read.
"""
