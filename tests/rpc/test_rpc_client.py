"""What the client makes of its surroundings, and which of two builds it takes for the older."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.errors import DaemonUnavailable, LsfsError, PermissionRefused
from lsfs.core.failures import error_of, failure_document, failure_line
from lsfs.core.locations import SOCKET_PATH_LIMIT, Paths, make_private_folder
from lsfs.core.wirepath import from_wire, to_lossy, to_wire
from lsfs.rpc.build import build_id, is_newer
from lsfs.rpc.caller import caller_fields, umask, zone_name
from lsfs.rpc.client import Client, vault_key


@pytest.mark.parametrize(
    ("variable", "zone"),
    [("Europe/Paris", "Europe/Paris"), (":Asia/Tokyo", "Asia/Tokyo"), ("UTC", "UTC"), ("Etc/GMT+5", "Etc/GMT+5")],
)
def test_the_zone_is_the_one_that_tz_names(variable, zone):
    assert zone_name(variable) == zone


def test_without_tz_the_zone_is_where_localtime_links_to(tmp_path):
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/America/Argentina/Salta")
    assert zone_name("", str(link)) == "America/Argentina/Salta"
    assert zone_name("", str(tmp_path / "absent")).startswith("UTC")
    assert zone_name("CET-1CEST,M3.5.0,M10.5.0/3").startswith("UTC")


def test_switches_and_locale_travel():
    fields = caller_fields({"LSFS_LLM": "OFF", "LC_TIME": "de_DE", "LANG": "C", "TZ": "UTC"}, b"/a\xff", "cli")
    assert fields == {
        "cwd": "base64:L2H/", "zone": "UTC", "locale": "de_DE", "llm": False, "learn": True, "door": "cli",
        "umask": umask(),
    }  # fmt: skip


@given(st.binary(min_size=1).map(lambda name: b"/" + name.replace(b"\0", b"")))
def test_a_path_comes_back_as_the_bytes_it_was(path):
    assert from_wire(to_wire(path)) == path
    text, exact = to_lossy(path)
    assert (exact is None) == (text.encode("utf-8", "replace") == path)


@pytest.mark.parametrize("text", ["base64:!", "base64:a", "\ud800"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError):
        from_wire(text)


def test_the_build_is_that_of_the_files():
    assert build_id() == build_id()
    version, newest, _ = build_id().split("/")
    assert version.count(".") == 2 and int(newest, 16) > 1_600_000_000 * 10**9


@pytest.mark.parametrize(
    ("newer", "older"),
    [("0.2.0/1/a", "0.1.9/f/a"), ("0.10.0/1/a", "0.9.0/1/a"), ("0.1.0/ff/a", "0.1.0/fe/b"), ("0.1.0/1/a", "nonsense")],
)
def test_of_two_builds_one_is_newer(newer, older):
    assert is_newer(newer, older) and not is_newer(older, newer)
    assert not is_newer(newer, newer)


def test_places_follow_the_specification(tmp_path):
    home = str(tmp_path)
    paths = Paths.from_env({"HOME": home, "XDG_DATA_HOME": "relative", "XDG_CACHE_HOME": "/c"})
    assert paths.vault_dir == f"{home}/.local/share/lsfs"
    assert paths.index_dir == "/c/lsfs"
    assert paths.models == f"{home}/.local/share/lsfs/models"
    assert paths.socket == f"{home}/.local/state/lsfs/run/lsfsd.sock"
    assert Paths.from_env({"HOME": home, "LSFS_MODELS": "/m"}).models == "/m"


def test_another_users_runtime_folder_is_not_used(tmp_path, monkeypatch):
    assert Paths.from_env({"HOME": "/h", "XDG_RUNTIME_DIR": str(tmp_path)}).socket == f"{tmp_path}/lsfs/lsfsd.sock"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert Paths.from_env({"HOME": "/h", "XDG_RUNTIME_DIR": str(tmp_path)}).socket.startswith("/h/")


def test_a_socket_path_may_be_as_long_as_the_system_takes(short_tmp):
    name = "n" * (SOCKET_PATH_LIMIT - len(str(short_tmp)) - 1)
    paths = Paths.from_env({"HOME": "/h"})._replace(socket=f"{short_tmp}/{name}")
    paths.check_socket()
    with socket.socket(socket.AF_UNIX) as longest:
        longest.bind(paths.socket)
    with pytest.raises(DaemonUnavailable, match="108 bytes"):
        paths._replace(socket=f"{paths.socket}x").check_socket()


def test_a_private_folder_is_the_users_alone_and_no_one_elses(tmp_path, monkeypatch):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, mode=0o755)
    make_private_folder(str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(folder)
    make_private_folder(str(tmp_path / "link"))
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionRefused):
        make_private_folder(str(tmp_path / "file"))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionRefused, match="another user"):
        make_private_folder(str(folder))


def test_vaults_have_different_keys_and_one_by_any_name(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    assert vault_key(str(tmp_path)) == vault_key(f"{tmp_path}/link/") != vault_key("/other")


def test_an_error_survives_the_wire():
    first = error_of("vault-newer", "it is newer", "/v", "upgrade")
    said = failure_document(first)["error"]
    second = error_of(said["code"] or "", said["message"] or "", said["path"], said["hint"])
    assert (type(second), failure_line(second)) == (type(first), "/v: it is newer; upgrade")
    assert type(error_of("of-the-future", "x")) is LsfsError


def test_something_that_is_no_daemon_is_not_waited_for(short_tmp):
    """Whatever listens there and hangs up is reported at once, and no daemon is started over it."""
    paths = Paths.from_env({"HOME": str(short_tmp)})
    Path(paths.socket).parent.mkdir(parents=True)
    started: list[bool] = []
    client = Client(paths, {}, launch=lambda: started.append(True))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(paths.socket)
        listener.listen(0)
        listener.shutdown(socket.SHUT_RD)
        with pytest.raises(DaemonUnavailable):
            client.call("status")
