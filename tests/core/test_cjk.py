from __future__ import annotations

import pytest

from lsfs.core.cjk import cjk_bigrams, has_cjk


@pytest.mark.parametrize(
    ("text", "bigrams"),
    [
        ("plain text", ""),
        ("café, naïve – “quoted”", ""),
        ("東京", "東京"),
        ("東京都に行く", "東京 京都 都に に行 行く"),
        ("go to 東京 and 木 then カラオケ", "東京 木 カラ ラオ オケ"),
        ("서울특별시 날씨", "서울 울특 특별 별시 날씨"),
        ("佐々木", "佐々 々木"),
        ("𠮷野家", "𠮷野 野家"),
        ("東京、大阪。", "東京 大阪"),
    ],
)
def test_runs_become_bigrams(text: str, bigrams: str) -> None:
    assert cjk_bigrams(text) == bigrams
    assert has_cjk(text) == bool(bigrams)
