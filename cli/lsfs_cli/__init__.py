"""The command ``lsfs``: reads what was typed, calls the daemon, shows the answer.

A command is a module of `lsfs_cli.commands`, imported when it is used.  Nothing that ``lsfs find`` passes through may
import more than click and a little of the standard library; what draws bars or reads settings is imported where it is
used.
"""
