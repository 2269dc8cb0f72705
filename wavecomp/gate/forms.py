"""A verdict in the forms that people and programs read: text, Markdown, JUnit XML, annotations of GitHub."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, get_args
from xml.etree import ElementTree

from wavecomp.errors import UsageError
from wavecomp.gate.finding import Finding, Standing
from wavecomp.gate.verdict import Verdict
from wavecomp.gate.words import notes, percent, sentence, shown, summary, table
from wavecomp.plain_text import printable
from wavecomp.report.table import render

Form = Literal["text", "markdown", "junit", "github"]

FORMS_BY_SUFFIX: dict[str, Form] = {".txt": "text", ".md": "markdown", ".xml": "junit"}
"""The form of a file, by its name."""

_ANNOTATIONS = 10  # GitHub shows so many of a step, and drops the others

_NOT_IN_XML = {code: "?" for code in range(32) if code not in (9, 10, 13)}


def write(verdict: Verdict, form: Form) -> str:
    """Return a verdict in one of its forms, ending in a line feed.

    Raises
    ------
    UsageError
        ``form`` is none of them.
    """
    match form:
        case "text":
            return _text(verdict)
        case "markdown":
            return _markdown(verdict)
        case "junit":
            return _junit(verdict)
        case "github":
            return _github(verdict)
    raise UsageError(f'format "{form}": must be one of {", ".join(get_args(Form))}')


def _text(verdict: Verdict) -> str:
    found = table(verdict)
    body = [render(found, "text").rstrip("\n")] if found.rows else []
    said = [*map(printable, notes(verdict)), *body, *map(printable, summary(verdict)), sentence(verdict)]
    return "\n".join(said) + "\n"


def _markdown(verdict: Verdict) -> str:
    found = table(verdict)
    lines = [f"### {_escaped(sentence(verdict))}", ""]
    said = [*summary(verdict), *notes(verdict)]
    lines += [f"- {_escaped(note)}" for note in said] or ["- no library, processor or code is known to have changed"]
    if found.rows:
        lines += ["", render(found, "markdown").rstrip("\n")]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>|#" else sign for sign in printable(text))


def _junit(verdict: Verdict) -> str:
    """Return a suite of one test a case; a value that got worse is a failure, an undecided one an error."""
    cases: dict[str, list[Finding]] = defaultdict(list)
    for finding in verdict.findings:
        cases[finding.case].append(finding)
    root = ElementTree.Element("testsuite", name=f"wavecomp gate {verdict.old} {verdict.new}".translate(_NOT_IN_XML))
    failures = errors = skipped = 0
    for case, found in cases.items():
        test = ElementTree.SubElement(root, "testcase", classname="wavecomp.gate", name=case.translate(_NOT_IN_XML))
        if worse := [one for one in found if one.standing is Standing.WORSE]:
            failures += 1
            _child(test, "failure", worse)
        elif open_ := [one for one in found if one.standing is Standing.UNDECIDED]:
            errors += 1
            _child(test, "error", open_)
    for case in verdict.comparison.gone:
        test = ElementTree.SubElement(root, "testcase", classname="wavecomp.gate", name=case.translate(_NOT_IN_XML))
        errors += 1
        ElementTree.SubElement(test, "error", message="gone: it was in the old run and is not in the new one")
    for case in verdict.comparison.added:
        test = ElementTree.SubElement(root, "testcase", classname="wavecomp.gate", name=case.translate(_NOT_IN_XML))
        skipped += 1
        ElementTree.SubElement(test, "skipped", message="new: there is nothing to compare it with")
    total = len(cases) + len(verdict.comparison.gone) + len(verdict.comparison.added)
    counts = {"tests": total, "failures": failures, "errors": errors, "skipped": skipped}
    root.attrib |= {name: str(count) for name, count in counts.items()}
    ElementTree.SubElement(root, "system-out").text = "\n".join([*notes(verdict), sentence(verdict)]).translate(
        _NOT_IN_XML
    )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _child(test: ElementTree.Element, kind: str, found: list[Finding]) -> None:
    lines = [_line(one) for one in found]
    ElementTree.SubElement(test, kind, message=lines[0].translate(_NOT_IN_XML)).text = "\n".join(lines).translate(
        _NOT_IN_XML
    )


def _line(one: Finding) -> str:
    values = f"{shown(one.old, one.unit)} → {shown(one.new, one.unit)}"
    return f"{one.quantity} {one.standing}: {values} ({percent(one)}; {one.basis})"


def _github(verdict: Verdict) -> str:
    """Return workflow commands: an error for each value that got worse, as many as are shown, and a notice."""
    lines = [
        f"::{kind} title={_property(one.case)}::{_message(_line(one))}"
        for kind, standing in (("error", Standing.WORSE), ("warning", Standing.UNDECIDED))
        for one in verdict.of(standing)[:_ANNOTATIONS]
    ]
    lines.append(f"::notice title=wavecomp gate::{_message('; '.join([sentence(verdict), *notes(verdict)]))}")
    return "\n".join(lines) + "\n"


def _message(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
