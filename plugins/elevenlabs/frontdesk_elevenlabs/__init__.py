"""Voices and transcripts from ElevenLabs, for Frontdesk."""

__version__ = "0.1.0"
