"""``python -m wavecomp``: the command line."""

from __future__ import annotations

from wavecomp.cli import main

if __name__ == "__main__":  # a measuring process imports the main module under another name
    main()
