"""Mail: single messages (RFC 5322, Apple's emlx, MHTML) and mailboxes (RFC 4155)."""

from __future__ import annotations

import email.message
import email.parser
import email.policy
import email.utils
import re
from collections.abc import Iterator

from lsfs.core.records import Anchor, Document
from lsfs.extract.base import MAX_TEXT_CHARS, ExtractError, make_document
from lsfs.extract.encoding import decode

_HEADERS = ("from", "to", "cc", "date")
_MAX_PARTS = 200
_FROM_LINE = re.compile(rb"(?:\A|\r?\n)>?From [^\r\n]{1,300}\r?\n(?=[\w-]{1,76}:|>?From )")
_EMLX = re.compile(rb"\A\s*(\d{1,12})\s*\n")


class Mail:
    """One message."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """Headers people look for, the body, and the names of what is attached; the subject is the title."""
        if apple := _EMLX.match(data):
            data = data[apple.end() : apple.end() + int(apple[1])]
        text, fields = _message(data)
        if not text:
            raise ExtractError("empty", "the message has no text")
        return make_document(text, title=fields.pop("subject", None), metadata=fields)


class Mailbox:
    """Many messages in one file."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """All messages, with an anchor at each."""
        pieces: list[str] = []
        anchors: list[Anchor] = []
        length = 0
        for number, message in enumerate(_split(data), 1):
            text, fields = _message(message)
            piece = f"Subject: {fields.get('subject', '')}\n{text}\n\n"
            anchors.append(Anchor(length, f"message {number}"))
            pieces.append(piece)
            length += len(piece)
            if length > MAX_TEXT_CHARS:
                break
        if not pieces:
            raise ExtractError("empty", "the mailbox has no message")
        metadata = {"messages": str(len(pieces))}
        return make_document("".join(pieces), metadata=metadata, anchors=tuple(anchors))


def _split(data: bytes) -> Iterator[bytes]:
    spans = [match.span() for match in _FROM_LINE.finditer(data)] or [(0, 0)]
    ends = [start for start, _ in spans[1:]] + [len(data)]
    for (_, begin), end in zip(spans, ends, strict=True):
        if data[begin:end].strip():
            yield data[begin:end]


def _message(data: bytes) -> tuple[str, dict[str, str]]:
    """The text of a message and its headers; damaged parts give what can be read of them."""
    parsed = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    fields = {key: value for key in ("subject", *_HEADERS) if (value := _header(parsed, key))}
    head = "".join(f"{key.capitalize()}: {fields[key]}\n" for key in _HEADERS if key in fields)
    bodies, attached = _bodies(parsed)
    tail = "".join(f"\nAttachment: {name}" for name in attached)
    body = "\n\n".join(bodies).strip()
    return (f"{head}\n{body}{tail}".strip() + "\n" if body or head or tail else ""), fields


def _bodies(message: email.message.Message) -> tuple[list[str], list[str]]:
    """Texts in reading order (plain text where it is offered beside HTML), and names of attachments."""
    plain: list[str] = []
    web: list[str] = []
    attached: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > _MAX_PARTS:
            break
        if part.is_multipart():
            continue
        filename = _decoded(part.get_filename() or "")
        kind = part.get_content_type()
        if filename and part.get_content_disposition() == "attachment":
            attached.append(filename)
        elif kind == "text/html":
            web.append(_html(_payload(part)))
        elif kind.startswith("text/"):
            plain.append(_text(part))
        elif filename:
            attached.append(filename)
    words = sum(len(text.split()) for text in plain)
    return ([text for text in plain if text.strip()] if words >= 5 or not web else web), attached


def _payload(part: email.message.Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: email.message.Message) -> str:
    data = _payload(part)
    charset = part.get_content_charset()
    if charset and charset not in ("us-ascii", "unknown-8bit"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    return decode(data).text


def _html(data: bytes) -> str:
    from lsfs.extract.kreuzberg import Html

    try:
        return Html().extract(data, b"").text
    except ExtractError:
        return ""


def _header(message: email.message.Message, key: str) -> str:
    try:
        value = message.get(key)
    except (ValueError, IndexError, TypeError):
        return ""
    return _decoded(str(value)) if value is not None else ""


_ENCODED_WORD = re.compile(r"=\?([\w-]{1,40})(?:\*[\w-]*)?\?([bBqQ])\?([^?\s]{0,2000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")


def _decoded(value: str) -> str:
    """A header with its encoded words (RFC 2047) read; raw bytes outside of them are guessed at."""
    value = value.encode("utf-8", "surrogateescape")[:20_000].decode("utf-8", "replace")
    return " ".join(_ENCODED_WORD.sub(_word, _BETWEEN_WORDS.sub(r"\1\2", value)).split())


def _word(match: re.Match[str]) -> str:
    import binascii

    charset, how, text = match.groups()
    try:
        if how in "bB":
            data = binascii.a2b_base64(text + "=" * (-len(text) % 4))
        else:
            data = binascii.a2b_qp(text.encode("ascii", "replace"), header=True)
        return data.decode(charset, "replace")
    except (binascii.Error, LookupError, ValueError):
        return match[0]
