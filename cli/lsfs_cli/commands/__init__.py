"""One module for each command; `lsfs_cli.main` has the table."""
