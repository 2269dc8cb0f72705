"""The workflow file is tried with stand-ins for pip and the gate: what counts is what its steps do with the answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "ci" / "regress.yml"
SUITES = ROOT / "suites"

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="it clones the repository")


@pytest.fixture
def run(tmp_path):
    """Run the workflow with a gate that writes a table and ends with some status."""

    def run(status, *jobs, table="| worse |"):
        stubs = tmp_path / "stubs"
        stubs.mkdir()
        writes = f'for last; do :; done\necho "$*" >> "$0.log"\necho "{table}" > "$last"\n'
        for name, script in {"python": "exit 0", "wavecomp": f"{writes}exit {status}"}.items():
            (stubs / name).write_text(f"#!/bin/sh\n{script}\n")
            (stubs / name).chmod(0o755)
        command = [sys.executable, str(SUITES / "try_workflow.py"), str(FILE), "--stubs", str(stubs)]
        command += [word for job in jobs for word in ("--job", job)]
        # The script's own folder is searched, which tox forbids for the tests.
        left_out = ("GIT_", "PYTHONSAFEPATH")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        asked = stubs / "wavecomp.log"
        return done, asked.read_text() if asked.exists() else ""

    return run


def test_what_is_the_same_passes_and_the_table_is_posted(run):
    done, asked = run(0, "pinned", "comment", table="| same |")
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked.startswith("gate results/baselines/pinned")
    summary, _, gh = done.stdout.partition("== summary\n")[2].partition("== gh\n")
    assert summary == "| same |\n"
    assert gh == "gh pr comment 1 --repo owner/name --body-file gate.md --edit-last --create-if-none\n| same |\n"


def test_what_is_worse_fails_with_its_table(run):
    done, _ = run(1, "pinned", "comment")
    assert done.returncode == 1
    assert "Compare with the baseline: exit status 1" in done.stdout
    assert "Keep the table: exit status 0" in done.stdout
    assert done.stdout.count("| worse |\n") == 2  # in the summary and in the comment


@pytest.mark.parametrize(("status", "passes"), [(0, True), (1, False), (2, False), (3, True)])
def test_undecided_times_warn_and_do_not_fail(run, status, passes):
    done, asked = run(status, "speed")
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    assert asked.startswith("gate --against ")
    assert ("::warning::" in done.stdout) is (status == 3)


def test_an_unknown_job_is_named(run):
    done, _ = run(0, "pined")
    assert done.returncode == 2
    assert "--job pined: the file has the jobs pinned, comment, speed" in done.stderr


def test_the_token_that_may_write_meets_no_code_of_the_pull_request(monkeypatch):
    monkeypatch.syspath_prepend(str(SUITES))
    import workflow_file

    tree = workflow_file.read(FILE.read_text())
    assert tree["on"] == {"pull_request": ""}
    assert tree["permissions"] == {"contents": "read"}
    for name, job in tree["jobs"].items():
        uses = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
        assert ("permissions" in job) is (name == "comment")
        assert ("actions/checkout" in uses) is (name != "comment")
        # An expression inside a script would let a branch's name be run.
        assert not any("${{" in step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("text", ["jobs: {a: 1}\n  b: 2", "- a", "jobs:\n  what is this\n", "a: 1\n   b: 2\n"])
def test_what_is_not_understood_is_said_with_its_line(monkeypatch, text):
    monkeypatch.syspath_prepend(str(SUITES))
    import workflow_file

    with pytest.raises(workflow_file.NotUnderstood, match=r"line \d is not understood"):
        workflow_file.read(text)
