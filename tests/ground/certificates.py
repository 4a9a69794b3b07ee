"""Certificates for servers that a test runs, and the authority that vouches for them."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """`certificate` is a file for SSL_CERT_FILE."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def certificate(self) -> Path:
        return self.folder / "authority.pem"

    def server(self, name: str) -> ssl.SSLContext:
        """For a server of that name or IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_name(name), self.name, key.public_key(), self.key, alternative=_alternative(name))
        file = self.folder / f"{name}.pem"
        unencrypted = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(made.public_bytes(PEM) + unencrypted)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def authority(folder: Path) -> Authority:
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Authority in {folder.name}")
    made = Authority(folder, key, name)
    made.certificate.write_bytes(_certificate(name, name, key.public_key(), key).public_bytes(PEM))
    return made


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    alternative: x509.GeneralName | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - timedelta(1), now + timedelta(30))
    builder = builder.add_extension(x509.BasicConstraints(ca=alternative is None, path_length=None), critical=True)
    if alternative is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    return builder.sign(signer, hashes.SHA256())
