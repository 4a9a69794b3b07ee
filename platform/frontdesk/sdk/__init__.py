"""What a plugin imports, and all that it imports.

Nothing here knows Django. `hookspecs` lists what a plugin may offer, `values` the data that crosses the
border, `provider` and `channel` the base classes, `errors` what may go wrong, `testing` the kit for tests.
"""

from .hookspecs import hookimpl
from .manifest import Manifest, Permissions

__all__ = ["Manifest", "Permissions", "hookimpl"]
