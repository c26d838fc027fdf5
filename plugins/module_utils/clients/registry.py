# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mail clients that are known. A new client is a module of its own and a name here."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import (
    betterbird,
    claws_mail,
    curl,
    dovecot,
    fdm,
    fetchmail,
    getmail,
    haproxy,
    icedove,
    imapfilter,
    mbsync,
    mpop,
    mutt,
    neomutt,
    offlineimap,
    perdition,
    seamonkey,
    stunnel,
    sylpheed,
    thunderbird,
)

READERS = (
    betterbird,
    claws_mail,
    curl,
    dovecot,
    fdm,
    fetchmail,
    getmail,
    haproxy,
    icedove,
    imapfilter,
    mbsync,
    mpop,
    mutt,
    neomutt,
    offlineimap,
    perdition,
    seamonkey,
    stunnel,
    sylpheed,
    thunderbird,
)
