"""The ASGI application: HTTP through Django, `/mcp` through its own library, `/hooks/` by itself, sockets through Channels."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
http = get_asgi_application()

from django.conf import settings  # noqa: E402

from frontdesk.surfaces.hooks.endpoint import HooksEndpoint  # noqa: E402  (models must be loaded first)
from frontdesk.surfaces.mcp.endpoint import McpEndpoint  # noqa: E402
from frontdesk.surfaces.realtime.routing import application as build  # noqa: E402

from .proxies import TrustedProxies  # noqa: E402

application = TrustedProxies(build(HooksEndpoint(McpEndpoint(http))), settings.TRUSTED_PROXIES)
