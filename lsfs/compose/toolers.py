"""What knows, finds and calls tools: the catalogue and its importers, the router, the callers, what follows changes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from lsfs.compose.base import Base
from lsfs.compose.finders import Finders
from lsfs.compose.sayers import Sayers
from lsfs.core.power import on_battery
from lsfs.core.tools import SourceKind
from lsfs.engine.parts import ToolParts
from lsfs.tools.callers.choose import callers
from lsfs.tools.calling import ToolCalls
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.finding import Finding
from lsfs.tools.following import Following
from lsfs.tools.importers.asking_help import ask_help
from lsfs.tools.importers.base import Importer
from lsfs.tools.importers.commands import Commands
from lsfs.tools.importers.function_json import FunctionFiles
from lsfs.tools.importers.macros import Macros
from lsfs.tools.importers.mcp_server import McpServers
from lsfs.tools.importers.openapi import OpenApi
from lsfs.tools.importers.python_callables import PythonCallables
from lsfs.tools.importers.skills import Skills
from lsfs.tools.mcp_sessions import McpSessions
from lsfs.tools.measuring import Measuring
from lsfs.tools.usage_writing import UsageWriting
from lsfs.tools.vectorizing import ToolVectors

TOOLS_FOLDER = "tools.d"
"""Beside the settings."""


def open_toolers(base: Base, finders: Finders, sayers: Sayers, opened: contextlib.ExitStack) -> ToolParts:
    """Wires them; nothing is started.  `opened` ends the sessions with servers."""
    environ = dict(os.environ)
    sessions = opened.enter_context(contextlib.closing(McpSessions(environ)))
    importers: Mapping[SourceKind, Importer] = {
        "mcp": McpServers(sessions),
        "openapi": OpenApi(),
        "functions": FunctionFiles(),
        "python": PythonCallables(environ),
        "commands": Commands(environ, ask_help),
        "skills": Skills(),
        "macros": Macros(base.vault.tools.macros),
    }
    catalogue = Catalogue(base.vault, base.index, importers, time.time_ns)
    query, bulk = finders.embedders or (None, None)
    embed = query.embed if query is not None else None
    vectors = None
    if bulk is not None and not base.vault.newer:
        vectors = ToolVectors(catalogue, base.vault, base.index, bulk, base.no_vectors_because)
        catalogue.on_change = vectors.nudge
    finding = Finding(catalogue, base.vault, base.index, embed)
    following = Following(catalogue, Path(base.paths.config_file).parent / TOOLS_FOLDER, environ)
    sessions.on_changed = following.touch
    following.on_gone = sessions.end
    return ToolParts(
        sessions=sessions,
        catalogue=catalogue,
        finding=finding,
        embed=embed,
        vectors=vectors,
        following=following,
        writing=UsageWriting(
            catalogue,
            finding,
            sayers.model.get,
            lambda: sayers.at_rest() and not (vectors is not None and vectors.missing()) and not on_battery(),
            base.config.tools_writing_minutes * 60,
        ),
        measuring=Measuring(catalogue, finding, base.vault, embed, base.index.passages.tokens, time.time_ns),
        calls=ToolCalls(catalogue.tool, catalogue.source, callers(sessions)),
    )
