"""The README in each magic folder: what it is for, with examples to type."""

from __future__ import annotations

from lsfs.views.base import Item, Text

README = b"README.txt"

TEXTS = {
    "": """\
These folders are made by lsfs. Nothing in them is a copy: the entries of search, saved, by-type, by-date, by-tag,
recent and similar are links to your own files. Opening one opens the file, and saving it saves the file.

  search/WORDS/        what a search for the words finds, best first:  ls search/"lease lyon"
  saved/NAME/          folders that are queries: mkdir makes one, its file .query holds the words, rmdir forgets it
  by-type/KIND/        pdf, image, code ..., or any extension:  ls by-type/md
  by-date/2026/03/     by the month of the last change
  by-tag/TAG/          your tags: a link made here tags a file, a link removed here untags it
  recent/              what was changed, and what was opened, last
  similar/PATH/        files like the one at PATH:  ls similar$HOME/Documents/lease.pdf
  history/ROOT/PATH/   every version of every file, also of deleted ones; read only
  tools/REQUEST/       pages of the tools that do it:  ls tools/"shrink a pdf"
  at/WHEN/ROOT/        whole folders as they were:  ls at/yesterday, at/"last friday 15:00", at/2026-03-12

They can be nested to narrow down: search/tax/by-type/pdf, by-tag/house/by-date/2025, saved/letters/search/rent.
Each folder of results has .why.txt (what speaks for each file) and .results.json (the same for programs).

Removing a link in search, saved, by-type, by-date, recent or similar is refused. No file of yours is ever changed or
deleted by removing something here. But what you write through a link is written to your file; lsfs keeps the version
before it.
""",
    "search": """\
Type a folder's name: it is a query, with all that `lsfs find` understands.

  ls search/"lease lyon"
  ls search/"invoices from 2024"/by-type/pdf

The folder holds links to what was found. The search runs when the folder is opened. Folders of queries are not listed
here, or walking through would never end.
""",
    "saved": """\
Folders that are queries.

  mkdir saved/leases                         a folder for what `lsfs find leases` finds
  echo "lease OR rent -draft" > saved/leases/.query
  rmdir saved/leases                         forgets the query; your files stay

`lsfs saved` lists them too, and `lsfs undo` takes a change back.
""",
    "by-type": """\
Files by what they are: pdf, document, image, code ... Any extension works as well, though it is not listed:

  ls by-type/md
""",
    "by-date": """\
Files by the month in which they were last changed: by-date/2026/03. Within other folders a year holds its files:

  ls by-tag/house/by-date/2025
""",
    "by-tag": """\
Your tags. They belong to the files, and stay with them when they are renamed or moved.

  ln -s ~/Documents/lease.pdf by-tag/house/   tags the file
  rm by-tag/house/lease.pdf                   takes the tag from it; the file stays where it is
  mv by-tag/house/lease.pdf by-tag/done/      changes one tag for the other
  mkdir by-tag/garden                         begins a tag
  rmdir by-tag/garden                         forgets one that nothing has

rm -r on a tag's folder is refused, so that no slip takes a tag from everything; rm by-tag/garden/* does it.

A file manager that drops a file here copies or moves it instead of linking, and is refused: hold Ctrl and Shift while
you drop it, which makes a link, or type  lsfs tag FILE -t TAG . A slash in a tag is shown as \N{DIVISION SLASH}.
""",
    "recent": """\
modified/ holds what was changed last, opened/ what was opened through these folders last.  ls -U keeps the order.
""",
    "similar": """\
Type the path of a file: the folder of that name holds what is like it.

  ls similar$HOME/Documents/lease.pdf
  ls similar/Documents/lease.pdf             from the name of a watched folder on
""",
    "tools": """\
Type what you want to do: the folder of that name holds a page for each tool that does it, the best first (ls -U).

  ls -U tools/"shrink a pdf"
  cat tools/"shrink a pdf"/gs.md

The tools are those of `lsfs tools list`; `lsfs tools add commands` takes in the installed programs. A folder is empty
where no tool fits.
""",
    "history": """\
Every version of every file that lsfs has kept, also of files that are gone; read only.

  ls history/Documents/thesis.md/            1~2026-11-02T10.15.00.md  2~...
  cp history/Documents/thesis.md/1~* ~/old.md

`lsfs restore` brings a version back to its place, and can be undone.
""",
    "at": """\
Type a time: the folder of that name holds the watched folders as they were then; read only.

  ls at/yesterday/Documents
  diff -r at/yesterday/Documents ~/Documents
  cp -a at/"3 days ago"/Documents/thesis ~/

Times are those of `lsfs restore`: yesterday, "last friday 15:00", 2026-03-12, 2026-11-01T12:00, "before op 17".
A file whose content is not kept is listed and cannot be read. A time that counts from now, such as "10 minutes ago",
stays the same moment until the folder was not used for a minute.
""",
}


def readme(folder: str) -> Text:
    """The README of a folder."""
    return Text(TEXTS[folder])


def readme_item(folder: str) -> Item:
    """The README of a folder, as the folder lists it."""
    return Item(README, readme(folder).attributes)
