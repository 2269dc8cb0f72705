"""Tests of the report; a package, so that the files share their factory."""
