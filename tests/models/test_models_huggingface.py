"""Files from a hub arrive whole over connections that break, and nothing else is taken for them."""

from __future__ import annotations

import pytest

from lsfs.core.progress import NullProgress
from lsfs.models.huggingface import HuggingFace
from lsfs.models.part import Part, SourceFailed


@pytest.fixture
def part(tmp_path, body):
    with Part(tmp_path / "file.part", len(body), NullProgress()) as part:
        yield part


@pytest.fixture
def huggingface(hub, body):
    hub.files[hub.path] = body
    return HuggingFace(hub.url + "/", timeout=5, sleep=lambda seconds: None)


def test_a_file_arrives_whole(huggingface, hub, part, body):
    huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body
    assert hub.ranges == [0]


def test_broken_connections_are_taken_up_where_they_ended(huggingface, hub, part, body):
    hub.faults.extend([100_000, 200_000])
    huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body
    assert hub.ranges == [0, 100_000, 300_000]


def test_what_an_earlier_pull_left_is_not_fetched_again(huggingface, hub, part, body):
    part.write(body[:5000])
    huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body
    assert hub.ranges == [5000]


def test_a_server_without_ranges_is_read_from_the_start(huggingface, hub, part, body):
    hub.faults.extend([1000, "whole"])
    huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body


def test_a_passing_failure_of_the_server_is_waited_for(huggingface, hub, part, body):
    hub.faults.extend([-503, -429])
    huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body


def test_a_server_that_only_fails_is_given_up_and_what_came_stays(huggingface, hub, part, body):
    hub.faults.extend([1000] + [-503] * 10)
    with pytest.raises(SourceFailed, match="HTTP status 503"):
        huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body[:1000]


def test_a_page_of_another_length_does_not_touch_what_is_there(huggingface, hub, part, body):
    part.write(body[:5000])
    hub.files[hub.path] = b"<html>please log in</html>" * 1000
    with pytest.raises(SourceFailed, match="a file of 26000 bytes"):
        huggingface.fetch(hub.source, part)
    assert part.path.read_bytes() == body[:5000]


def test_a_missing_file_is_not_asked_for_twice(huggingface, hub, part):
    hub.files.clear()
    with pytest.raises(SourceFailed, match="HTTP status 404"):
        huggingface.fetch(hub.source, part)
    assert hub.ranges == [0]


def test_a_host_that_cannot_be_reached_is_tried_once(hub, part, monkeypatch):
    hub.close()
    huggingface = HuggingFace(hub.url, sleep=lambda seconds: pytest.fail("waited"))
    with pytest.raises(SourceFailed, match="cannot be reached"):
        huggingface.fetch(hub.source, part)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("tried again"))
    with pytest.raises(SourceFailed, match="cannot be reached"):
        huggingface.fetch(hub.source, part)


def test_an_endpoint_that_is_no_web_address_reads_no_file(part, hub):
    with pytest.raises(SourceFailed, match="not a web address"):
        HuggingFace("file:///etc").fetch(hub.source, part)
