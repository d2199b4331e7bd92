"""Whether Triton can be used: a sentence where it cannot."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

QUESTION = "import framecast; print(framecast.triton_problem())"


def answer(setup="", **environment):
    code = f"import os\nos.environ.update({environment})\n{setup}\n{QUESTION}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def _triton():
    if find_spec("triton") is None:  # not imported: other tests have it interpret
        pytest.skip("Triton is not installed: it is published for Linux on x86-64")


def test_without_it_the_sentence_says_so():
    assert answer("import sys; sys.modules['triton'] = None") == "Triton is not installed"


@pytest.mark.usefixtures("_triton")
def test_a_machine_without_a_gpu_has_another_sentence():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    found = answer()
    assert found.startswith("Triton 3.")
    assert " cannot be used (0 active drivers" in found


def test_the_environment_can_switch_it_off():
    found = answer(FRAMECAST_TRITON="0", TRITON_INTERPRET="1")
    assert found == "FRAMECAST_TRITON=0 switches Triton off"


@pytest.mark.usefixtures("_triton")
def test_its_interpreter_needs_nothing():
    assert answer(TRITON_INTERPRET="1") == "None"


@pytest.mark.usefixtures("_triton")
def test_a_release_without_knobs_cannot_be_used():
    assert " cannot be used (module 'triton' has no attribute 'knobs')" in answer(
        "import triton; del triton.knobs"
    )
