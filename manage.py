#!/usr/bin/env python
"""Frontdesk's command line: `manage.py help` lists the commands."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WITHOUT_ENGINES = {"help", "--help", "-h", "version", "--version", "stop", "clean_data", "demo_info", "plugin"}


def main() -> None:
    sys.path.insert(0, str(ROOT / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Frontdesk is not installed for this Python. Run `make setup`, then use .venv/bin/python.")
    from frontdesk.config import env
    from frontdesk.core import engines

    try:
        env.load_env_file(ROOT / ".env")
        os.environ.setdefault("FRONTDESK_DATA", str(engines.data_home()))  # plugins keep their models there
        if not WITHOUT_ENGINES.intersection(sys.argv) and len(sys.argv) > 1:
            engines.ensure()
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, engines.EngineError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
