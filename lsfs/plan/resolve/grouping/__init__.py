"""Which folder each of several files goes to when they are sorted: by keys, into named folders, or by topic.

What is said becomes a scheme (`scheme`); each level of it gives a file a label or a reason why it has none (`labels`,
`named`, `topics`); `arrange` makes folders of the labels.  Nothing here changes a file.  One sentence, one thread.
"""
