# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a Mozilla mail program gets its preferences from, in the order in which it reads them.

Default files beside the program (modules/libpref/Preferences.cpp) < prefs.js and user.js of the profile < AutoConfig
(extensions/pref/autoconfig) < policies.json (EnterprisePoliciesParent and Policies.sys.mjs). All of it was measured with
Thunderbird 153. What is packed in omni.ja stays unread: the version tells those defaults.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.mozilla_preferences import (
    Doubt,
    Preferences,
    Step,
    Value,
    fits,
    text,
    type_of,
    wanted,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import autoconfig_js, json_lines, prefs_js
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Layers = collections.namedtuple("Layers", "before after")
Layers.__doc__ = """The steps that an installed copy takes before it reads a profile, and after it."""

_MAX_PREFS = 2 * 1024 * 1024
_MAX_AUTOCONFIG = 256 * 1024
_MAX_FILES = 100
_DEFAULTS = ("defaults/pref", "defaults/preferences", "defaults/syspref")
_VERSION_WORDS = {"tls1": 1, "tls1.1": 2, "tls1.2": 3, "tls1.3": 4}
_VERSIONS = {"SSLVersionMin": "security.tls.version.min", "SSLVersionMax": "security.tls.version.max"}
_CIPHER = re.compile(r"TLS_(\w+?)_WITH_(\w+)\Z")
# The reader of version 60 was the first to go on behind a broken line.
_RECOVERS = (60,)


def of_install(host, copy, obscured, affects):
    """Return the Layers of an installed copy.

    Args:
        host: the Host.
        copy: a mozilla_installs.Copy.
        obscured: what is subtracted from each byte of an AutoConfig file where no preference says it.
        affects: what a gap could change.
    """
    before = []
    for place in [copy.directory + "/" + name for name in _DEFAULTS] + [copy.system + "/defaults/pref"]:
        place = host.realpath(place)
        names = [name for name in host.names(place, affects) if name.lower().endswith(".js")]
        if len(names) > _MAX_FILES:
            host.gap(place, f"holds more than {_MAX_FILES} files with defaults: none of them was read", affects)
            continue
        # The last file by name is read first.
        for name in reversed(names):
            before.extend(of_file(host, place + "/" + name, copy.version, affects, attributes=True))
    after = _autoconfig(host, copy.directory, before, obscured, affects)
    return Layers(before, after + _policies(host, copy, affects))


def of_file(host, path, version, affects, attributes=False):
    """Return the steps of one preference file, as a program of that *version* (numbers; () when not known) takes them."""
    content = host.text(path, affects, limit=_MAX_PREFS)
    if content is None:
        return []
    prefs, errors = prefs_js.parse(content, wanted, attributes)
    if len(errors) == prefs_js.MAX_ERRORS:
        host.gap(path, f"{errors[0]}; the file holds so many broken statements that its rest was not read", affects)
    elif errors:
        host.gap(path, f"{errors[0]}; that statement is left out", None if version >= _RECOVERS else affects)
    steps = []
    for pref in prefs:
        steps.append(Step(pref.branch, pref.name, Value(pref.value, pref.name, text(pref.value), path, pref.line)))
        if pref.locked:
            steps.append(Step("lock", pref.name, None))
    return steps


def _autoconfig(host, directory, before, obscured, affects):
    preferences = Preferences(before)
    name = preferences.of_default("general.config.filename")
    if not name or "/" in name:
        return []
    path = directory + "/" + name
    shift = preferences.of_default("general.config.obscure_value")
    try:
        content = host.read(path, _MAX_AUTOCONFIG)
        plain = bytes((byte - (obscured if shift is None else shift)) % 256 for byte in content)
        found = autoconfig_js.parse(plain.decode("utf-8", "replace"), wanted)
    except Absent:
        return []
    except (Unreadable, GrammarError) as error:
        host.gap(path, str(error), affects)
        return []
    steps = [step for item in found for step in _autoconfig_steps(path, item)]
    address = Preferences(before + steps).get("autoadmin.global_config_url")
    if address is not None and address.value:
        steps.append(Step("doubt_beginning", "", Doubt("a server gives further preferences at each start", address.file, address.line)))
    return steps


def _autoconfig_steps(path, item):
    if isinstance(item, autoconfig_js.Computed):
        action = "doubt" if item.whole else "doubt_beginning"
        return [Step(action, item.prefix, Doubt("computed when the program starts", path, item.line))]
    value = Value(item.value, item.name, text(item.value), path, item.line)
    actions = {"pref": ("user",), "defaultPref": ("default",), "unlockPref": ("unlock",), "clearPref": ("clear",)}
    return [Step(action, item.name, value) for action in actions.get(item.function, ("unlock", "default", "lock"))]


def _policies(host, copy, affects):
    path = copy.system + "/policies/policies.json"
    if not host.exists(path):
        path = copy.directory + "/distribution/policies.json"
    content = host.text(path, affects)
    if content is None:
        return []
    try:
        policies = _members(_members(json_lines.parse(content)).get("policies"))
    except GrammarError as error:
        host.gap(path, str(error), affects)
        return []
    steps = []
    for key, node in policies.items():
        if key in _VERSIONS and isinstance(node.value, str) and node.value in _VERSION_WORDS:
            steps.extend(_locked(_VERSIONS[key], Value(_VERSION_WORDS[node.value], key, node.value, path, node.line)))
        elif key == "DisabledCiphers":
            steps.extend(_disabled_ciphers(path, node))
        elif key == "Preferences":
            steps.extend(step for name, pref in _members(node).items() for step in _preference(path, name, pref))
    return steps


def _disabled_ciphers(path, node):
    for name, member in _members(node).items():
        suite = _CIPHER.match(name)
        if suite and isinstance(member.value, bool):
            cipher = suite.group(2).lower().replace("_cbc_sha", "_sha")
            value = Value(not member.value, "DisabledCiphers." + name, text(member.value), path, member.line)
            yield from _locked(f"security.ssl3.{suite.group(1).lower()}_{cipher}", value)


def _preference(path, name, node):
    """The policy Preferences may touch mail.* and few of security.*; the rest it refuses."""
    if not (name.startswith("mail.") or name == "security.tls.version.enable-deprecated") or not wanted(name):
        return []
    members = _members(node)
    found = members.get("Value", node)
    # For the sake of other systems' policies, a switch may be 0 or 1.
    is_switch = type_of(name) is bool and fits(found.value, int) and found.value in (0, 1)
    value = Value(bool(found.value) if is_switch else found.value, name, text(found.value), path, node.line)
    status = members["Status"].value if "Status" in members else "default"
    # The older form is the value alone, and locks.
    if status == "locked" or not isinstance(node.value, dict):
        return _locked(name, value)
    return [Step({"user": "user", "clear": "clear"}.get(status, "default"), name, value)]


def _locked(name, value):
    return [Step(action, name, value) for action in ("decide", "unlock", "default", "lock")]


def _members(node):
    return node.value if node is not None and isinstance(node.value, dict) else {}
