"""What a review says: text in, scores out."""

import os

# onnxruntime keeps a record of each process in the home directory and reports it to its makers. Its own
# disable_telemetry_events() comes too late for that: this has to be set before the first import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
