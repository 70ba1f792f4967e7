"""Whatever a file holds, the reader answers with findings: it raises nothing but InvalidInstanceError."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donornet.exceptions import InvalidInstanceError
from donornet.instance.build import from_rows
from donornet.io import read, write
from tests.unit.io.small import HEAD, TABLES

ODD = [
    b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\t", b"*", b"!", b"-", b"1e999", b"nan",
    b"{", b"[", b"  ", b"\xe2\x80\xa8", b"\\", b"'", b"=1+1", b"0x1", b"\xd9\xa3", b"yes", b",,,,,,", b"\n\n",
    b'""', b'"\n"', b"../", b"\x1a",
]  # fmt: skip
FILES = ["instance.toml", *(f"{name}.csv" for name in TABLES)]


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, new in edits:
        start = at % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    return data


EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.sampled_from(ODD) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """The sound instance in its three forms."""
    folder = tmp_path_factory.mktemp("forms")
    instance = from_rows(HEAD, TABLES)
    for name in ("small", "small.xlsx", "small.json"):
        write(instance, folder / name)
    return folder


@settings(max_examples=120)
@given(st.sampled_from(FILES), EDITS, st.sampled_from([False, False, False, True]))
def test_a_damaged_folder_is_read_or_refused(forms, name, edits, validate):
    with tempfile.TemporaryDirectory() as folder:
        for file in (forms / "small").iterdir():
            data = file.read_bytes()
            (Path(folder) / file.name).write_bytes(edited(data, edits) if file.name == name else data)
        with suppress(InvalidInstanceError):
            read(folder, validate=validate)


@settings(max_examples=60)
@given(st.sampled_from(FILES), st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(forms, name, data):
    with tempfile.TemporaryDirectory() as folder:
        for file in (forms / "small").iterdir():
            (Path(folder) / file.name).write_bytes(data if file.name == name else file.read_bytes())
        with suppress(InvalidInstanceError):
            read(folder, validate=False)


@settings(max_examples=60)
@given(st.sampled_from(["small.json", "small.xlsx"]), EDITS)
def test_a_damaged_file_is_read_or_refused(forms, name, edits):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(edited((forms / name).read_bytes(), edits))
        with suppress(InvalidInstanceError):
            read(path, validate=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["site", "from", *TABLES]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from([*TABLES, "lanse"]), JSON, max_size=4),
    st.dictionaries(st.text(max_size=9), JSON, max_size=2),
)
def test_json_of_any_shape_is_read_or_refused(forms, tables, head):
    document = json.loads((forms / "small.json").read_text())
    document["tables"].update(tables)
    document["instance"].update(head)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f.json").write_text(json.dumps(document))
        with suppress(InvalidInstanceError):
            read(Path(folder) / "f.json", validate=False)
