"""More documents at once than the pool holds are read all the same."""

from __future__ import annotations

import io
import zipfile

_BODY = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
)
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def _docx(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("word/document.xml", _BODY.format(text=text))
    return buffer.getvalue()


def test_documents_that_have_to_wait_for_a_worker_get_their_text(lsfs):
    # The pool takes 256 that wait; the rest is handed back and read later.
    for number in range(400):
        (lsfs.root / f"letter-{number}.docx").write_bytes(_docx(f"Letter number {number} about the harvest"))
    lsfs.up()
    assert lsfs.index.contents.totals().get("text") == 400
