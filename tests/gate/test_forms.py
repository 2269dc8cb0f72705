"""What a verdict looks like in each of its forms, whatever its names hold."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from wavecomp.errors import UsageError
from wavecomp.gate.forms import write
from wavecomp.gate.verdict import judge

from .builders import PLACE, doctored, gradient, run, sweep

HOSTILE = "mine:key=<b>|x`\x07%0A::error"


def verdict():
    larger = doctored(sweep(), lambda _: {"stream_bytes": 103_000})
    smaller = doctored(sweep("float16"), lambda _: {"stream_bytes": 90_000})
    place = replace(PLACE, versions={**PLACE.versions, "zfpy": "1.1.0"})
    return judge(
        [run([sweep(), sweep("float16"), sweep("int8"), sweep("identity")], [gradient()], name="old")],
        [run([larger, smaller, sweep(HOSTILE), sweep("identity")], [gradient()], place, name="new")],
    )


def test_text_says_the_cause_first_and_the_verdict_last():
    lines = write(verdict(), "text").splitlines()
    assert lines[0] == "changed: zfpy 1.0.1 → 1.1.0"
    assert lines[-1] == "WORSE: 1 value; 1 value better (4 cases compared)"
    assert any(line.split()[:1] == ["worse"] and "+3 %" in line and "103,000" in line for line in lines)
    assert "gone, so not compared: int8 on pinned-3d" in lines
    assert "\x07" not in "".join(lines)


def test_markdown_is_one_heading_a_list_and_a_table():
    text = write(verdict(), "markdown")
    assert text.startswith("### WORSE: 1 value; 1 value better")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace(r"\|", "").count("|") for line in rows}) == 1
    assert "<b>" not in text.replace(r"\<b\>", "")


def test_junit_counts_every_case_and_has_the_values():
    root = ElementTree.fromstring(write(verdict(), "junit"))
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("6", "1", "1", "1")
    (failure,) = root.iter("failure")
    assert failure.get("message") == "stream bytes worse: 100,000 → 103,000 (+3 %; exact)"
    names = [test.get("name") for test in root.iter("testcase")]
    assert names[0] == "zfp:accuracy=1e-3 on pinned-3d"
    assert len(names) == 6


def test_annotations_are_one_command_a_line_and_nothing_of_a_name_is_one():
    lines = write(verdict(), "github").splitlines()
    assert lines[0].startswith("::error title=zfp%3Aaccuracy=1e-3 on pinned-3d::stream bytes worse: 100,000 → 103,000")
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::notice"]


def test_several_cases_of_one_compressor_are_summed_up():
    specs = [f"zfp:accuracy=1e-{k}" for k in range(1, 6)]
    new = [
        doctored(sweep(spec), lambda _, k=k: {"stream_bytes": 100_000 + 1000 * k}) for k, spec in enumerate(specs, 1)
    ]
    text = write(judge([run(map(sweep, specs))], [run(new)]), "text")
    assert "worse: stream bytes of zfp in 5 cases, +3 % in the median" in text.splitlines()


def test_an_unknown_form_is_refused():
    with pytest.raises(UsageError, match='format "xml": must be one of text, markdown, junit, github'):
        write(verdict(), "xml")
