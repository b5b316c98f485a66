"""A catalogue on real databases, with files for sources."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

from lsfs.core.tools import ToolSource
from lsfs.store.index import Index
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.importers.commands import Commands
from lsfs.tools.importers.function_json import FunctionFiles
from lsfs.tools.importers.macros import Macros
from lsfs.tools.importers.mcp_server import McpServers
from lsfs.tools.importers.openapi import OpenApi
from lsfs.tools.importers.skills import Skills
from lsfs.tools.mcp_sessions import McpSessions


class Library:
    """A catalogue and what it rests on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault(folder / "vault.db")
        self.index = Index(folder / "index.db")
        self.sessions = McpSessions({"HOME": str(folder), "PATH": os.environ["PATH"]})
        clock = itertools.count(1_700_000_000_000_000_000, 1_000_000_000)
        importers = {
            "functions": FunctionFiles(),
            "openapi": OpenApi(),
            "skills": Skills(),
            "macros": Macros(self.vault.tools.macros),
            "mcp": McpServers(self.sessions),
            "commands": Commands(
                {"PATH": str(folder / "bin"), "MANPATH": str(folder / "man"), "HOME": str(folder)}, lambda path: ""
            ),
        }
        self.catalogue = Catalogue(self.vault, self.index, importers, lambda: next(clock))

    def functions(self, name: str, tools: dict[str, str]) -> ToolSource:
        """A source of functions with these descriptions, in a file that is written anew."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps([{"name": one, "description": said} for one, said in tools.items()]))
        return ToolSource(name=name, kind="functions", where={"path": str(path)})

    def ids(self) -> list[str]:
        """The ids of all tools."""
        return [tool.id for tool in self.catalogue.tools().tools]

    def close(self) -> None:
        """Closes everything."""
        self.sessions.close()
        self.vault.close()
        self.index.close()
