# Frontdesk's commands. Everything they make is in .venv/ and .data/. Paths are relative, so a checkout may have spaces in its path.
.POSIX:
.PHONY: help run stop test lint setup clean-data demo-info requirements messages shell
PYTHON = .venv/bin/python

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14

run:  ## start everything; PORT=8001 and HOST=0.0.0.0 choose the address
	@sh requirements/setup.sh base
	@exec $(PYTHON) manage.py up

stop:  ## end web, worker and the embedded PostgreSQL and Valkey
	@if [ -x $(PYTHON) ]; then exec $(PYTHON) manage.py stop; else echo "Nothing to stop: Frontdesk has not been set up here."; fi

clean-data:  ## stop and forget all data
	@if [ -x $(PYTHON) ]; then exec $(PYTHON) manage.py clean_data; else echo "Nothing to remove: Frontdesk has not been set up here."; fi

demo-info:  ## the demo's address and credentials, as JSON
	@sh requirements/setup.sh base
	@exec $(PYTHON) manage.py demo_info

# The tests start dozens of processes, which is quicker with bytecode, whatever the environment says.
test:  ## run all tests, one process a core; ARGS="-k knowledge -x" chooses, JOBS=0 runs one after the other
	@sh requirements/setup.sh dev
	@PYTHONDONTWRITEBYTECODE= exec $(PYTHON) -m pytest -n $${JOBS:-$$(getconf _NPROCESSORS_ONLN)} --dist loadfile $(ARGS)

lint:  ## check style and format
	@sh requirements/setup.sh dev
	@$(PYTHON) -m ruff check . && exec $(PYTHON) -m ruff format --check .

setup:  ## make the virtual environment, with all that tests need
	@sh requirements/setup.sh dev

shell:  ## a Python prompt with the models loaded
	@sh requirements/setup.sh base
	@exec $(PYTHON) manage.py shell

requirements:  ## compile requirements/*.in into hashed *.txt
	@sh requirements/setup.sh base
	@for name in uv base dev; do \
		$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--overrides requirements/overrides.txt requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

messages:  ## bring new words into the translations, and compile them; needs GNU gettext
	@sh requirements/setup.sh dev
	@cd platform/frontdesk && ../../$(PYTHON) -m django makemessages -l ar --add-location file --no-wrap --no-obsolete
	@$(PYTHON) -m babel.messages.frontend -q compile -D django -d platform/frontdesk/locale
	@for folder in plugins/*/frontdesk_*/locale; do \
		( cd "$${folder%/locale}" && babel="../../../$(PYTHON) -P -m babel.messages.frontend -q" && pot=$$(mktemp) && \
		$$babel extract -k phrase --add-location file --sort-by-file --no-wrap -o "$$pot" . && \
		$$babel update -l ar -d locale -i "$$pot" --ignore-obsolete --ignore-pot-creation-date --no-fuzzy-matching --no-wrap && \
		$$babel compile -d locale && rm "$$pot" ) || exit 1; \
	done
