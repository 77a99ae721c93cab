"""Export: a trained network becomes one file that runs without TensorFlow.

A model file is ONNX and holds everything a service needs: the network, the alphabet, the version
of the preparation its input needs, the SHA-256 of the weights it was made from, and what was
measured on it. `runtime` alone is needed to read with it, and imports neither TensorFlow nor Keras.

Making one needs the extra `export`, and TensorFlow: `labs export --help`.
"""
