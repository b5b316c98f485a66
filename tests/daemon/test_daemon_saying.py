"""Sentences through the door of HTTP: what is streamed, how it ends, and that work ends when nobody listens."""

from __future__ import annotations

import threading

import pytest

from lsfs.core.errors import InternalError, UnavailableError, UsageError


def say(daemon, route: str, **fields):
    """The events of a route; the last has the result."""
    events = list(daemon.client().stream(route, fields))
    assert [event["phase"] for event in events].count("done") == 1 and events[-1]["phase"] == "done"
    assert all(event["result"] is None for event in events[:-1])
    return events


def test_an_answer_comes_in_pieces_and_then_as_a_whole(daemon):
    for route, fields, answer in (
        ("ask", {"question": "who?"}, "who?"),
        ("summarize", {"what": "/a.md"}, "/a.md"),
        ("compare", {"one": "/a.md", "other": "/b.md"}, "/a.md and /b.md"),
        ("explain", {"path": "/a.md", "old": "yesterday"}, "/a.md since yesterday"),
    ):
        events = say(daemon, route, **fields)
        result = events[-1]["result"]
        assert (result["state"], result["op"]) == ("answered", None)
        assert "".join(event["text"] for event in events) == result["answer"] == f"It says {answer}.\x1b[31m"
        assert result["citations"] == [{"path": "/docs/lease.md", "line": 12, "quote": "The lease for the flat"}]


def test_a_question_that_the_files_do_not_answer_has_no_answer(daemon):
    result = say(daemon, "ask", question="unknown")[-1]["result"]
    assert (result["state"], result["answer"], result["reason"]) == ("nothing", None, "the files do not say")


def test_a_sentence_becomes_a_plan_that_is_applied_by_its_number(daemon):
    result = say(daemon, "do", sentence="delete it", last=["/a.md"])[-1]["result"]
    assert (result["state"], result["tier"]) == ("preview", "llm")
    assert [(effect["action"], effect["path"]) for effect in result["effects"]] == [("trash", "/a.md")]
    applied = list(daemon.client().stream("apply", {"op": result["op"]}))[-1]["result"]
    assert applied["state"] == "applied"


def test_the_callers_choice_against_the_model_travels_with_a_sentence(daemon, monkeypatch):
    monkeypatch.setenv("LSFS_LLM", "off")
    assert say(daemon, "do", sentence="delete it", last=["/a.md"])[-1]["result"]["tier"] == "rules"


def test_a_refusal_is_an_answer_with_its_reason_and_readings(daemon):
    result = say(daemon, "do", sentence="refused")[-1]["result"]
    assert (result["state"], result["op"], result["readings"]) == ("refused", None, ["trash|what=a.md"])
    assert result["refusal"]["code"] == "refused" and result["refusal"]["message"] == result["reason"]
    assert say(daemon, "do", sentence="without a model")[-1]["result"]["refusal"]["code"] == "model-unavailable"


def test_a_request_without_a_sentence_is_a_usage_error(daemon):
    with pytest.raises(UsageError):
        list(daemon.client().stream("do", {}))


def test_a_bug_ends_the_stream_with_an_error(daemon):
    with pytest.raises(InternalError, match="RuntimeError: unforeseen"):
        list(daemon.client().stream("do", {"sentence": "bug"}))


ENDLESS = (
    ("do", {"sentence": "endless"}),
    ("ask", {"question": "endless"}),
    ("summarize", {"what": "endless"}),
    ("compare", {"one": "endless", "other": "/b.md"}),
    ("explain", {"path": "/endless", "old": "first"}),
)


def test_who_goes_away_stops_the_work(daemon, wait_until):
    for count, (route, fields) in enumerate(ENDLESS, 1):
        events = daemon.client().stream(route, fields)
        assert next(events)["phase"] == "reading"
        events.close()
        stopped = [f"closed streams: {count}"]
        wait_until(lambda stopped=stopped: daemon.client().call("status")["notes"] == stopped, timeout_s=5)


def test_who_goes_away_while_nothing_is_told_stops_the_work_the_next_time_it_looks(daemon, wait_until):
    """A model that loads tells nothing for seconds; the work must not take a further look before it knows."""
    events = daemon.client().stream("ask", {"question": "silent"})
    assert next(events)["phase"] == "reading"
    events.close()
    wait_until(lambda: daemon.client().call("status")["notes"] == ["closed streams: 1"], timeout_s=6)


def test_a_sentence_at_work_keeps_no_other_request_waiting(daemon):
    events = daemon.client().stream("do", {"sentence": "endless"})
    next(events)
    assert say(daemon, "do", sentence="find it")[-1]["result"]["hits"]
    assert daemon.client().call("find", {"words": "lease"})["hits"]
    events.close()


def test_too_many_sentences_at_once_are_told_to_come_again(daemon):
    endless = [daemon.client().stream("ask", {"question": "endless"}) for _ in range(16)]
    threads = [threading.Thread(target=next, args=(events,)) for events in endless]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(UnavailableError):
        list(daemon.client().stream("ask", {"question": "who?"}))
    for events in endless:
        events.close()


def test_a_daemon_that_stops_ends_the_work_and_says_so(daemon):
    events = daemon.client().stream("do", {"sentence": "endless"})
    next(events)
    daemon.stop()
    with pytest.raises(UnavailableError):
        list(events)
