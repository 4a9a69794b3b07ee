"""The schema and the pages that show it, without anything from another host."""

import re

import pytest
from django.contrib.staticfiles import finders


def test_the_raw_schema_describes_errors_and_credentials(anonymous_api) -> None:
    schema = anonymous_api.get("/api/schema/").json()
    assert schema["openapi"].startswith("3.")
    assert set(schema["components"]["securitySchemes"]) >= {"BearerToken", "ApiKeyHeader"}
    invite = schema["paths"]["/api/invitations"]["post"]
    assert invite["responses"]["default"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
    assert {"X-Workspace-ID", "Idempotency-Key"} <= {parameter["name"] for parameter in invite["parameters"]}


@pytest.mark.parametrize("page", ["/api/schema/swagger-ui/", "/api/schema/redoc/"])
def test_the_pages_load_only_what_we_serve(anonymous_api, page) -> None:
    response = anonymous_api.get(page)
    assert response.status_code == 200
    html = response.content.decode()
    assert 'data-schema="/api/schema"' in html
    files = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert files and all(file.startswith("/static/") and finders.find(file.removeprefix("/static/")) for file in files)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)


def test_the_pages_may_style_themselves_but_not_run_inline_scripts(anonymous_api) -> None:
    policy = anonymous_api.get("/api/schema/redoc")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy and "script-src 'self';" in f"{policy};"
