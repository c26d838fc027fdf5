# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""curl where it fetches mail: command lines of the host, and configuration files with the URL of a mailbox (curl(1))."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, curl_accounts, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import curl_options, curlrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.curlrc import Option

NAME = "curl"

_AFFECTS = "client:" + NAME
_VERSION = rb"libcurl/(\d+\.\d+\.\d+)"
# Since then the directory of XDG_CONFIG_HOME comes before the home, and behind it ~/.config without that variable, and without the dot.
_XDG_SINCE = (7, 73)
_FILE = "/.curlrc"
_KEPT = dict(curlrc.SHORT, **{name: name for name in curlrc.KEPT + ("no-ssl", "no-ssl-reqd")}, **curlrc.ALIASES)
_TABLE = Table(curl_options.SHORT, curl_options.LONG, _KEPT)
_NAMES_MAIL = re.compile(r"imap|pop3", re.IGNORECASE)
_MAX_NESTED = 10
_UNKNOWN_OPTIONS = "words that only the running shell knows may be further options"


def read(host):
    """Return the evidence of curl on *host*, or None where nothing shows that it fetches mail."""
    installs = base.installs(host, (NAME,), (NAME,), _VERSION)
    reader = _Reader(host, base.release(installs))
    accounts = [account for user in host.users for account in reader.of_file(user)]
    for launch in host.launches.of(NAME):
        accounts += launched.under_environment(host, installs, launch, reader.of_launch(launch))
    base.want_ciphers(host, installs, accounts, "ciphers")
    # Nearly every host has curl: without a mailbox it is no mail client.
    return base.evidence(NAME, installs, accounts) if accounts else None


class _Reader:
    def __init__(self, host, release):
        self._host, self._release = host, release

    def of_file(self, user):
        """Return the accounts of a user's own file: each call of curl takes their URLs besides its own."""
        config = user.home + "/.config"
        # Whether the session that runs it sets XDG_CONFIG_HOME is not known.
        paths = [config + _FILE] if self._knows_xdg else []
        return curl_accounts.of(user.name, _operations(self._default(paths + self._paths(user.home, None, None))))

    def of_launch(self, launch):
        """Return the accounts of a command line."""
        own, undecided = [], False
        for words in _split(launch.argv[1:]):
            line = _TABLE.parse(words)
            undecided = undecided or line.undecided
            words = [(option.key, option.value) for option in line.options] + [("url", word) for word in line.operands]
            urls = [word for key, word in words if key == "url"]
            left = [word for word in urls if not self._may_be_mailbox(word, urls, launch)]
            own.append([_option(key, word, launch) for key, word in words if word not in left])
        paths = [] if _leaves_own_file_out(launch) else self._of_environment(launch)
        # What the user's own file adds to fetch is an account of that file.
        groups = _operations([option for option in self._default(paths) if option.key != "url"])
        groups[-1] += self._expanded(own[0], launch.path)
        groups += [self._expanded(options, launch.path) for options in own[1:]]
        accounts = curl_accounts.of(launch.user or "", groups)
        for account in accounts:
            account["enabled"] = launch.is_active
            if undecided:
                account["undecided"].append(base.undecided("options", _UNKNOWN_OPTIONS, launch.file, launch.line))
        return accounts

    def _may_be_mailbox(self, word, urls, launch):
        """Most that curl gets is no mail: of a URL of which only the running shell knows the scheme, the text where it stands tells it."""
        if word is None or word.is_decided or word.text or "://" in word.ending:
            return True
        # Beside another URL, what is no word of its own is options.
        return not (word.may_be_many and len(urls) > 1) and bool(_NAMES_MAIL.search(self._host.text(launch.file) or ""))

    @property
    def _knows_xdg(self):
        return self._release is None or self._release >= _XDG_SINCE

    def _of_environment(self, launch):
        """Return where a command looks for the user's own file; nowhere where only the running shell knows."""
        values = [launch.variable(name) for name in ("HOME", "XDG_CONFIG_HOME", "CURL_HOME")]
        if any(value is not None and not value.is_decided for value in values):
            return []
        home, config, own = [value.text if value is not None else None for value in values]
        home = home or (self._host.home_of(launch.user) if launch.user else None)
        return self._paths(home, config, own) if home else []

    def _paths(self, home, config, own):
        """Return the files of which curl takes the first that is there, for the values of HOME, XDG_CONFIG_HOME and CURL_HOME."""
        if not self._knows_xdg:
            return [(own or home) + _FILE]
        paths = [directory + _FILE for directory in (own, config, home) if directory]
        return paths if config else [*paths, (own or home) + "/.config/curlrc"]

    def _default(self, paths):
        path = next((path for path in paths if self._host.exists(path)), None)
        return (self._options(path, 0) if path else None) or []

    def _options(self, path, nested):
        """Return the options of a file, or None where it can't be read."""
        text = self._host.text(path, _AFFECTS)
        if text is None:
            return None
        return self._expanded(curlrc.parse(text, path), lambda name: name if name.startswith("/") else None, nested)

    def _expanded(self, options, locate, nested=0):
        """Return *options* with those of the files that they name in the place of the name."""
        found = []
        for option in options[: base.MAX_ACCOUNTS]:
            found += [option] if option.key != "config" else self._of_configuration(option, locate, nested)
        return found

    def _of_configuration(self, option, locate, nested):
        """Return the options of the file that an option names; the option itself where they can't be read."""
        path = locate(option.value) if option.value and option.value != "-" else None
        if path is None or nested >= _MAX_NESTED or not self._host.exists(path):
            self._host.gap(option.file, f"names in line {option.line} a configuration of curl that was not found", _AFFECTS)
            return [option]
        options = self._options(path, nested + 1)
        return [option] if options is None else options


def _leaves_own_file_out(launch):
    """-q does so only as the very first option (curl(1))."""
    first = launch.argv[1:2]
    return bool(first) and (first[0].text.startswith("-q") or first[0].text == "--disable")


def _split(words):
    """Return the words of each operation: --next ends one, and its options with it."""
    groups = [[]]
    for word in words:
        if word.is_decided and word.text in ("--next", "-:"):
            groups.append([])
        else:
            groups[-1].append(word)
    return groups


def _option(key, word, launch):
    value = None if word is None else word.text + ("" if word.is_decided else curl_accounts.COMPUTED + word.ending)
    return Option(key, value, launch.file, launch.line)


def _operations(options):
    groups = [[]]
    for option in options:
        if option.key == "next":
            groups.append([])
        else:
            groups[-1].append(option)
    return groups
