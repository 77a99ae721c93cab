"""What every lab imports: the files here first, then a room for each larger subject.

Importing it is quick and silent; TensorFlow loads when something first needs it.
"""
