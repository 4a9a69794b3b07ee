"""How to connect a mailbox, provider by provider."""

from __future__ import annotations

from frontdesk.sdk.channel import SetupStep

from .words import phrase

STEPS = (
    SetupStep(
        phrase("Use a mailbox for customers only: every mail of a person is answered. What lies there already stays untouched.")
    ),
    SetupStep(
        phrase(
            "Gmail, Google Workspace: turn on 2-Step Verification in your Google account, and make an app password at "
            "myaccount.google.com/apppasswords."
        )
    ),
    SetupStep(phrase("iCloud: make an app-specific password at account.apple.com under “Sign-In and Security”.")),
    SetupStep(phrase("Yahoo: make an app password under “Security” of your account.")),
    SetupStep(phrase("Fastmail: make an app password with access to mail under “Privacy & Security”.")),
    SetupStep(
        phrase(
            "Outlook.com, Microsoft 365: they take no passwords from other programs any more, and Frontdesk cannot sign in in "
            "their way yet. Forward mails from there to a mailbox of another provider, and connect that one."
        )
    ),
    SetupStep(
        phrase("Any other provider: its help pages name the servers for IMAP and SMTP. Turn on IMAP in the mailbox if it is off.")
    ),
    SetupStep(
        phrase("Save, then write a mail from another address to this one. After half a minute it is here."), "{setting:address}"
    ),
)
