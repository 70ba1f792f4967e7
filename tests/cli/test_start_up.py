"""Before any verb runs: help in no time, usage errors, the last line of defence."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import donornet
from donornet.cli import failures, verbs
from donornet.exceptions import ResultError, SolverError

HEAVY = ("pandas", "pyomo", "numpy", "highspy", "networkx", "pydantic", "pyarrow")


def test_help_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from donornet.cli import main\n"
        "try:\n    main(['--help'], prog_name='donornet')\n"
        f"finally:\n    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "solve" in done.stdout


def test_help_of_every_verb_imports_nothing_heavy_either():
    program = (
        "import sys\n"
        "from donornet.cli.verbs import VERBS, main\n"
        "for verb in VERBS:\n"
        "    main([verb, '--help'], prog_name='donornet', standalone_mode=False)\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_entry_point_answers_as_a_program():
    script = f"{sys.prefix}/bin/donornet"
    began = time.monotonic()
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert time.monotonic() - began < 10  # the figure to keep is 0.3 s; machines that run tests are busy
    assert done.stdout.startswith("Usage: donornet")
    assert subprocess.run([script, "nonsense"], capture_output=True, check=False).returncode == 2


def test_the_package_answers_as_a_module():
    words = [sys.executable, "-m", "donornet.cli", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"donornet, version {donornet.__version__}\n"


def test_help_lists_every_verb_in_the_order_of_use(run):
    text = run("--help").stdout
    places = [text.index(f"\n  {verb} ") for verb in verbs.VERBS]
    assert places == sorted(places)


def test_the_version_is_that_of_the_package(run):
    assert donornet.__version__ in run("--version").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["solve"],
        ["solve", "x", "--gap", "-1"],
        ["solve", "x", "--gap", "much"],
        ["solve", "x", "--time-limit", "0"],
        ["solve", "x", "--threads", "0"],
        ["solve", "x", "--seed", "-1"],
        ["solve", "x", "--format", "docx"],
        ["solve", "x", "--no-such-option"],
        ["check", "x"],
        ["convert", "x"],
        ["convert", "x", "y.docx"],
        ["inspect", "x", "--trace", "pool:a", "centre:b"],
        ["inspect", "x", "--trace", "pool:a", "centre:b", "therapie:c"],
        ["inspect", "x", "--trace", "pool:a", "pool:b", "therapy:c"],
        ["inspect", "x", "--trace", "pool:a", "centre", "therapy:c"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(run, words):
    result = run(*words)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert result.stdout == ""


@pytest.fixture
def broken(monkeypatch):
    """Make the verb `schema` raise something."""

    def spoil(error):
        def fail():
            raise error

        monkeypatch.setattr("donornet.io.schema_reference", fail)

    return spoil


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (RuntimeError("the sky\nfell"), 1, "Error: internal error: RuntimeError: the sky fell\n"),
        (SolverError("HiGHS refused the model"), 1, "Error: HiGHS refused the model\n"),
        (ResultError("no result there"), 3, "Error: no result there\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "/x: Permission denied"),
        (KeyboardInterrupt(), 1, "interrupted"),
    ],
)
def test_every_error_is_a_message_and_an_exit_code_and_no_traceback(run, broken, error, code, text):
    broken(error)
    result = run("schema")
    assert result.exit_code == code
    assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert ("--debug" in result.stderr) == isinstance(error, RuntimeError)


def test_debug_shows_the_traceback_of_an_internal_error(run, broken):
    broken(RuntimeError("the sky fell"))
    result = run("--debug", "schema")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "the sky fell" in result.stderr


def test_a_reader_that_has_seen_enough_is_no_error():
    words = [f"{sys.prefix}/bin/donornet", "schema", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


def test_exit_codes_are_those_of_the_documentation():
    assert [(code.name, int(code)) for code in failures.ExitCode] == [
        ("DONE", 0), ("INTERNAL", 1), ("USAGE", 2), ("INVALID", 3), ("INFEASIBLE", 4), ("LIMIT", 5), ("NOTHING", 6),
    ]  # fmt: skip
