"""Mail, mailboxes, notebooks, subtitles, archives, pictures and recordings."""

from __future__ import annotations

import io
import json
import tarfile
from email.message import EmailMessage

import pytest

from lsfs.extract import archive, choose
from lsfs.extract.base import ExtractError


def letter(body="The lease ends in May.", subject="Lease – Kündigung", html=None):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ada Byron <ada@example.org>", "bob@example.org"
    message["Date"] = "Fri, 01 Mar 2024 10:00:00 +0100"
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_message_gives_headers_body_and_attachment_names(made):
    message = letter()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="lease.pdf")
    document = made.read("a.eml", bytes(message))
    assert document.title == "Lease – Kündigung"
    assert document.metadata["from"] == "Ada Byron <ada@example.org>" and document.metadata["date"].startswith(
        "Fri, 01 Mar"
    )
    assert "The lease ends in May." in document.text and "Attachment: lease.pdf" in document.text
    assert document.text.startswith("From: Ada Byron")


def test_a_message_is_known_without_its_extension(made):
    assert made.read("msg.1234", bytes(letter())).title == "Lease – Kündigung"


def test_plain_text_is_taken_where_both_are_offered_and_html_where_it_is_alone(made):
    both = letter("plain words that are enough", html="<p>web words</p>")
    assert (
        "plain words" in made.read("a.eml", bytes(both)).text
        and "web words" not in made.read("a.eml", bytes(both)).text
    )
    alone = EmailMessage()
    alone["Subject"], alone["From"], alone["To"] = "x", "a@example.org", "b@example.org"
    alone.set_content("<p>only <b>web</b> words</p>", subtype="html")
    assert "only web words" in made.read("a.eml", bytes(alone)).text


def test_wrong_charsets_and_broken_parts_do_not_lose_the_message(made):
    raw = b"From: a@example.org\nTo: b@example.org\nSubject: =?no-such?B?aGk=?= =?utf-8?Q?caf=C3=A9?=\n"
    raw += b"Content-Type: text/plain; charset=no-such-charset\n\nd\xe9j\xe0 vu\n"
    document = made.read("a.eml", raw)
    assert "déjà vu" in document.text and "café" in (document.title or "")


def test_apple_mail_files_lose_their_frame(made):
    body = bytes(letter())
    document = made.read(
        "1.emlx", b"%d\n" % len(body) + body + b'<?xml version="1.0"?><plist><string>flags</string></plist>'
    )
    assert "The lease ends" in document.text and "flags" not in document.text


def test_each_message_of_a_mailbox_is_anchored(made):
    box = b"".join(
        b"From ada@example.org Fri Mar 01 10:00:00 2024\n" + bytes(letter(f"body {i}", f"subject {i}")) + b"\n"
        for i in (1, 2, 3)
    )
    document = made.read("inbox.mbox", box)
    assert [a.label for a in document.anchors] == ["message 1", "message 2", "message 3"]
    parts = [document.text[a.offset :] for a in document.anchors]
    assert all(part.startswith(f"Subject: subject {i}\n") and f"body {i}" in part for i, part in enumerate(parts, 1))
    assert choose.plan_for(b"Inbox", box).extractor_id == "mbox"


def test_a_line_that_begins_with_from_splits_no_message(made):
    box = b"From a@example.org Fri Mar 01 10:00:00 2024\n" + bytes(letter("x\n\nFrom here on it rains.\nmore"))
    assert len(made.read("a.mbox", box).anchors) == 1


def test_a_notebook_gives_prose_fenced_code_and_outputs(made):
    cells = [
        {"cell_type": "markdown", "source": ["# Rent\n", "by month"]},
        {
            "cell_type": "code",
            "source": "total = 1",
            "outputs": [{"text": ["900\n"]}, {"data": {"image/png": "AAAA", "text/plain": "<Figure>"}}],
        },
    ]
    data = json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4}).encode()
    document = made.read("a.ipynb", data)
    assert document.text == "# Rent\nby month\n\n```python\ntotal = 1\n```\n\n900\n\n<Figure>\n"
    assert (document.title, document.markup, document.metadata["language"]) == ("Rent", "markdown", "python")


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"cells": 3}', b'{"cells": [1, {"source": 5}]}', b"[" * 5000])
def test_broken_notebooks_fail_politely(made, data):
    try:
        assert made.read("a.ipynb", data).text == ""
    except ExtractError as error:
        assert error.reason == "damaged"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\n<i>Good morning</i>\n\n2\n00:01:30,000 --> 00:01:31,000\nThe lease\n",
        ),
        (
            "a.vtt",
            "WEBVTT\n\nNOTE hid\n\n00:01.000 --> 00:02.000 a:b\nGood morning\n\n01:30.000 --> 01:31.000\nThe lease\n",
        ),
        (
            "a.ass",
            "Dialogue: 0,0:00:01.00,0:2,D,,0,0,0,,{\\i1}Good morning\nDialogue: 0,0:01:30.00,0:2,D,,0,0,0,,The lease\n",
        ),
        ("a.sbv", "0:00:01.000,0:00:02.000\nGood morning\n\n0:01:30.000,0:01:31.000\nThe lease\n"),
    ],
)
def test_subtitles_give_what_is_said_and_when(made, name, data):
    document = made.read(name, data.encode())
    assert document.text == "Good morning\nThe lease\n"
    assert [a.label for a in document.anchors] == ["time 00:00:01", "time 00:01:30"]


def test_archives_give_the_names_inside(made):
    data = made.package({"letters/lease.txt": "secret words", "../../etc/evil": "x"})
    document = made.read("a.zip", data)
    assert document.text == "letters/lease.txt\n../../etc/evil\n" and document.metadata["members"] == "2"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_files_give_the_names_inside(made, mode):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        for name in ("letters/lease.txt", "photos/me.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 3000
            tar.addfile(info, io.BytesIO(b"s" * 3000))
    assert (
        made.read("a.tar" + mode[1:].replace(":", "."), stream.getvalue()).text == "letters/lease.txt\nphotos/me.jpg\n"
    )


def test_a_tar_bomb_is_left_after_the_limit(made, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1 << 20)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name in ("small", "huge", "after"):
            info = tarfile.TarInfo(name)
            info.size = 10 if name == "small" else 8 << 20
            tar.addfile(info, io.BytesIO(b"\0" * info.size))
    document = made.read("a.tar.gz", stream.getvalue())
    assert document.truncated and document.text.startswith("small\n") and "after" not in document.text


@pytest.mark.parametrize("order", ["<", ">"])
def test_pictures_give_camera_date_and_place(made, order):
    document = made.read("a.jpg", made.jpeg(made.exif(order)))
    assert document.metadata == {
        "taken": "2024:05:01 10:00:00",
        "camera": "Canon EOS 5D",
        "place": "45.75000, -4.50000",
    }
    assert "Camera: Canon EOS 5D\n" in document.text


def test_pictures_that_say_nothing_or_are_damaged_give_no_text(made):
    whole = made.jpeg(made.exif())
    with pytest.raises(ExtractError):
        made.read("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100)
    for cut in range(10, len(whole), 7):
        try:
            made.read("a.jpg", whole[:cut])
        except ExtractError as error:
            assert error.reason == "empty"


def test_recordings_give_their_tags(made):
    document = made.read("a.mp3", made.mp3("Morning song", "Ada Byron"))
    assert document.title == "Morning song" and "Artist: Ada Byron\n" in document.text


def test_damaged_recordings_fail_politely(made):
    whole = made.mp3("Morning song", "Ada Byron")
    for cut in range(12, 120, 9):
        try:
            made.read("a.mp3", whole[:cut] + b"\xff" * 20)
        except ExtractError as error:
            assert error.reason in ("empty", "unsupported")
