"""The engine of all studies: what it takes from an archive, what it measures, and whose provenance a record has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from wavecomp.isolation import Limits
from wavecomp.records import Failure, Provenance, collect_provenance
from wavecomp.records.own_code import own_code
from wavecomp.study import Found, Kind, Progress, ReportingWorker, run_study

HERE = replace(collect_provenance(), settings={"OMP_NUM_THREADS": "2"})


@dataclass(frozen=True)
class Result:
    """A record of the kind that these tests run."""

    case: str
    outcome: object
    provenance: str
    library: str = "lib 1.0"
    concurrent: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        return self.case, self.concurrent

    @property
    def failed(self) -> bool:
        return isinstance(self.outcome, Failure)


class Kept:
    """An archive in memory."""

    def __init__(self) -> None:
        self.records: list[Result] = []
        self.places: dict[str, Provenance] = {}
        self.opened = 0

    def __iter__(self):
        return iter(self.records)

    def provenances(self):
        return self.places

    @contextmanager
    def writer(self):
        self.opened += 1
        yield self

    def append(self, record: Result, provenance: Provenance) -> None:
        self.records.append(record)
        self.places[provenance.digest] = provenance


class FakeWorker:
    """A worker whose process changes whenever ``moves`` says so."""

    def __init__(self, kind: Numbers) -> None:
        self.kind = kind
        self.where: Provenance | None = None
        self.stopped = False
        kind.workers.append(self)

    def report(self) -> Provenance:
        self.where = self.kind.place
        return self.kind.place

    def ask(self, task: int, _limits: Limits, _waiting: object = None) -> int | Failure:
        self.kind.asked.append(task)
        if task in self.kind.fails:
            return Failure("crash", "killed by SIGSEGV")
        self.where = self.kind.moves.get(task, self.kind.place)
        return task * task

    def stop(self) -> None:
        self.stopped = True


class Numbers(Kind[int, int, int, Result]):
    """Squares of numbers."""

    def __init__(self, place: Provenance = HERE, concurrent: bool = False) -> None:
        self.place, self.concurrent = place, concurrent
        self.asked: list[int] = []
        self.fails: set[int] = set()
        self.moves: dict[int, Provenance] = {}
        self.workers: list[FakeWorker] = []
        self.version = "lib 1.0"

    def key(self, case: int) -> str:
        return f"n{case}"

    def library(self, _case: int) -> str:
        return self.version

    def worker(self) -> ReportingWorker[int, int]:
        return FakeWorker(self)  # type: ignore[return-value]

    def plan(self, todo: Sequence[int], _held: object) -> Sequence[int]:
        return list(todo)

    def take(self, task: int, outcome: int | Failure, where: Provenance) -> Iterable[Result]:
        yield Result(self.key(task), outcome, where.digest, self.version, self.concurrent)


def test_what_is_there_is_not_measured_again_and_duplicates_run_once():
    archive, kind = Kept(), Numbers()
    notes: list[Progress[Result]] = []
    first = run_study([3, 1, 3], archive, kind, progress=notes.append)
    assert kind.asked == [3, 1]
    assert [record.outcome for record in first.records] == [9, 1]
    assert [(note.done, note.total) for note in notes] == [(0, 2), (1, 2), (2, 2)]
    again = run_study([1, 3, 4], archive, kind)
    assert (again.measured, kind.asked) == (1, [3, 1, 4])
    assert [record.outcome for record in again.records] == [1, 9, 16]
    assert all(worker.stopped for worker in kind.workers)


def test_nothing_asked_is_nothing_done():
    archive, kind = Kept(), Numbers()
    assert run_study([], archive, kind).records == ()
    assert (archive.opened, kind.workers) == (0, [])


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "another processor"}, {"settings": {"OMP_NUM_THREADS": "1"}}, {"build": {"flags": "-O0"}},
        {"code": "0123456789abcdef"}, {"cores": 3}, {"settings": {"OMP_NUM_THREADS": "2", "BLOSC_NOLOCK": "1"}},
    ],
)  # fmt: skip
def test_records_of_another_place_stay_and_are_not_taken_for_ours(change):
    archive = Kept()
    run_study([1, 2], archive, Numbers(replace(HERE, **change)))
    theirs = list(archive.records)
    kind = Numbers()
    result = run_study([1, 2], archive, kind)
    assert (result.measured, archive.records[:2]) == (2, theirs)
    assert {record.provenance for record in result.records} == {HERE.digest}
    # And theirs are still theirs, though ours are the later lines.
    assert run_study([1, 2], archive, Numbers(replace(HERE, **change))).measured == 0


def test_a_new_version_of_a_library_puts_its_own_records_in_doubt():
    archive, kind = Kept(), Numbers()
    run_study([1], archive, kind)
    kind.version = "lib 1.0 sha256:0123456789abcdef"
    assert run_study([1], archive, kind).measured == 1
    assert run_study([1], archive, kind).measured == 0
    kind.version = "lib 1.0"  # and the older one is back
    assert run_study([1], archive, kind).measured == 0


def test_a_record_has_the_provenance_of_the_process_that_measured_it():
    """A process that takes the place of one that died may be another one: its parent cannot know."""
    archive, kind = Kept(), Numbers()
    moved = replace(HERE, settings={"OMP_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "1"})
    kind.moves = {2: moved, 3: moved}
    kind.fails = {4}
    run_study([1, 2, 3, 4], archive, kind)
    assert [record.provenance for record in archive.records] == [HERE.digest, *[moved.digest] * 3]
    assert set(archive.places) == {HERE.digest, moved.digest}


def test_failures_stay_until_a_retry_is_asked_for():
    archive, kind = Kept(), Numbers()
    kind.fails = {2}
    assert len(run_study([1, 2], archive, kind).failures) == 1
    kind.fails = set()
    assert run_study([1, 2], archive, kind).measured == 0
    mended = run_study([1, 2], archive, kind, retry=True)
    assert (mended.measured, mended.failures) == (1, ())


def test_a_study_of_several_workers_takes_what_was_measured_alone_and_not_the_other_way_round():
    """Its times do not count: neither do the threads that each of its processes is given."""
    archive = Kept()
    run_study([1], archive, Numbers())
    crowd = Numbers(replace(HERE, settings={"OMP_NUM_THREADS": "1"}), concurrent=True)
    both = run_study([1, 2], archive, crowd, workers=2)
    assert (both.measured, sorted(crowd.asked)) == (1, [2])
    assert [record.concurrent for record in both.records] == [False, True]
    assert run_study([1, 2], archive, Numbers()).measured == 1


def test_a_record_whose_provenance_is_lost_stands_for_nothing():
    record = Result("n1", 1, HERE.digest)
    assert Found([record], {HERE.digest: HERE}, HERE, False).of("n1", "lib 1.0") is record
    assert Found([record], {}, HERE, False).of("n1", "lib 1.0") is None


def test_our_own_code_is_told_by_its_text(tmp_path, monkeypatch):
    """The version of wavecomp stays the same while somebody edits a compressor, and a commit has words in it too."""
    import wavecomp

    package = tmp_path / "wavecomp"
    for name in ("compressors", "report"):
        (package / name).mkdir(parents=True)
        (package / name / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(wavecomp, "__file__", str(package / "__init__.py"))
    seen = []
    for edit in (None, "report/one.py", "compressors/one.py", "compressors/two.py"):
        if edit is not None:
            (package / edit).write_text("a = 2\n")
        own_code.cache_clear()
        seen.append(own_code("compressors"))
    own_code.cache_clear()
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
