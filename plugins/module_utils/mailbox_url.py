# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mailboxes on servers, as URLs (RFC 5092, RFC 2384) and as the older {server/ssl}name: their server, never their user or password."""

import collections
import re

Mailbox = collections.namedtuple("Mailbox", "protocol server port implicit url")

_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_URL = re.compile(r"(?P<scheme>imap|pop)(?P<s>s?)://(?P<authority>[^/]*)", re.IGNORECASE)
_BRACES = re.compile(r"\{(?:(?P<user>[^}]*)@)?(?P<host>[^}:/@]+)(?::(?P<port>\d{1,5}))?(?P<flags>(?:/[^}/]*)*)\}")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>\d{0,5}))?\Z")


def parse(text, bare_pop=False):
    """Return the Mailbox that *text* names, or None when it is on no server.

    Args:
        text: a path.
        bare_pop: a server's name alone is one of POP3.

    Returns:
        Mailbox; `url` is as mutt hands it to an account hook: with the user, but without password and path.
    """
    if bare_pop and "://" not in text:
        text = "pop://" + text
    match = _URL.match(text)
    if match:
        return _of_url(match)
    match = _BRACES.match(text)
    flags = match.group("flags").lower().split("/")[1:] if match else []
    if match is None or any(flag and not flag.startswith("ssl") for flag in flags):
        return None
    user = match.group("user")
    return _mailbox("imap", bool(flags), user, match.group("host"), match.group("port"))


def _of_url(match):
    # A password may hold whatever its user likes, so the last at sign counts.
    user, _at, host = match.group("authority").rpartition("@")
    place = _HOST.match(host)
    if place is None or not place.group("host"):
        return None
    protocol = "imap" if match.group("scheme").lower() == "imap" else "pop3"
    return _mailbox(protocol, bool(match.group("s")), user.partition(":")[0] or None, place.group("host"), place.group("port"))


def _mailbox(protocol, implicit, user, server, port):
    number = int(port) if port else 0
    scheme = ("imap" if protocol == "imap" else "pop") + ("s" if implicit else "")
    url = scheme + "://" + (user + "@" if user else "") + server + (":" + port if number else "") + "/"
    known = number if 0 < number < 65536 else _PORTS[protocol, implicit]
    return Mailbox(protocol, server.strip("[]"), known, implicit, url)
