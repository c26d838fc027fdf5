# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""java.security, and what a program puts on top of it: which values count for TLS, and where they stand."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import java_properties

KEYS = ("jdk.tls.disabledAlgorithms",)

_OVERLAY = re.compile(r"-Djava\.security\.properties=(?P<only>=?)(?P<path>\S+)")
_MAX_INCLUDES = 20


def read(host, config):
    """Return the settings by which *config*, a java.security, acts on TLS, as (file, line, key, value).

    Args:
        host: the Host.
        config: path of the file, and after it perhaps -Djava.security.properties=FILE: then FILE comes on top, and with a second
            "=" in the place of the other, unless security.overridePropertiesFile is not "true" there.
    """
    path, _space, option = config.partition(" ")
    found = _properties(host, path, [])
    overlay = _OVERLAY.match(option)
    allowed = "security.overridePropertiesFile" not in found or found["security.overridePropertiesFile"][1].value.lower() == "true"
    if overlay and allowed:
        above = _properties(host, re.sub(r"^file:(?://)?", "", overlay.group("path")), [])
        found = above if overlay.group("only") else dict(found, **above)
    return [(file, item.line, key, item.value) for key, (file, item) in found.items() if key in KEYS]


def _properties(host, path, seen):
    """{key: (file, Property)}, the last of each key; files that are included (since Java 24) stand where they are named."""
    if path in seen or len(seen) >= _MAX_INCLUDES:
        return {}
    seen.append(path)
    found = {}
    for item in java_properties.parse(host.text(path, "stack:java") or ""):
        if item.key == "include" and item.value:
            found.update(_properties(host, os.path.join(os.path.dirname(path), item.value), seen))
        else:
            found[item.key] = (path, item)
    return found
