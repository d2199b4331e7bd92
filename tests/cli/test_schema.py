"""`platform schema`: for editors, with the settings of every plugin, those named on the command line too."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_schema_is_json_and_knows_the_plugins(platform) -> None:
    answer = platform("schema")
    assert answer.code == 0
    schema = json.loads(answer.out)
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {"name", "task", "model", "data"}
    assert "conv_tt_lstm" in answer.out


def test_the_schema_knows_a_plugin_from_a_path(platform) -> None:
    Path("cell.py").write_text(
        "import framecast\n@framecast.hookimpl\ndef framecast_models():\n"
        "    yield framecast.Model(name='my_cell', summary='A cell', build=lambda settings, sample: None)\n"
    )
    assert "my_cell" in platform("schema", "-p", "./cell.py").out
