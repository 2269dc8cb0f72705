"""The program that each side of a comparison runs: one task after the other, JSON lines in and out.

It is a file of this wavecomp, started by its path with the interpreter of either side, and what it imports is the
wavecomp of that side, which may be older or newer. So it uses only what has been there for long, and takes apart what
it gets by names. It says first which wavecomp that is.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def main() -> None:
    """Answer tasks until the other end closes."""
    # What libraries print goes where errors go: nothing but answers leaves by the first descriptor.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(row: Row) -> None:
        answers.write(json.dumps(row, default=_plain) + "\n")
        answers.flush()

    counter, why_not = _counter()
    try:
        side = Side(counter)
    except Exception as error:
        answer({"error": _words(error)})
        return
    answer({"hello": side.introduction() | {"no_counter": why_not}})
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer({"number": task["number"], "values": side.does(task)})
        except MemoryError as error:
            answer({"number": task["number"], "error": _words(error), "kind": "memory"})
        except BaseException as error:  # compressors may raise anything
            answer({"number": task["number"], "error": _words(error), "kind": "exception"})


class Side:
    """This side's wavecomp, and what it keeps from one task to the next."""

    def __init__(self, counter: Any) -> None:
        import wavecomp
        from wavecomp.compressors import default_registry  # noqa: F401  # what no later task shall pay for
        from wavecomp.sweep.measure import measure  # noqa: F401

        self._where, self._version = str(wavecomp.__file__), wavecomp.__version__
        self._counter = counter
        self._registries: dict[tuple[str, ...], Any] = {}
        self._field: tuple[str, Any] | None = None
        self._benches: dict[str, tuple[Any, Any]] = {}

    def introduction(self) -> Row:
        """Say who this is."""
        from dataclasses import asdict

        from wavecomp.records.provenance import collect_provenance

        return {"wavecomp": self._where, "version": self._version, "provenance": asdict(collect_provenance())}

    def does(self, task: Row) -> Row:
        """Do one task; whatever it raises is its outcome."""
        kinds: dict[str, Callable[[Row], Row]] = {
            "sweep": self._sweep,
            "gradient": self._gradient,
            "calls": self._calls,
        }
        return kinds[task["kind"]](task)

    def _sweep(self, task: Row) -> Row:
        from threadpoolctl import threadpool_limits

        from wavecomp.sweep.case import Repeats
        from wavecomp.sweep.measure import measure

        compressor = self._registry(tuple(task["plugins"])).parse(task["spec"])
        field = self._loaded(task["field"])
        repeats = Repeats(seconds=task["seconds"], least=task["least"], most=task["most"])
        processor = {"compress": _with_processor_time(compressor, "encode")}
        processor["decompress"] = _with_processor_time(compressor, "decompress")
        with threadpool_limits(task["threads"]):
            found = measure(compressor, field, repeats)
            # Beside the times, not within: what is counted must not be timed, and the other way round.
            counted = self._instructions(compressor, field) if task.get("instructions") else {}
        return {
            **{name: _timing(getattr(found, name), processor[name]) for name in ("compress", "decompress")},
            "compress_peak_bytes": found.compress_peak_bytes,
            "decompress_peak_bytes": found.decompress_peak_bytes,
            "stream_bytes": found.stream_bytes,
            "bound_status": found.bound_status,
            "bound_margin": found.bound_margin,
            "distortion": dict(found.distortion),
            "details": dict(found.details),
            **counted,
        }

    def _instructions(self, compressor: Any, field: Any) -> Row:
        if self._counter is None:
            return {}
        ready = compressor.prepare(field)
        before = self._counter.read()
        compressor.encode(ready)
        return {"compress_instructions": self._counter.read() - before}

    def _calls(self, task: Row) -> Row:
        """Encode so many times, for a program that counts the instructions of this whole process."""
        import gc

        from threadpoolctl import threadpool_limits

        compressor = self._registry(tuple(task["plugins"])).parse(task["spec"])
        ready = compressor.prepare(self._loaded(task["field"]))
        gc.disable()
        with threadpool_limits(task["threads"]):
            for _ in range(task["calls"]):
                compressor.encode(ready)
        return {}

    def _gradient(self, task: Row) -> Row:
        from wavecomp.metrics import gradient_distance
        from wavecomp.plans.strategies import parse_strategy

        bench, exact = self._bench(task["problem"])
        registry = self._registry(tuple(task["plugins"]))
        strategy = bench.with_step(parse_strategy(task["strategy"], registry))
        bare = _timed(lambda: bench.bare(0))
        gradient = _timed(lambda: bench.run(strategy, shot=0))
        run = gradient.pop("result")
        del bare["result"]
        return {
            "bare": bare,
            "gradient": gradient,
            "forward_steps": run.forward_steps,
            "writes": run.writes,
            "reads": run.reads,
            "peak_checkpoint_bytes": run.peak_checkpoint_bytes,
            "exact_digest": hashlib.sha256(exact.tobytes()).hexdigest(),
            "gradient_relative_l2": float(gradient_distance(exact, run.gradient).relative_l2),
        }

    def _bench(self, name: str) -> tuple[Any, Any]:
        if name not in self._benches:
            from wavecomp.physics.opening import open_operators
            from wavecomp.physics.problem_recipe import find_problem
            from wavecomp.physics.workbench import Workbench
            from wavecomp.plans.strategies import parse_strategy

            bench = Workbench(open_operators(find_problem(name)))
            # It also warms up: what is run later finds kernels loaded and memory touched.
            self._benches[name] = bench, bench.run(parse_strategy("store-all"), shot=0).gradient.copy()
        return self._benches[name]

    def _registry(self, plugins: tuple[str, ...]) -> Any:
        from wavecomp.compressors import default_registry, with_plugins

        if plugins not in self._registries:
            registry = default_registry() if not plugins else with_plugins()
            if plugins and hasattr(registry, "add_file"):
                for path in plugins:  # without the trial run in a process of its own: this is one
                    registry.add_file(path)
            elif plugins:
                registry = with_plugins(*plugins)
            self._registries[plugins] = registry
        return self._registries[plugins]

    def _loaded(self, path: str) -> Any:
        import numpy as np

        if self._field is None or self._field[0] != path:
            self._field = None
            field = np.array(np.load(path, mmap_mode="r"))  # in memory: no case pays for the page cache
            field.flags.writeable = False
            self._field = path, field
        return self._field[1]


def _timed(call: Callable[[], Any]) -> Row:
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return {"samples_s": [wall], "processor_s": [processor], "result": result}


def _with_processor_time(compressor: Any, name: str) -> list[float]:
    """Have a method of one instance note the processor time of each call, of all threads, in seconds."""
    call, noted = getattr(compressor, name), list[float]()

    def noting(*words: Any) -> Any:
        start = time.process_time()
        result = call(*words)
        noted.append(time.process_time() - start)
        return result

    with suppress(AttributeError):  # it has slots: then there are wall times alone
        setattr(compressor, name, noting)
    return noted


def _timing(timing: Any, processor: list[float]) -> Row:
    samples = list(timing.samples_s)
    # The calls before the repeats are the first one and those that warm up.
    noted = processor[-len(samples) - 1 :]
    first = noted[0] if noted else None
    return {"first_s": timing.first_s, "samples_s": samples, "first_processor_s": first, "processor_s": noted[1:]}


def _counter() -> tuple[Any, str]:
    path = Path(__file__).with_name("perf_counter.py")
    spec = importlib.util.spec_from_file_location("_perf_counter", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        return module.Counter(), ""
    except module.NoCounter as reason:
        return None, str(reason)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:2000]
    except BaseException:  # its own text raises
        return type(error).__name__


if __name__ == "__main__":
    main()
