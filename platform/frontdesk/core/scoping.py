"""Tenancy: a query on a business model needs a workspace in scope, or it raises.

Surfaces open the scope once, from the credential: `with scope(workspace=workspace): …`. Code that must look across
workspaces (sweepers, sign-in by key, the operators' console) says so with `unscoped()`.
"""

from django_scopes import ScopedManager, get_scope, scope, scopes_disabled
from django_scopes.exceptions import ScopeError

unscoped = scopes_disabled

__all__ = ["ScopeError", "ScopedManager", "get_scope", "scope", "unscoped"]
