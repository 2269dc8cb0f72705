"""Tests of the compressors; a package, so that the files share their checks."""
