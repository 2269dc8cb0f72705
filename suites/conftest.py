"""The suites as pytest-benchmark benchmarks: which there are, where they are measured, and what stands beside times.

``pytest suites --benchmark-only`` runs them; ``--benchmark-autosave`` and ``--benchmark-compare`` follow them. Measured
is in processes of their own, as ``wavecomp sweep`` and ``wavecomp gradient`` do, and recorded with ``--archive``.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from wavecomp.benchmarks.asking import SweepAsking, ask_gradients, provenances_in
from wavecomp.benchmarks.gradients import gradient_benchmarks
from wavecomp.benchmarks.handover import hand_over, is_enabled
from wavecomp.benchmarks.named import SweepBenchmark, own_suites, sweep_benchmarks
from wavecomp.catalogue import find_suites
from wavecomp.cli.claiming import claim
from wavecomp.cli.fields import chosen, references
from wavecomp.cli.gradient import case_limits
from wavecomp.cli.own_snapshots import FIELD_WORDS, is_own, is_stored
from wavecomp.cli.plugin_files import registry_with
from wavecomp.cli.sweeping import default_limits
from wavecomp.errors import BenchmarksUnavailable, WavecompError
from wavecomp.impact.cases import ImpactCase
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import Archive, GradientArchive, Provenance, Record
from wavecomp.records.benchmark_entries import AnyRecord, Operation, entries_of
from wavecomp.records.benchmark_json import SECTION, benchmark_section
from wavecomp.records.shortfall import broken_bound_of, failure_of
from wavecomp.wavefields import find_recipe

PRESETS = {"quick": ("quick", "thrust-2d"), "standard": ("standard", "quick")}
"""Field and problem of each."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wavecomp")
    add = group.addoption
    add("--preset", choices=[*PRESETS], default="quick", help="field and problem: minutes, or an hour (default: quick)")
    add("--field", help=f"whose last level is compressed: {FIELD_WORDS} (default: the preset's)")
    add("--problem", help="whose gradient is computed: a problem's name, or its .toml file (default: the preset's)")
    add(
        "--compressor",
        action="append",
        default=[],
        metavar="SPEC",
        help="measure this instead of the sets, and gradients with it; a name stands for its examples; repeatable",
    )
    add("--plugin", action="append", default=[], metavar="FILE", help="compressors of your own: .py, .toml; repeatable")
    add("--archive", type=Path, metavar="DIR", help="keep the records there; what it holds is not measured again")


@dataclass
class Selection:
    """What the options mean; what was measured gathers here, for the JSON file."""

    config: pytest.Config
    sweeps: dict[str, dict[str, SweepBenchmark]] = dataclasses.field(default_factory=dict)
    records: dict[str, AnyRecord] = dataclasses.field(default_factory=dict)
    provenances: dict[str, Provenance] = dataclasses.field(default_factory=dict)

    def option(self, name: str) -> Any:
        return self.config.getoption(name)

    @cached_property
    def registry(self):
        return registry_with(self.option("plugin"))

    @property
    def field(self) -> str:
        return self.option("field") or PRESETS[self.option("preset")][0]

    @cached_property
    def problem(self) -> GradientProblem:
        return find_problem(self.option("problem") or PRESETS[self.option("preset")][1])

    @cached_property
    def gradients(self) -> dict[str, ImpactCase]:
        return gradient_benchmarks(self.problem, self.option("compressor"), self.registry, case_limits())

    def check(self) -> None:
        """See, before anything is collected, that the words mean something; raises WavecompError."""
        sweep_benchmarks(own_suites(self.option("compressor"), self.registry, lossless=True), self.registry)
        _ = self.problem
        if not (is_own(self.field) or is_stored(self.field)):
            find_recipe(self.field)

    def sweeps_of(self, module: Any) -> dict[str, SweepBenchmark]:
        if module.__name__ not in self.sweeps:
            own = self.option("compressor")
            suites = (
                own_suites(own, self.registry, lossless=module.LOSSLESS)
                if own
                else [suite for name in module.SUITES for suite in find_suites(name, self.registry)]
            )
            self.sweeps[module.__name__] = {one.name: one for one in sweep_benchmarks(suites, self.registry)}
        return self.sweeps[module.__name__]

    def keep(self, record: AnyRecord) -> None:
        self.records.setdefault(record.to_line(), record)


SELECTION = pytest.StashKey[Selection]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SELECTION] = selection = Selection(config)
    with usage():
        if not config.pluginmanager.hasplugin("benchmark"):
            raise BenchmarksUnavailable("pytest-benchmark is switched off, or not here: pip install 'wavecomp[bench]'")
        selection.check()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    for fixture, found in (
        ("sweep_case", lambda: selection.sweeps_of(metafunc.module)),
        ("gradient_case", lambda: selection.gradients),
    ):
        if fixture in metafunc.fixturenames:
            with usage():
                names = list(found())
            metafunc.parametrize(fixture, names, ids=names, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run a case once that is in two sets, the memory copy above all; after ``-k``, which may have left one of them."""
    seen, kept, left = set(), [], []
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if "sweep_case" in params:
            found = config.stash[SELECTION].sweeps_of(item.module).get(params["sweep_case"])
            what = (item.originalname, found.identity) if found is not None else None
            if what is None or what in seen:  # pytest has one item for a file that none of one's own cases is for
                left.append(item)
                continue
            seen.add(what)
        kept.append(item)
    if left:
        items[:] = kept
        config.hook.pytest_deselected(items=left)


@dataclass(frozen=True)
class Measured:
    """A case that is there, under its name."""

    name: str
    record: AnyRecord

    def hand_over(self, benchmark: Any, operation: Operation) -> None:
        """Give a benchmark its times, and say on it what it was about; what fell short fails the test, in one line."""
        record = self.record
        fault = failure_of(record) or (broken_bound_of(record) if isinstance(record, Record) else None)
        if fault is not None:
            hand_over(benchmark, ())
            pytest.fail(fault, pytrace=False)
        if not benchmark.enabled:
            hand_over(benchmark, ())
            return
        (entry,) = (one for one in entries_of(record) if one.operation == operation)
        benchmark.name, benchmark.group = self.name, entry.group
        benchmark.extra_info.update(entry.extra_info)
        hand_over(benchmark, entry.samples_s)


@contextmanager
def usage() -> Iterator[None]:
    """Let what is wrong with the options end pytest as a wrong option of its own does."""
    try:
        yield
    except WavecompError as error:
        raise pytest.UsageError(str(error)) from None


@contextmanager
def one_line() -> Iterator[None]:
    """Let errors that a user can meet fail a test by their text alone."""
    try:
        yield
    except WavecompError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="session")
def selection(request: pytest.FixtureRequest) -> Selection:
    return request.config.stash[SELECTION]


@pytest.fixture(scope="session")
def recording(request: pytest.FixtureRequest) -> bool:
    """Whether times are asked for. Where they are not, one round trip of each case is looked at and nothing is kept."""
    with one_line():
        return is_enabled(request.config)


@pytest.fixture(scope="session")
def archive(selection: Selection, recording: bool) -> Iterator[Path]:
    """Folder of the records: --archive, or one that goes with the session."""
    given = selection.option("archive")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given if given is not None and recording else Path(temporary)
        with one_line():
            claim(folder, Archive, GradientArchive)
        yield folder
        selection.provenances = provenances_in(folder)


@pytest.fixture(scope="session")
def asking(selection: Selection, archive: Path, recording: bool) -> Iterator[SweepAsking]:
    with one_line():
        about = references(chosen(selection.field), archive)[-1]
    ask = SweepAsking(Archive(archive), about, selection.registry, default_limits(), once=not recording)
    with closing(ask):
        yield ask


@pytest.fixture
def sweep_case(request: pytest.FixtureRequest, selection: Selection, asking: SweepAsking) -> Measured:
    with one_line():
        record = asking(selection.sweeps_of(request.module)[request.param])
    selection.keep(record)
    return Measured(request.param, record)


@pytest.fixture(scope="session")
def gradient_records(request: pytest.FixtureRequest, selection: Selection, archive: Path, recording: bool):
    """Measure, at once, all gradients that are going to be asked for."""
    params = (item.callspec.params for item in request.session.items if hasattr(item, "callspec"))
    cases = [selection.gradients[one["gradient_case"]] for one in params if "gradient_case" in one]
    with one_line():
        return ask_gradients(cases, archive, selection.registry, case_limits(), once=not recording)


@pytest.fixture
def gradient_case(request: pytest.FixtureRequest, selection: Selection, gradient_records) -> Measured:
    record = gradient_records[selection.gradients[request.param].digest]
    selection.keep(record)
    return Measured(request.param, record)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Put into the file what times do not show: where they were measured, and which cases failed."""
    selection = config.stash[SELECTION]
    named = {record.provenance for record in selection.records.values()}
    provenances = {digest: made for digest, made in selection.provenances.items() if digest in named}
    output_json[SECTION] = benchmark_section([*selection.records.values()], provenances)
