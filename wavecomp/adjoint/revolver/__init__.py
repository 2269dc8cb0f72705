"""pyrevolve's interface to the reversal machine: change the import, name a strategy.

``from pyrevolve import Revolver`` becomes ``from wavecomp.adjoint.revolver import Revolver``; neither pyrevolve nor
Devito is needed.
"""

from wavecomp.adjoint.revolver.interface import Checkpoint, Operator
from wavecomp.adjoint.revolver.revolvers import (
    BaseRevolver,
    DiskRevolver,
    MemoryRevolver,
    MultiLevelRevolver,
    Revolver,
    SingleLevelRevolver,
)
from wavecomp.adjoint.revolver.storages import DiskStorage, NumpyStorage

__all__ = [
    "BaseRevolver",
    "Checkpoint",
    "DiskRevolver",
    "DiskStorage",
    "MemoryRevolver",
    "MultiLevelRevolver",
    "NumpyStorage",
    "Operator",
    "Revolver",
    "SingleLevelRevolver",
]
