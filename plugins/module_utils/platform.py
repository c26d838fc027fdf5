# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which operating system a host runs."""

import re
import sys

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_MACOS_VERSION = "/System/Library/CoreServices/SystemVersion.plist"
# Programs of which one is in every tree; they tell the processor of a tree that does not run.
_PROGRAMS = ("/bin/sh", "/usr/bin/env", "/sbin/init", "/bin/busybox", "/usr/bin/perl")
_SYSTEMS = {"Darwin": "macos"}

_ASSIGNMENT = re.compile(r"\s*([A-Z_][A-Z0-9_]*)=(.*)$")
_ESCAPED = re.compile(r"\\([$\"'\\`])")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_MACOS_RELEASE = re.compile(r"<key>ProductVersion</key>\s*<string>([\d.]+)</string>")
_SUSE = re.compile(r"^\s*(VERSION|PATCHLEVEL)\s*=\s*(\d+)", re.MULTILINE)

# Distributions of the time before os-release(5): the file, and the word in its first line that stands for the ID used today.
_OLD_RELEASE_FILES = (
    (
        "/etc/redhat-release",
        (("centos", "centos"), ("fedora", "fedora"), ("oracle", "ol"), ("scientific", "scientific"), ("red hat", "rhel")),
    ),
    ("/etc/SuSE-release", (("opensuse", "opensuse"), ("enterprise server", "sles"), ("enterprise desktop", "sled"))),
    ("/etc/alpine-release", (("", "alpine"),)),
    ("/etc/debian_version", (("", "debian"),)),
)


def read(host):
    """Return {os, release, name, kernel, arch, python}, each a text or None; os is "unknown" where nothing tells it.

    os is the ID of os-release(5), or "macos", "freebsd" and the like. kernel and python are None below a root other than "/".
    """
    kernel = host.uname
    found = _os_release(host) or _old_release(host) or _macos(host) or _from_kernel(kernel)
    return {
        "os": found[0],
        "release": found[1],
        "name": found[2],
        "kernel": kernel.release if kernel else None,
        "arch": kernel.machine if kernel else _arch(host),
        "python": ".".join(map(str, sys.version_info[:3])) if host.live else None,
    }


def _os_release(host):
    text = next((text for text in map(host.text, _OS_RELEASE) if text is not None), None)
    if text is None:
        return None
    values = {}
    for line in text.splitlines():
        assignment = _ASSIGNMENT.match(line)
        if assignment:
            values[assignment.group(1)] = _unquoted(assignment.group(2).strip())
    # "linux" is what os-release(5) takes where the file names no ID.
    return values.get("ID") or "linux", values.get("VERSION_ID"), values.get("PRETTY_NAME")


def _unquoted(value):
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return _ESCAPED.sub(r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
    return _ESCAPED.sub(r"\1", value)


def _old_release(host):
    for path, words in _OLD_RELEASE_FILES:
        text = host.text(path)
        if text and text.strip():
            line = text.strip().splitlines()[0]
            system = next((system for word, system in words if word in line.lower()), "linux")
            return system, _old_version(text, line), line if _is_name(line) else f"{system} {line}"
    return None


def _old_version(text, line):
    """ "CentOS release 5.11 (Final)" has it in its line; SuSE-release has a line VERSION = 11 and one PATCHLEVEL = 4."""
    parts = dict(_SUSE.findall(text))
    if "VERSION" in parts:
        return ".".join(parts[key] for key in ("VERSION", "PATCHLEVEL") if key in parts)
    version = _RELEASE.search(line)
    return version.group() if version else None


def _is_name(line):
    return not line[0].isdigit() and " " in line


def _macos(host):
    version = _MACOS_RELEASE.search(host.text(_MACOS_VERSION) or "")
    return ("macos", version.group(1), "macOS " + version.group(1)) if version else None


def _from_kernel(kernel):
    if kernel is None:
        return "unknown", None, None
    system = _SYSTEMS.get(kernel.sysname, kernel.sysname.lower())
    return system, None if system in ("linux", "macos") else kernel.release, None


def _arch(host):
    for path in _PROGRAMS:
        try:
            return elf.read(host, path).machine
        except elf.ElfError:
            continue
    return None
