# Shortcuts for developers; each is one command that also works typed by hand.
.PHONY: help install test quick build lock

help:     ## Show this list
	@grep -E '^[a-z]+: +##' Makefile | sed 's/:  */  /; s/## //'
install:  ## Install the project with everything a developer needs
	python -m pip install -e ".[notebooks,dev]"
test:     ## Run the whole suite, as the README says
	python -m pytest -n 2 --dist loadfile
quick:    ## Run what takes seconds: no notebooks
	python -m pytest -m "not nightly and not notebooks"
build:    ## Build both notebooks of every lab whose source changed, and the README
	python -m shared.course build
	python .ci/check/readme.py
lock:     ## Compile the exact versions from pyproject.toml
	uv pip compile pyproject.toml --extra notebooks --extra dev --universal \
	  --python-version 3.11 --no-header --no-emit-package handwriting-labs -o requirements.lock
