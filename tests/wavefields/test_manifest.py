from __future__ import annotations

import hashlib
import json

from wavecomp.wavefields.manifest import Manifest, read_manifest, write_manifest


def manifest(**values):
    return Manifest(
        name="n",
        recipe_digest="d",
        recipe="{}",
        model_file_sha256=None,
        dt_s=1.0,
        steps=2,
        absorbing_points=0,
        padded=False,
        compiler="gcc",
        versions={},
        created_utc="",
        seconds=0.0,
        snapshots=(),
        **values,
    )


def test_the_build_is_kept(tmp_path):
    write_manifest(tmp_path, manifest(build={"flags": "-O0"}))
    assert read_manifest(tmp_path).build == {"flags": "-O0"}


def test_one_from_before_there_were_builds_is_read(tmp_path):
    write_manifest(tmp_path, manifest())
    values = json.loads((tmp_path / "manifest.json").read_text())
    del values["build"]
    content = json.dumps(values).encode()
    (tmp_path / "manifest.json").write_bytes(content)
    (tmp_path / "manifest.sha256").write_text(hashlib.sha256(content).hexdigest() + "\n")
    assert read_manifest(tmp_path).build == {}
