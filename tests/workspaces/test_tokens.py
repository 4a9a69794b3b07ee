"""Bearer tokens: ours, and those of outside issuers with a shared secret or published keys."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from frontdesk.core.errors import Unavailable
from frontdesk.workspaces import accounts, credentials, queries, tokens
from frontdesk.workspaces.errors import TokenRefused
from frontdesk.workspaces.models import User

SECRET = "a secret that the outside issuer shares with us"
ISSUER = "https://people.example.org"


def claims(**changes) -> dict[str, Any]:
    return {"iss": ISSUER, "aud": "authenticated", "sub": "person-1", "exp": int(time.time()) + 60, **changes}


# --- ours -----------------------------------------------------------------------------------------------------------


def test_our_token_stands_for_its_user(alice) -> None:
    assert credentials.person(tokens.issue(alice, "access")) == alice


def test_a_refresh_token_is_no_access_token(alice) -> None:
    with pytest.raises(TokenRefused):
        credentials.person(tokens.issue(alice, "refresh"))
    with pytest.raises(TokenRefused):
        tokens.user_of_own(tokens.issue(alice, "access"), "refresh")


def test_an_expired_token_is_refused(alice, settings) -> None:
    settings.JWT_ACCESS_SECONDS = -tokens.LEEWAY - 1
    with pytest.raises(TokenRefused):
        credentials.person(tokens.issue(alice, "access"))


def test_signing_out_everywhere_ends_tokens(alice) -> None:
    token = tokens.issue(alice, "access")
    accounts.sign_out_everywhere(alice)
    with pytest.raises(TokenRefused):
        credentials.person(token)


def test_signing_out_everywhere_ends_sessions(client, alice) -> None:
    client.force_login(alice, "frontdesk.workspaces.login.EmailOrUsernameBackend")
    before = User.objects.get(pk=alice.pk).get_session_auth_hash()
    accounts.sign_out_everywhere(alice)
    assert User.objects.get(pk=alice.pk).get_session_auth_hash() != before


def test_a_person_who_was_switched_off_is_refused(alice) -> None:
    token = tokens.issue(alice, "access")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(TokenRefused):
        credentials.person(token)


@pytest.mark.parametrize("key", ["", "another key of at least thirty-two bytes"])
def test_a_token_signed_by_somebody_else_is_refused(alice, key) -> None:
    forged = jwt.decode(tokens.issue(alice, "access"), options={"verify_signature": False})
    token = jwt.encode(forged, key, algorithm="HS256" if key else "none")
    with pytest.raises(TokenRefused):
        credentials.person(token)


@pytest.mark.parametrize("token", ["", "a.b.c", "é" * 20, "e30.e30.", "x" * 5000, "\x00"])
def test_nonsense_is_refused(db, token) -> None:
    with pytest.raises(TokenRefused):
        credentials.person(token)


# --- a shared secret ------------------------------------------------------------------------------------------------


@pytest.fixture
def supabase(settings, db) -> Callable[..., str]:
    settings.SUPABASE_URL = "https://project.supabase.example"
    settings.SUPABASE_JWT_SECRET = SECRET

    def sign(key=SECRET, algorithm="HS256", **changes) -> str:
        return jwt.encode(claims(iss="https://project.supabase.example/auth/v1", **changes), key, algorithm=algorithm)

    return sign


def test_an_unknown_person_becomes_a_user_with_a_workspace(supabase) -> None:
    user = credentials.person(supabase())
    assert credentials.person(supabase()) == user
    assert not user.has_usable_password()
    assert [membership.role for membership in queries.memberships_of(user)] == ["owner"]


def test_no_workspace_is_made_where_registration_is_closed(supabase, settings) -> None:
    settings.REGISTRATION_OPEN = False
    assert queries.memberships_of(credentials.person(supabase())) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"iss": "https://evil.example/auth/v1"},
        {"exp": int(time.time()) - 60},
        {"sub": None},
        {"nbf": int(time.time()) + 86_400},
        {"key": "another secret of at least thirty-two bytes"},
        {"algorithm": "HS512", "key": SECRET * 2},
    ],
)
def test_what_does_not_check_is_refused(supabase, changes) -> None:
    signing = {name: changes.pop(name) for name in ("key", "algorithm") if name in changes}
    token = jwt.encode(
        claims(**{"iss": "https://project.supabase.example/auth/v1", **changes}),
        signing.get("key", SECRET),
        algorithm=signing.get("algorithm", "HS256"),
    )
    with pytest.raises(TokenRefused):
        credentials.person(token)
    assert not User.objects.exists()


@pytest.mark.parametrize("missing", ["exp", "aud", "iss", "sub"])
def test_a_token_without_a_claim_is_refused(supabase, missing) -> None:
    given = claims(iss="https://project.supabase.example/auth/v1")
    del given[missing]
    with pytest.raises(TokenRefused):
        credentials.person(jwt.encode(given, SECRET, algorithm="HS256"))


def test_an_unverified_address_links_to_nobody(supabase, alice) -> None:
    metadata = {"email_verified": True, "full_name": "Not Alice"}
    user = credentials.person(supabase(email="alice@example.org", user_metadata=metadata))
    assert user != alice
    assert (user.email, user.first_name) == (None, "Not Alice")


def test_a_verified_address_links_and_ends_the_old_password(supabase, alice) -> None:
    old = tokens.issue(alice, "access")
    user = credentials.person(supabase(email="Alice@Example.org", email_verified=True))
    assert user == alice and not user.has_usable_password()
    with pytest.raises(TokenRefused):
        credentials.person(old)


def test_an_account_of_one_issuer_is_not_taken_over_by_another(supabase, alice) -> None:
    alice.outside_id = "https://elsewhere.example|alice"
    alice.save()
    assert credentials.person(supabase(email="alice@example.org", email_verified=True)) != alice


# --- published keys -------------------------------------------------------------------------------------------------


class KeyServer:
    """An issuer's key set, served from this machine."""

    def __init__(self) -> None:
        self.keys, self.asked, self.status = [], 0, 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = json.dumps({"keys": outer.keys}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, kid, private, algorithm) -> None:
        described = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        self.keys.append({**described, "kid": kid, "use": "sig", "alg": algorithm})


@pytest.fixture
def issuer(settings, db) -> Any:
    server = KeyServer()
    settings.OIDC_ISSUER, settings.OIDC_AUDIENCE = ISSUER, "authenticated"
    settings.OIDC_JWKS_URL, settings.OIDC_ALGORITHM = server.url, "RS256"
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(scope="module")
def rsa_keys() -> list[Any]:
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


def sign(private, kid="one", algorithm="RS256", **changes) -> str:
    return jwt.encode(claims(**changes), private, algorithm=algorithm, headers={"kid": kid} if kid else {})


def test_published_keys_are_fetched_once(issuer, rsa_keys) -> None:
    issuer.publish("one", rsa_keys[0], "RS256")
    user = credentials.person(sign(rsa_keys[0]))
    assert credentials.person(sign(rsa_keys[0])) == user
    assert user.outside_id == f"{ISSUER}|person-1"
    assert issuer.asked == 1


def test_elliptic_keys_where_they_are_pinned(issuer, settings) -> None:
    settings.OIDC_ALGORITHM = "ES256"
    private = ec.generate_private_key(ec.SECP256R1())
    issuer.publish("one", private, "ES256")
    assert credentials.person(sign(private, algorithm="ES256")).outside_id == f"{ISSUER}|person-1"


def test_an_unknown_key_is_looked_for_at_most_once_a_minute(issuer, rsa_keys, monkeypatch) -> None:
    issuer.publish("one", rsa_keys[0], "RS256")
    credentials.person(sign(rsa_keys[0]))
    issuer.publish("two", rsa_keys[1], "RS256")
    for _ in range(3):
        with pytest.raises(TokenRefused):
            credentials.person(sign(rsa_keys[1], "two"))
    assert issuer.asked == 1
    monkeypatch.setattr(tokens.PublishedKeys, "FETCH_EVERY", 0)
    assert credentials.person(sign(rsa_keys[1], "two"))
    assert issuer.asked == 2


def test_known_keys_go_on_while_the_issuer_is_down(issuer, rsa_keys, monkeypatch) -> None:
    issuer.publish("one", rsa_keys[0], "RS256")
    credentials.person(sign(rsa_keys[0]))
    issuer.status = 500
    monkeypatch.setattr(tokens.PublishedKeys, "FETCH_EVERY", 0)
    monkeypatch.setattr(tokens.PublishedKeys, "KEEP", 0)
    assert credentials.person(sign(rsa_keys[0]))


def test_an_issuer_that_never_answered_is_unavailable(issuer, rsa_keys) -> None:
    issuer.status = 500
    with pytest.raises(Unavailable):
        credentials.person(sign(rsa_keys[0]))


def test_a_public_key_is_no_shared_secret(issuer, rsa_keys) -> None:
    """The classic confusion of algorithms: HS256 with public key material as its secret."""
    issuer.publish("one", rsa_keys[0], "RS256")
    forged = jwt.encode(claims(), issuer.keys[0]["n"], algorithm="HS256", headers={"kid": "one"})
    with pytest.raises(TokenRefused):
        credentials.person(forged)


@pytest.mark.parametrize("kid", [None, "unknown"])
def test_a_token_must_name_a_published_key(issuer, rsa_keys, kid) -> None:
    issuer.publish("one", rsa_keys[0], "RS256")
    with pytest.raises(TokenRefused):
        credentials.person(sign(rsa_keys[0], kid))


def test_a_key_for_encryption_signs_nothing(issuer, rsa_keys) -> None:
    issuer.publish("one", rsa_keys[0], "RS256")
    issuer.publish("two", rsa_keys[1], "RS256")
    issuer.keys[0]["use"] = "enc"
    with pytest.raises(TokenRefused):
        credentials.person(sign(rsa_keys[0]))
