"""What reads tools out of a source, a file for each kind of source, behind the interface in `base`.

An importer decides nothing: it knows no database, keeps nothing, and what it cannot take in costs that tool only and
is told with a reason.  What stands in a source is somebody else's text; it is cut, checked and never obeyed.
"""
