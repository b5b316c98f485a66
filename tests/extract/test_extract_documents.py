"""Office files, PDFs, books and web pages give their text, title, metadata, and the places people cite."""

from __future__ import annotations

import pytest

from lsfs.extract import choose
from lsfs.extract.base import ExtractError


def labels(document):
    return [anchor.label for anchor in document.anchors]


def test_pdf_pages_are_anchored_where_their_text_begins(made):
    document = made.read("a.pdf", made.pdf("the lease begins", "the rent is due", title="Lease of the flat"))
    assert labels(document) == ["page 1", "page 2"]
    assert [document.text[a.offset :].split("\n")[0] for a in document.anchors] == [
        "the lease begins",
        "the rent is due",
    ]
    assert document.title == "Lease of the flat"
    assert document.metadata["author"] == "Ada Byron"


def test_docx_gives_headings_as_markdown_and_its_own_title(made):
    document = made.read("a.docx", made.docx("The rent is *due* in Lyon, see [1].", heading="Rent"))
    assert document.markup == "markdown"
    assert "# Rent" in document.text and "The rent is *due* in Lyon, see [1]." in document.text
    assert document.title == "The yearly plan" and document.metadata["author"] == "Ada Byron"


def test_xlsx_sheets_are_anchored(made):
    document = made.read(
        "a.xlsx", made.xlsx({"Budget": [["item", "cost"], ["rent", "900"]], "Notes 2": [["paid", "yes"]]})
    )
    assert labels(document) == ["sheet Budget", "sheet Notes 2"]
    assert "rent" in document.text[: document.anchors[1].offset]
    assert "paid" in document.text[document.anchors[1].offset :]
    assert document.markup == "rows"


def test_pptx_slides_are_anchored(made):
    document = made.read("a.pptx", made.pptx("Opening words", "Closing words"))
    assert labels(document) == ["slide 1", "slide 2"]
    assert document.text[document.anchors[1].offset :].startswith("Closing words")


def test_a_presentation_with_a_broken_picture_still_gives_its_words(made):
    data = made.pptx("Opening words", extra="<p:pic><p:blipFill><a:blip/></p:blipFill></p:pic>")
    assert "Opening words" in made.read("a.pptx", data).text


def test_odt_gives_headings_lists_and_metadata(made):
    body = '<office:text><text:h text:outline-level="2">Rent</text:h><text:p>in<text:s/>Lyon</text:p>'
    body += "<text:list><text:list-item><text:p>first</text:p></text:list-item></text:list></office:text>"
    document = made.read("a.odt", made.odf("text", body))
    assert document.text == "## Rent\n\nin Lyon\n\n- first\n"
    assert document.title == "The yearly plan" and document.metadata["author"] == "Ada Byron"


def test_ods_gives_rows_under_anchored_sheets_and_bounded_repeats(made):
    row = "<table:table-row><table:table-cell><text:p>rent</text:p></table:table-cell>"
    row += '<table:table-cell table:number-columns-repeated="99999999"><text:p>9</text:p></table:table-cell>'
    row += "</table:table-row>"
    tables = f'<table:table table:name="One">{row}</table:table><table:table table:name="Two">{row}</table:table>'
    document = made.read("a.ods", made.odf("spreadsheet", f"<office:spreadsheet>{tables}</office:spreadsheet>"))
    assert labels(document) == ["sheet One", "sheet Two"]
    assert document.text.count("rent | 9") == 2 and len(document.text) < 2000


def test_odp_slides_are_anchored(made):
    pages = "".join(f"<draw:page><draw:frame><text:p>words {i}</text:p></draw:frame></draw:page>" for i in (1, 2))
    document = made.read("a.odp", made.odf("presentation", f"<office:presentation>{pages}</office:presentation>"))
    assert labels(document) == ["slide 1", "slide 2"]
    assert document.text[document.anchors[1].offset :].startswith("words 2")


def test_epub_gives_chapters_title_and_author(made):
    document = made.read("a.epub", made.epub("It was a dark night.", "The morning came."))
    assert "# Chapter 2" in document.text and "The morning came." in document.text
    assert document.title == "A long walk" and document.metadata["author"] == "Ada Byron"


def test_rtf_gives_its_text(made):
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 "
        rb"The \b rent\b0  is 900 \'80 in Besan\'e7on.\par Second line\par}"
    )
    text = made.read("a.rtf", data).text
    assert "The rent is 900 € in Besançon." in text and "Second line" in text


def test_html_gives_markdown_without_scripts_marks_and_link_targets(made):
    page = (
        b"<html><head><title>My page</title><script>var hidden=1</script><style>.x{}</style></head><body><h1>Top</h1>"
    )
    page += b"<p>Read <a href='http://example.org/secret'>the terms</a>, <b>now</b> &amp; here: 3 * 4.</p>"
    page += b"<ul><li>one</li></ul></body></html>"
    document = made.read("a.html", page)
    assert document.title == "My page"
    assert "# Top" in document.text and "Read the terms, now & here: 3 * 4." in document.text
    assert not any(word in document.text for word in ("hidden", "secret", ".x"))


def test_html_follows_its_declared_encoding(made):
    page = "<html><head><meta charset='windows-1251'></head><body><p>Протокол собрания</p></body></html>".encode(
        "cp1251"
    )
    assert "Протокол собрания" in made.read("a.html", page).text


@pytest.mark.parametrize("name", ["a.docx", "a.txt", "a.pdf", "noextension", "a.jpg"])
def test_bytes_beat_a_wrong_extension(made, name):
    assert "the lease begins" in made.read(name, made.pdf("the lease begins")).text
    assert "Rent" in made.read(name, made.docx("x")).text


def test_an_encrypted_pdf_is_said_to_be_encrypted(made):
    with pytest.raises(ExtractError) as raised:
        made.read("a.pdf", made.pdf("hidden", encrypt=True))
    assert raised.value.reason == "encrypted"


def test_an_encrypted_opendocument_is_said_to_be_encrypted(made):
    data = made.odf("text", "<office:text/>", **{"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"})
    with pytest.raises(ExtractError) as raised:
        made.read("a.odt", data)
    assert raised.value.reason == "encrypted"


def test_a_package_with_an_encrypted_member_is_said_to_be_encrypted(made):
    data = bytearray(made.docx("x"))
    for signature, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):  # the flags in both headers of a member
        at = data.find(signature)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(signature, at + 4)
    with pytest.raises(ExtractError) as raised:
        made.read("a.docx", bytes(data))
    assert raised.value.reason == "encrypted"


def test_an_encrypted_office_file_is_said_to_be_encrypted(made):
    names = "".join(("EncryptionInfo", "EncryptedPackage")).encode("utf-16-le")
    with pytest.raises(ExtractError) as raised:
        made.read("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + names)
    assert raised.value.reason == "encrypted"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n" + b"\xff" * 500,
        b"PK\x03\x04" + b"\x01" * 400,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"\x1f\x8b\x08" + b"\1" * 50,
    ],
)
def test_damaged_files_raise_extract_errors_and_nothing_else(data):
    recipe = choose.plan_for(b"a.bin", data)
    if recipe.tier != "names":
        with pytest.raises(ExtractError):
            choose.extract(data, b"a.bin", recipe)


def test_a_package_that_unpacks_to_far_more_is_refused_unread(made):
    data = made.package({"word/document.xml": b"<a>" + b" " * (40 << 20)})
    with pytest.raises(ExtractError) as raised:
        made.read("a.docx", data)
    assert raised.value.reason == "too-large"


def test_entities_are_neither_expanded_nor_fetched(made, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret words")
    laughs = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x><p>plain</p>&b;</x>'
    fetched = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]><x><p>plain</p>&a;</x>'
    for text in (laughs, fetched):
        found = made.read("a.xml", f'<?xml version="1.0"?>{text}'.encode()).text
        assert "plain" in found and "haha" not in found.replace('"haha"', "") and "secret words" not in found
