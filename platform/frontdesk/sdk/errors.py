"""What may go wrong at the border between the host and a plugin.

PluginError
├── ProviderError              anything a model vendor did; carries a sentence for the customer and a cause for the owner
│   ├── ProviderAuthError      the key is wrong or missing          never retried
│   ├── ProviderQuotaError     the account has no money left        never retried, the next provider is tried
│   ├── ProviderRateLimited    too many requests                    retried after `retry_after`
│   ├── ProviderUnavailable    time-out, refused connection, 5xx    retried
│   ├── ProviderRejected       the request itself was refused       never retried
│   └── ProviderStopped        the stream ended without finishing   retried when nothing was said yet
├── ChannelError               anything a channel vendor did
│   ├── SignatureInvalid       the webhook was not signed by who it says
│   ├── PayloadInvalid         the body could not be parsed
│   ├── DeliveryFailed         the vendor refused; `permanent` says whether trying again can help
│   └── DeliveryUnknown        the vendor may or may not have taken it; never sent again unasked
├── ToolError                  a tool could not do its job; the model is told `str(error)`
├── SpeechError                nothing could be spoken or understood; the owner is told `str(error)`
│   └── SpeechRefused          what was sent is at fault (not audio, too long); the sender is told
├── NotReachable               a server cannot be connected to, or may not be
├── NotConnected               the owner has not connected an account, or must do it again
├── StorageFull                more than the manifest asked for
├── DataRefused                data that the manifest did not ask for, or asked too often
├── NothingNew                 a place is as it was when it was listed last
└── LoaderError                a file or source could not be read; the owner is told `str(error)`
"""

from __future__ import annotations

from typing import Literal


class PluginError(Exception):
    """Base of all errors that a plugin raises on purpose."""


class ProviderError(PluginError):
    """A model vendor failed.

    `cause` is for the owner ("The API key was refused (401)."); `public` may be shown to a customer.
    `retryable` says whether the same call may succeed later; `retry_after` is in seconds.
    """

    retryable = False
    public = "I cannot answer right now. Please try again in a moment."

    def __init__(self, cause: str, *, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.retry_after = retry_after


class ProviderAuthError(ProviderError):
    """The vendor refused the credentials."""


class ProviderQuotaError(ProviderError):
    """The vendor account has no credit left."""


class ProviderRateLimited(ProviderError):
    """The vendor asked us to slow down."""

    retryable = True


class ProviderUnavailable(ProviderError):
    """The vendor could not be reached, timed out or answered with a server error."""

    retryable = True


class ProviderRejected(ProviderError):
    """The vendor refused the request itself (unknown model, too long, blocked content)."""


class ProviderStopped(ProviderError):
    """The stream ended without a finish reason."""

    retryable = True


class ChannelError(PluginError):
    """A channel vendor failed."""


class SignatureInvalid(ChannelError):
    """A webhook was not signed by who it claims to come from."""


class PayloadInvalid(ChannelError):
    """A webhook body could not be understood."""


class DeliveryFailed(ChannelError):
    """The vendor did not take a message. `permanent` errors are not tried again."""

    def __init__(self, cause: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.permanent = permanent
        self.retry_after = retry_after


class DeliveryUnknown(ChannelError):
    """The line broke after the message went out: the vendor may have it. It is never sent again without a person asking."""


class ToolError(PluginError):
    """A tool could not do its job. The text is given to the model, so write it for a reader."""


class SpeechError(PluginError):
    """A text could not be spoken, or speech not be written down. The text is shown to the owner."""


class SpeechRefused(SpeechError):
    """The text or the recording itself cannot be taken. The text is shown to who sent it, so say what to send instead."""


class NotConnected(PluginError):
    """There is no account to act for. The text is shown to the owner."""


Unreached = Literal["not_named", "unknown_host", "private", "slow", "unreachable", "certificate", "no_tls"]


class NotReachable(PluginError):
    """A server cannot be connected to, or may not be. The text is shown to the owner."""

    def __init__(self, cause: str, *, reason: Unreached) -> None:
        super().__init__(cause)
        self.reason = reason


class StorageFull(PluginError):
    """A plugin keeps more than its manifest asked for."""


class DataRefused(PluginError):
    """A plugin wants data that its manifest does not ask for, or wants it too often at once. The text is shown to the owner."""


class LoaderError(PluginError):
    """A file or source could not be read. The text is shown to the owner, so say what to do next."""


class NothingNew(PluginError):
    """A place is as it was when it was listed last, so it is not listed again."""
