"""Propagation needs no test tools, although the examples that it uses mention them."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import importlib.util, sys
real = importlib.util.find_spec

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "pytest" or name.startswith("pytest."):
            raise ModuleNotFoundError("No module named 'pytest'", name=name)

sys.meta_path.insert(0, Hidden())
importlib.util.find_spec = lambda name, package=None: None if name == "pytest" else real(name, package)
import wavecomp.physics.acoustic
import wavecomp.wavefields.propagation_acoustic
print("pytest" in sys.modules)
"""


def test_the_propagator_loads_where_pytest_is_not_installed():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"
