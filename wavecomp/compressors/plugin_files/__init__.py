"""Plug-ins that are one file: Python code, or a description of a program. Nothing has to be installed for them."""
