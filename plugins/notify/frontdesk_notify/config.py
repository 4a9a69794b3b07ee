"""What the owner fills in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from frontdesk.sdk.context import Context
from frontdesk.sdk.forms import Labels

from .chat import post
from .words import phrase

App = Annotated[
    Literal["slack", "discord", "ntfy"],
    Labels({"slack": phrase("Slack, Mattermost, Rocket.Chat or Google Chat"), "discord": "Discord", "ntfy": "ntfy"}),
]
About = Annotated[
    Literal["person", "failed", "opened", "message"],
    Labels(
        {
            "person": phrase("A customer waits for a person"),
            "failed": phrase("The AI could not answer"),
            "opened": phrase("A conversation begins"),
            "message": phrase("A customer writes"),
        }
    ),
]


class NotifyConfig(BaseModel):
    app: App = Field("slack", title=phrase("Where"))
    address: SecretStr = Field(
        title=phrase("Address"),
        description=phrase("The incoming webhook of your chat, beginning with https://. Whoever has it can write there."),
    )
    about: list[About] = Field(["person", "failed"], title=phrase("Tell us when"))

    @field_validator("address")
    @classmethod
    def _is_a_web_address(cls, address: SecretStr) -> SecretStr:
        if not address.get_secret_value().startswith("https://"):
            raise ValueError("This is not a web address. It should begin with https://.")
        return address

    async def check(self, context: Context) -> str:
        await post(context, self, "Frontdesk will write here when a customer needs you.")
        return "Sent. Look into your chat: there should be a message."
