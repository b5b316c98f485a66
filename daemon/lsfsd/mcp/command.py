"""``lsfs mcp``: the server for agents, over stdio or HTTP."""

from __future__ import annotations

import logging
import os
import sys

import click

from lsfs.core.config import load_config
from lsfs.core.errors import UnavailableError, UsageError
from lsfs.core.locations import Paths

PORT = 7457


@click.command("mcp")
@click.option("--http", "over_http", is_flag=True, help="Serve HTTP on 127.0.0.1 instead of stdin and stdout.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="With --http; 0: any.")
@click.option("--new-token", is_flag=True, help="With --http: make a new token; clients with the old one are refused.")
@click.option("--json", "as_json", is_flag=True, hidden=True)
@click.option("--quiet", is_flag=True, hidden=True)
def mcp_command(over_http: bool, port: int, new_token: bool, as_json: bool, quiet: bool) -> None:
    """Serve agents that speak MCP: find, read and change files, find and call tools.

    A client starts it by itself: give it the command `lsfs` with the argument `mcp`. What an agent may do is set by
    its name, at first reading and planning: lsfs config set mcp_permissions NAME=apply

    With --http a client needs the address and the token that are printed.
    """
    if as_json:
        raise UsageError("mcp prints no document: what it prints is the protocol")
    try:
        from lsfsd.mcp.server import make_server
    except ImportError as error:
        raise UnavailableError(f"the MCP SDK is missing: {error}", hint="pip install 'lsfs[mcp]'") from error
    from lsfsd.mcp.asking import Daemon

    paths = Paths.from_env(os.environ)
    _log_to_stderr(load_config(paths.config_file).log_level)
    server = make_server(Daemon(paths, dict(os.environ), os.getcwdb()))
    if over_http:
        from lsfsd.mcp.http import HOST, PATH, kept_token, listen, serve_http

        token_file = os.path.join(paths.state_dir, "mcp.token")
        token, made = kept_token(token_file, new=new_token)
        with listen(port) as listener:
            address = f"http://{HOST}:{listener.getsockname()[1]}{PATH}"

            def ready() -> None:
                click.echo(address)
                click.echo(f"Authorization: Bearer {token}" if made else f"the token is in {token_file}", err=not made)

            code = serve_http(server, listener, token, ready)
    else:
        from lsfsd.mcp.stdio import serve_stdio

        if sys.stdin.isatty() and not quiet:
            click.echo("lsfs mcp: waiting for a client's messages; a client starts this by itself", err=True)
        code = serve_stdio(server)
    # Threads that still wait for the daemon are not waited for: they have nothing more to tell anybody.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(stream=sys.stderr, level=max(logging.WARNING, getattr(logging, level.upper())))
