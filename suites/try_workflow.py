"""Run the steps of a workflow file without the service that it is for.

    python suites/try_workflow.py docs/ci/regress.yml [--job JOB]... [--stubs FOLDER]

The last commit is cloned into a scratch folder, with an environment of its own, and each ``run:`` step is executed as
the service would: by bash, with its variables, and with a file for the job's summary. Of ``uses:`` steps the clone and
the environment stand for checkout and Python, and a folder for the artifacts. ``gh`` is replaced by a script that
writes down what it was asked. What the conditions of jobs and steps say is printed, and only ``always()`` is obeyed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import workflow_file

ROOT = Path(__file__).resolve().parents[1]
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_GH = """#!/bin/sh
echo "gh $*" >> "$FAKE_GH_LOG"
for word; do
    case "$word" in *.md) cat "$word" >> "$FAKE_GH_LOG" ;; esac
done
"""


@dataclass
class Place:
    """Where the jobs run: the clone, what they leave for each other, and the variables that they see."""

    clone: Path
    artifacts: Path
    variables: dict[str, str]
    expressions: dict[str, str]

    def resolve(self, text: str) -> str:
        """Put values in the place of ``${{ … }}``; KeyError for one that nobody gave a value."""
        return _EXPRESSION.sub(lambda found: self.expressions[found.group(1)], text)


def prepare(scratch: Path, stubs: Path | None) -> Place:
    """Clone the last commit, and make the folders and variables that jobs find."""
    clone = scratch / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(clone)], check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True)
    path = [str(scratch / "fake"), str(scratch / "venv" / "bin"), os.environ["PATH"]]
    (scratch / "fake").mkdir()
    gh = scratch / "fake" / "gh"
    gh.write_text(_GH)
    gh.chmod(0o755)
    if stubs is None:
        subprocess.run([sys.executable, "-m", "venv", str(scratch / "venv")], check=True)
    else:
        path.insert(0, str(stubs))
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    variables = kept | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(scratch / "summary.md"),
        "GITHUB_OUTPUT": str(scratch / "output"),
        "FAKE_GH_LOG": str(scratch / "gh.log"),
        "PATH": os.pathsep.join(path),
    }
    expressions = {
        "github.token": "no-token",
        "github.repository": "owner/name",
        "github.ref": "refs/pull/1/merge",
        "github.event.pull_request.number": "1",
        "github.event.pull_request.base.sha": commit.stdout.strip(),
    }
    return Place(clone, scratch / "artifacts", variables, expressions)


def run_job(name: str, job: dict[str, workflow_file.Tree], place: Place) -> bool:
    """Run the steps of a job, and say whether all of them passed."""
    print(f"== job {name}" + (f", if {job['if']}" if "if" in job else ""), flush=True)
    passed = True
    steps = job["steps"]
    assert isinstance(steps, list)
    for step in steps:
        assert isinstance(step, dict)
        label = str(step.get("name", step.get("uses", "run")))
        if not passed and "always()" not in str(step.get("if", "")):
            print(f"-- {label}: left out, a step before it failed")
            continue
        began = time.perf_counter()
        passed &= (status := _run(step, place)) == 0
        print(f"-- {label}: exit status {status}, {time.perf_counter() - began:.1f} s", flush=True)
    return passed


def _run(step: dict[str, workflow_file.Tree], place: Place) -> int:
    if "uses" in step:
        return _artifact(str(step["uses"]), step.get("with", {}), place)
    given = step.get("env", {})
    assert isinstance(given, dict)
    variables = place.variables | {key: place.resolve(str(value)) for key, value in given.items()}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", place.resolve(str(step["run"]))]
    return subprocess.run(command, cwd=place.clone, env=variables, check=False).returncode


def _artifact(uses: str, given: workflow_file.Tree, place: Place) -> int:
    if not uses.startswith(("actions/upload-artifact@", "actions/download-artifact@")):
        return 0
    assert isinstance(given, dict)
    folder = place.artifacts / str(given["name"])
    if uses.startswith("actions/upload"):
        if not (file := place.clone / str(given["path"])).exists():
            return 1
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(file, folder)
        return 0
    if not folder.is_dir():
        return 1
    shutil.copytree(folder, place.clone, dirs_exist_ok=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run jobs, print what they left, and return 0 where all steps passed."""
    parser = argparse.ArgumentParser(description="Run the steps of a workflow file without its service.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--job", action="append", help="Only this one; may be given several times.")
    parser.add_argument("--stubs", type=Path, help="Programs that stand in for others, such as python; no environment.")
    chosen = parser.parse_args(arguments)
    jobs = workflow_file.read(chosen.file.read_text())["jobs"]
    assert isinstance(jobs, dict)
    if unknown := set(chosen.job or ()) - jobs.keys():
        parser.error(f"--job {min(unknown)}: the file has the jobs {', '.join(jobs)}")
    with tempfile.TemporaryDirectory() as scratch:
        place = prepare(Path(scratch), chosen.stubs and chosen.stubs.resolve())
        passed = True
        for name in chosen.job or jobs:
            job = jobs[name]
            assert isinstance(job, dict)
            passed &= run_job(name, job, place)
        for title, file in (("summary", "summary.md"), ("gh", "gh.log")):
            text = (Path(scratch) / file).read_text() if (Path(scratch) / file).exists() else "nothing\n"
            print(f"== {title}\n{text}", end="")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
