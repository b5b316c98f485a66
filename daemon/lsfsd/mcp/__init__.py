"""The door for agents: an MCP server (Model Context Protocol) over stdio or HTTP, in a process of its own.

It is a client of the daemon's socket and opens no database.  The official SDK speaks the protocol (the package ``mcp``,
imported absolutely; this one is ``lsfsd.mcp``); here stands which tools there are, what each takes and gives, and what
a client may do.  What needs deciding is pure: arguments, cursors, permissions, typed plans.

The SDK's event loop runs in the main thread.  Each call runs in a thread, where it may block on the daemon; when it is
cancelled the loop stops waiting at once, and the thread ends with the daemon's next word.
"""
