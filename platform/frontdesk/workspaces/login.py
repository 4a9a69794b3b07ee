"""Signing in with an e-mail address or a user name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q

from .models import User


class EmailOrUsernameBackend(ModelBackend):
    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any) -> User | None:
        name = username or kwargs.get(User.USERNAME_FIELD) or ""
        if not name or password is None:
            return None
        user = User.objects.filter(Q(email__iexact=name) | Q(username=name)).first()
        if user is None:
            User().set_password(password)  # as slow as a real check, so that addresses cannot be guessed by time
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
