"""Passages begin at headings and definitions, and say what stands above them."""

from __future__ import annotations

import pytest

from lsfs.chunking import chunk
from lsfs.core.records import Document

WORDS = "some words about it " * 30 + "\n"
BODY = "    value = compute(value)\n" * 25


def headings(text: str, markup: str, *, title: str | None = None, language: str = "") -> list[str]:
    return [c.heading for c in chunk(Document(text, title=title, markup=markup, metadata={"language": language}))]


def test_markdown_gives_the_path_of_headings_without_the_title():
    text = f"# Guide\n{WORDS}\n## Setup\n{WORDS}\n### Linux ###\n{WORDS}\nUse\n---\n{WORDS}\n# Appendix\n{WORDS}"
    assert headings(text, "markdown", title="Guide") == ["", "Setup", "Setup › Linux", "Use", "Appendix"]


def test_markdown_takes_no_heading_from_code_and_front_matter():
    text = f"---\ntitle: x\nkind: y\n---\n{WORDS}```sh\n# comment\n{WORDS}```\n{WORDS}| a |\n|---|\n{WORDS}"
    assert set(headings(text, "markdown")) == {""}


def test_restructured_text_orders_its_underlines_by_their_first_use():
    text = f"=====\nTitle\n=====\n{WORDS}\nPart\n----\n{WORDS}\nDetail\n~~~~~~\n{WORDS}\nOther\n-----\n{WORDS}"
    assert headings(text, "rst", title="Title")[1:] == ["Part", "Part › Detail", "Other"]


def test_latex_org_and_asciidoc_headings():
    latex = f"\\section{{Intro}}\n{WORDS}\\subsection[s]{{Deep}}\n{WORDS}\\section*{{Next}}\n{WORDS}"
    assert headings(latex, "latex") == ["Intro", "Intro › Deep", "Next"]
    assert headings(f"* One\n{WORDS}** Two\n{WORDS}* Three\n{WORDS}", "org") == ["One", "One › Two", "Three"]
    assert headings(f"== One\n{WORDS}=== Two\n{WORDS}", "asciidoc") == ["One", "One › Two"]


def test_python_passages_begin_at_decorators_and_comments_of_functions_and_methods():
    text = f"import os\n\n@cached\n# why\ndef alpha():\n{BODY}\nclass Beta:\n{BODY}\n"
    text += f"    async def gamma(self):\n{BODY}\n\ndef delta(): ...\n"
    chunks = chunk(Document(text, markup="code", metadata={"language": "python"}))
    assert [c.heading for c in chunks] == ["alpha", "Beta", "Beta › gamma", "delta"]
    later = f"x = 1\n{'y = 2' * 70}\n\n@cached\n# why\ndef alpha():\n{BODY}"
    second = chunk(Document(later, markup="code", metadata={"language": "python"}))[1]
    assert later[second.start :].startswith("@cached\n# why\ndef alpha")


@pytest.mark.parametrize(
    ("language", "first", "second", "names"),
    [
        ("c", "static int first(int a,\n    char *b)\n{", "struct second {", ["first", "second"]),
        ("c++", "namespace first {", "void Second::run(int a) const {", ["first", "Second::run"]),
        ("c#", "public class First {", "    public async Task<int> Second(int a) {", ["First", "First › Second"]),
        ("java", "public final class First {", "    private static void second(int a) {", ["First", "First › second"]),
        ("kotlin", "data class First(val a: Int) {", "    suspend fun second() {", ["First", "First › second"]),
        ("go", "func (s *Server) First(a int) error {", "type Second struct {", ["First", "Second"]),
        ("rust", "pub(crate) struct First {", "impl Trait for Second {", ["First", "Trait for Second"]),
        ("javascript", "export default function first() {", "const second = async (a) => {", ["first", "second"]),
        ("typescript", "export interface First {", "export abstract class Second {", ["First", "Second"]),
        ("ruby", "class First", "  def second?", ["First", "First › second?"]),
        ("php", "function first($a) {", "final class Second {", ["first", "Second"]),
        ("perl", "sub first {", "package Second::Part;", ["first", "Second::Part"]),
        ("lua", "local function first(a)", "function m.second(a)", ["first", "m.second"]),
        ("swift", "public func first() {", "extension Second {", ["first", "Second"]),
        ("elixir", "defmodule First do", "  defp second(a) do", ["First", "First › second"]),
        ("clojure", "(defn first [a]", "(def second 1", ["first", "second"]),
        ("lisp", "(defun first (a)", "(define (second a)", ["first", "second"]),
        ("shell", "first() {", "function second {", ["first", "second"]),
        ("sql", "CREATE TABLE first (", "create or replace view second as", ["first", "second"]),
        ("r", "first <- function(a) {", "second = function(b) {", ["first", "second"]),
        ("haskell", "data First = A", "second :: Int -> Int", ["First", "second"]),
        ("protobuf", "message First {", "service Second {", ["First", "Second"]),
    ],
)
def test_definitions_name_the_passages_of_source_code(language, first, second, names):
    assert headings(f"{first}\n{BODY}\n{second}\n{BODY}", "code", language=language) == names


def test_short_functions_share_a_passage_named_after_the_first():
    text = "".join(f"def f{i}(): return {i}\n" for i in range(10))
    assert headings(text, "code", language="python") == ["f0"]


def test_a_short_preamble_takes_the_name_of_the_function_it_stands_above():
    assert headings(f"import os\n\ndef alpha():\n{BODY}", "code", language="python") == ["alpha"]


def test_line_numbers_point_at_the_passage():
    text = f"# A\n{WORDS}\n# B\n{WORDS}"
    second = chunk(Document(text, markup="markdown"))[1]
    assert text.split("\n")[second.line - 1] == "# B"
