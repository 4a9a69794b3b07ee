"""What an owner fills in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from .words import phrase


class ElevenLabsConfig(BaseModel):
    """One account at ElevenLabs."""

    api_key: SecretStr = Field(
        SecretStr(""),
        title=phrase("API key"),
        description=phrase("From elevenlabs.io. Empty uses the operator's, if there is one."),
    )
    model: Literal["eleven_multilingual_v2", "eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_v3"] = Field(
        "eleven_multilingual_v2", title=phrase("Model"), description=phrase("Flash answers soonest; Multilingual sounds best.")
    )
    voice: str = Field(
        "",
        title=phrase("Voice"),
        description=phrase("Its id, used where nothing else is chosen. Empty takes the first of the account."),
    )
    transcript_model: Literal["scribe_v2", "scribe_v1"] = Field("scribe_v2", title=phrase("Model for transcripts"))
