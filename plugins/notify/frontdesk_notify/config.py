"""What the owner fills in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from frontdesk.sdk.context import Context
from frontdesk.sdk.forms import Labels

from .chat import post

App = Annotated[
    Literal["slack", "discord", "ntfy"],
    Labels({"slack": "Slack, Mattermost, Rocket.Chat or Google Chat", "discord": "Discord", "ntfy": "ntfy"}),
]
About = Annotated[
    Literal["person", "failed", "opened", "message"],
    Labels(
        {
            "person": "A customer waits for a person",
            "failed": "The AI could not answer",
            "opened": "A conversation begins",
            "message": "A customer writes",
        }
    ),
]


class NotifyConfig(BaseModel):
    app: App = Field("slack", title="Where")
    address: SecretStr = Field(
        title="Address",
        description="The incoming webhook of your chat, beginning with https://. Whoever has it can write there.",
    )
    about: list[About] = Field(["person", "failed"], title="Tell us when")

    @field_validator("address")
    @classmethod
    def _is_a_web_address(cls, address: SecretStr) -> SecretStr:
        if not address.get_secret_value().startswith("https://"):
            raise ValueError("This is not a web address. It should begin with https://.")
        return address

    async def check(self, context: Context) -> str:
        await post(context, self, "Frontdesk will write here when a customer needs you.")
        return "Sent. Look into your chat: there should be a message."
