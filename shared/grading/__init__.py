"""Grading: from a folder of notebooks to points, a table, and a page for each learner.

`runner` judges one notebook in a process of its own, `folder` finds out whose notebook of which
lab a file is, `batch` grades all of them and remembers what it has graded, and `sheets` writes
what people read.
"""
