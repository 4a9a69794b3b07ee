"""Secrets at rest."""

from __future__ import annotations

import pytest

from frontdesk.core import crypto
from frontdesk.core.crypto import SecretsField, SecretUnreadable


def test_what_is_stored_does_not_show_the_secret(settings) -> None:
    stored = SecretsField().get_prep_value({"api_key": "sk-very-secret"})
    assert "secret" not in stored
    assert SecretsField().from_db_value(stored, None, None) == {"api_key": "sk-very-secret"}


def test_keys_can_be_changed_without_losing_what_older_ones_wrote(settings) -> None:
    settings.ENCRYPTION_KEYS = ["old" * 20]
    token = crypto.encrypt("hello")
    settings.ENCRYPTION_KEYS = ["new" * 20, "old" * 20]
    assert crypto.decrypt(token) == "hello"
    settings.ENCRYPTION_KEYS = ["new" * 20]
    with pytest.raises(SecretUnreadable, match="Enter it again"):
        crypto.decrypt(token)


def test_tokens_are_long_random_and_recognisable() -> None:
    first, second = crypto.new_token("pk"), crypto.new_token("pk")
    assert first.startswith("pk_")
    assert len(first) >= 43 + 3
    assert crypto.digest(first) != crypto.digest(second)


def test_an_empty_dict_is_stored_as_nothing() -> None:
    field = SecretsField()
    assert field.get_prep_value({}) == ""
    assert field.from_db_value("", None, None) == {}
