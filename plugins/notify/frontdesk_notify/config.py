"""What the owner fills in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from frontdesk.sdk.context import Context

from .chat import post


class NotifyConfig(BaseModel):
    app: Literal["slack", "discord", "ntfy"] = Field(
        "slack",
        title="Where",
        description="“slack” is also right for Mattermost, Rocket.Chat and Google Chat.",
    )
    address: SecretStr = Field(
        title="Address",
        description="The incoming webhook of your chat, beginning with https://. Whoever has it can write there.",
    )
    about: list[Literal["person", "failed", "opened", "message"]] = Field(
        ["person", "failed"],
        title="Tell us when",
        description="person: a customer waits for one · failed: the AI could not answer · opened: a conversation begins · "
        "message: a customer writes",
    )

    @field_validator("address")
    @classmethod
    def _is_a_web_address(cls, address: SecretStr) -> SecretStr:
        if not address.get_secret_value().startswith("https://"):
            raise ValueError("This is not a web address. It should begin with https://.")
        return address

    async def check(self, context: Context) -> str:
        await post(context, self, "Frontdesk will write here when a customer needs you.")
        return "Sent. Look into your chat: there should be a message."
