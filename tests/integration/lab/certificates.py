"""The lab's certificate authority, made anew for each lab, and what makes a host trust it."""

from __future__ import annotations

from pathlib import Path

from .bootstrap import Image
from .container import File
from .namespaces import checked

DAYS = "30"
# Where a host has the authority's certificate.
AUTHORITY = "/usr/local/share/ca-certificates/mailtls-lab.crt"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class CertificateAuthority:
    """An RSA 2048 authority and certificates that it signed, made with the openssl program."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = directory / "authority.key"
        self.certificate = directory / "authority.crt"
        checked(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-sha256",
                "-nodes",
                "-days",
                DAYS,
                "-subj",
                "/O=mailtls lab/CN=mailtls lab authority",
                "-keyout",
                str(self._key),
                "-out",
                str(self.certificate),
            ]
        )

    def issue(self, names: list[str]) -> tuple[str, str]:
        """A server certificate for the names, as PEM texts: (certificate chain, private key)."""
        key, request, certificate, extensions = (self._directory / f"server.{suffix}" for suffix in ("key", "csr", "crt", "ext"))
        extensions.write_text(
            f"subjectAltName={','.join('DNS:' + name for name in names)}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
        )
        checked(
            [
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                f"/CN={names[0]}",
                "-keyout",
                str(key),
                "-out",
                str(request),
            ]
        )
        checked(
            [
                "openssl",
                "x509",
                "-req",
                "-sha256",
                "-days",
                DAYS,
                "-in",
                str(request),
                "-CA",
                str(self.certificate),
                "-CAkey",
                str(self._key),
                "-set_serial",
                "2",
                "-extfile",
                str(extensions),
                "-out",
                str(certificate),
            ]
        )
        return certificate.read_text() + self.certificate.read_text(), key.read_text()

    def trust(self, image: Image) -> dict[str, File | str]:
        """The files by which a host of that image trusts the authority, as its
        update-ca-certificates would leave them; none when the image has no trust store."""
        bundle = image.file(_BUNDLE)
        if bundle is None:
            return {}
        text = self.certificate.read_text()
        digest = checked(["openssl", "x509", "-hash", "-noout", "-in", str(self.certificate)]).strip()
        return {
            AUTHORITY: text,
            "/etc/ssl/certs/mailtls-lab.pem": File.link(AUTHORITY),
            f"/etc/ssl/certs/{digest}.0": File.link("mailtls-lab.pem"),
            _BUNDLE: bundle.read_text() + text,
        }
