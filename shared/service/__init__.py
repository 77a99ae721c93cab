"""The recognizer as a service: an HTTP interface, a page to use it, and what keeps it honest.

`labs serve` starts it on this machine. It needs the extra `serve` (FastAPI, ONNX Runtime) and
never TensorFlow; only `improving`, which teaches the model corrections, does. See
`.github/SERVICE.md` for how to run it. A name is loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(("Confidence", "calibration_error", "chance_error"), "confidence"),
    **dict.fromkeys(("conformal_threshold", "fit_weights", "reject_curve"), "confidence"),
    **dict.fromkeys(("FEATURES", "Reference"), "drift"),
    **dict.fromkeys(("SentLine", "fresh_hands", "send_lines"), "traffic"),
    **dict.fromkeys(("judge", "other_hands"), "gate"),
    **dict.fromkeys(("OnnxLineTextRecognizer", "load_model"), "exporting.runtime"),
    **dict.fromkeys(("as_png", "decode_upload"), "images"),
    **dict.fromkeys(("limited", "read_line"), "reading"),
    "LocalService": "local",
    "line_parity": "exporting.parity",
    "Settings": "settings",
    "create_app": "application",
    "log_to_stdout": "watching",
    "quantize": "exporting.quantization",
}

__all__, __getattr__ = lazy_names(__name__, _HOMES)
