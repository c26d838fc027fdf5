# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ruby: connections of Net::IMAP and Net::POP3 (the documentation of these classes)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import calls
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.calls import Call
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.literals import Script

_PINS = {name: name for name in ("ssl_version", "min_version", "max_version", "ciphers")}
_GEM = "what this gem does by itself is not known"
_CALLS = (
    Call(("Net::IMAP", ".", "new"), "imap", ("server", "port", "ssl", None, None), {}, "ssl", None, ("ssl",)),
    Call(("Net::POP3", ".", "new"), "pop3", ("server", "port")),
    Call(("Net::POP3", ".", "start"), "pop3", ("server", "port", None, None)),
    Call(("retriever_method", ":imap", ","), "imap", (), {"address": "server"}, "enable_ssl", "enable_starttls", (), _GEM),
    Call(("retriever_method", ":pop3", ","), "pop3", (), {"address": "server"}, "enable_ssl", None, (), _GEM),
)
_PIN_WORDS = ("set_params", "DEFAULT_PARAMS", "OP_NO_TLSv1_2", "OPENSSL_CONF", "SSLContext", "prepend", "class_eval")


def connections(text):
    """Return the Connections of a script in Ruby. Raises ScriptError."""
    script = Script(text, "ruby")
    found = calls.connections(script, _CALLS, _PINS, _PIN_WORDS, ("starttls",))
    if any(True for _place in script.find("enable_ssl")):
        # A method of Net::POP3, of the class or of an object; the gem has an argument of this name.
        return [_over_tls(item) if item.protocol == "pop3" and item.security == "none" else item for item in found]
    return found


def _over_tls(item):
    return item._replace(security="implicit", port=995 if item.port == 110 else item.port)
