"""A plug-in that is edited while its version stays is another one: its old records are not taken."""

from __future__ import annotations

from wavecomp.compressors import default_registry
from wavecomp.records import Archive
from wavecomp.sweep import Case, Repeats, run_sweep


def test_an_edited_plug_in_is_measured_again(troublemaker, array_field, tmp_path):
    archive, field = Archive(tmp_path / "records"), array_field()
    cases = [Case.of("trouble", field), Case.of("identity", field)]

    def measured() -> list[str]:
        default_registry.cache_clear()  # as a new process begins
        done = run_sweep(cases, archive, suite="s", repeats=Repeats(seconds=0.0, least=1, most=1))
        assert not done.failures
        assert len(done.records) == len(cases)
        return [str(done.measured), done.records[0].library]

    first, library = measured()
    assert first == "2"
    assert library.startswith("trouble-plugin 1.0 sha256:")
    assert measured() == ["0", library]
    module = troublemaker / "trouble_plugin.py"
    source = module.read_text()
    module.write_text(source + "\n# as fast as never before\n")
    again, edited = measured()
    assert again == "1"
    assert edited != library
    assert measured() == ["0", edited]
