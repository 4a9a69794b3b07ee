"""What the web gets without signing in: a key that is wrong in any way is told so."""

import pytest

pytestmark = pytest.mark.django_db
WRONG = ["", "pk_nobody", "pk_%00", "pk_" + "x" * 5000, "fd_" + "x" * 43, "pk_%F0%9F%92%A9", "..%2F..%2Fetc"]


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_key_opens_no_looks(key, client) -> None:
    response = client.get(f"/widget/config?key={key}", headers={"Origin": "https://shop.example"})
    assert (response.status_code, response.json()["code"]) == (404, "UNKNOWN_KEY")
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("key", ["pk_nobody", "pk_%00", "pk_" + "x" * 5000])
def test_a_wrong_link_to_a_chat_is_told_so(key, client) -> None:
    response = client.get(f"/chat/{key}")
    assert response.status_code == 404
    assert "does not exist" in response.content.decode()
