"""The JSON Schema of results.json, whole, and of one host record in it."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path(__file__).parents[1] / "plugins/plugin_utils/report/results.schema.json"
SCHEMA = json.loads(FILE.read_text())
RECORD_SCHEMA = {"$ref": "#/$defs/host", "$defs": SCHEMA["$defs"]}
