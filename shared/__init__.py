"""The small module behind the labs: data, networks, CTC, metrics and figures.

Importing it is quick and silent; TensorFlow loads when something first needs it.
"""
