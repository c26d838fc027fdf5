# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Java: what JSSE, the TLS of its own, offers under its java.security file and the options that a program is started with."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable

KIND = "java"
NAMES = re.compile(r"java$")
STANDS_ALONE = True
# The first three in the order in which Java takes them; the later one wins (JDK source, launcher/java.c and arguments.cpp).
VARIABLES = ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")
BARE = {"JAVA_TOOL_OPTIONS": ""}

# What acts on TLS; the rest may hold passwords, or name code of the user.
_OPTION = re.compile(r"-D(?:jdk\.tls\.client\.(?:protocols|cipherSuites)|java\.security\.properties)=\S*$")
_RELEASE = re.compile(r'^JAVA_VERSION="(?P<version>[\w.+-]+)"', re.MULTILINE)
OVERLAY = "-Djava.security.properties="
# A quick start of a small machine, that leaves no file behind.
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx64m")
_SECURITY_FILES = ("conf/security/java.security", "lib/security/java.security", "jre/lib/security/java.security")


def command(interpreter, _is_bare):
    """Return the command by which the *interpreter* tells its hellos; the program comes as its standard input."""
    return [interpreter, *_QUICK, "-cp", "/dev/stdin", _probe().NAME]


def standard_input():
    """Return the bytes of that program."""
    return _probe().archive()


def _probe():
    # It is large, and wanted only where a Java is asked.
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import java_probe

    return java_probe


def environment(variables):
    """Return what of the *variables* acts on TLS; of their options no others."""
    found = {name: " ".join(word for word in variables[name].split() if _OPTION.match(word)) for name in VARIABLES if name in variables}
    return {name: value for name, value in found.items() if value}


def modules(_host, _interpreter):
    """Return nothing: its TLS is its own."""
    return []


def version(host, interpreter):
    """Return the version in the `release` file of its home, "17.0.15"; what called itself 1.8.0_292 is 8.0.292."""
    for home in homes(interpreter):
        try:
            match = _RELEASE.search(host.read(home + "/release", 65536).decode("utf-8", "replace"))
        except (Absent, Unreadable):
            continue
        if match:
            return normal_version(match.group("version"))
    return None


def normal_version(text):
    """Return a version of Java as numbers that compare: 1.8.0_292 gives 8.0.292."""
    return re.sub(r"^1\.", "", text).replace("_", ".")


def homes(interpreter):
    """Return the directories that may be the home of the *interpreter*: of a JRE inside a JDK, both."""
    home = interpreter.rpartition("/")[0].rpartition("/")[0]
    return [home, home.rpartition("/")[0]] if home.endswith("/jre") else [home]


def config(host, interpreter, variables):
    """Return the path of its java.security file, and after it the option that names another one; None when it is not there."""
    paths = [home + "/" + name for home in homes(interpreter) for name in _SECURITY_FILES]
    path = next((path for path in paths if host.is_file(path)), None)
    options = [word for name in VARIABLES for word in variables.get(name, "").split() if word.startswith(OVERLAY)]
    return " ".join([path] + options[-1:]) if path else None
