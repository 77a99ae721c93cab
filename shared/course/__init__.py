"""The machinery of the course: build the labs from their sources, open, run and check them.

Start with `python -m shared.course --help`, or `labs --help` where the project is installed.
"""
