"""The recognizer as a service: an HTTP interface, a page to use it, and what keeps it honest.

`labs serve` starts it on this machine. It needs the extra `serve` (FastAPI, ONNX Runtime) and
never TensorFlow; only `improving`, which teaches the model corrections, does. See
`.github/SERVICE.md` for how to run it.
"""
