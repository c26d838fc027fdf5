# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node.js: most builds have their OpenSSL inside, and set a lowest and a highest version on every connection, whatever openssl.cnf says."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

KIND = "node"
NAMES = re.compile(r"node(?:js)?(?:-?\d+)?$")
STANDS_ALONE = True
VARIABLES = ("NODE_OPTIONS", "OPENSSL_CONF")
BARE = {"OPENSSL_CONF": "", "NODE_OPTIONS": ""}

# Options that act on TLS (node(1); "_" counts as "-"); what else stands there may be a program of the user.
_FLAG = re.compile(r"--(?:tls-(?:min|max)-v1\.\d|openssl-legacy-provider|openssl-shared-config|enable-fips|force-fips)$")
_WITH_VALUE = ("--tls-cipher-list", "--openssl-config")
# They have other code run before the program, or name a file with more options.
_LOADING = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file", "--env-file-if-exists")
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
_VERSION = (rb"(?:node[- ]|\0)v(\d+\.\d+\.\d+)(?:\.tar|-headers|\0)",)
_MAX_PROGRAM = 128 * 1024 * 1024
# Before 4, TLS works on sockets or on a "secure pair" only.
_PROGRAM = r"""
var tls = require("tls"), stream = require("stream"), said = false;
function say(name, value) { if (!said) { said = true; console.log(name + " " + value); process.exit(0); } }
function take(chunk) { if (chunk[0] === 22) { say("hello", chunk.toString("hex")); } else { say("error", "it wrote an alert"); } }
function fail(error) { say("error", String(error.message).split("\n").join(" ")); }
console.log("version " + process.versions.node);
try {
  if (parseInt(process.versions.node, 10) >= 4) {
    var near = new stream.Duplex({ read: function () {}, write: function (chunk, encoding, done) { take(chunk); } });
    var options = { socket: near, servername: "outlook.office365.com", rejectUnauthorized: false };
    if (BARE && tls.DEFAULT_MIN_VERSION) { options.minVersion = "TLSv1"; options.maxVersion = tls.DEFAULT_MAX_VERSION; }
    tls.connect(options).on("error", fail);
  } else {
    var pair = tls.createSecurePair(require("crypto").createCredentials(), false);
    pair.encrypted.on("data", take);
    pair.cleartext.on("data", function () {});
    pair.on("error", fail);
    pair.cleartext.write("a");
  }
} catch (error) { fail(error); }
"""


def command(interpreter, is_bare):
    """Return the command by which the *interpreter* tells its hello."""
    return [interpreter, "-e", f"var BARE = {str(is_bare).lower()};" + _PROGRAM]


def environment(variables):
    """Return what of the *variables* acts on TLS; of NODE_OPTIONS no option else."""
    found = {name: variables[name] for name in VARIABLES if name in variables}
    if "NODE_OPTIONS" in found:
        found["NODE_OPTIONS"] = " ".join(_acting(_WORD.findall(found["NODE_OPTIONS"])))
    return found


def with_options(variables, words):
    """Return the *variables* as if the options among these *words* of the command line stood there, which win over them."""
    given = " ".join(_acting(words))
    return dict(variables, NODE_OPTIONS=" ".join(filter(None, [variables.get("NODE_OPTIONS"), given]))) if given else variables


def loads_more(variables, words):
    """Tell whether options have other code run that could change what the program offers."""
    every = _WORD.findall(variables.get("NODE_OPTIONS", "")) + list(words)
    return any(_name(word.strip('"')).startswith(_LOADING) for word in every)


def _acting(words):
    found, rest = [], [word.replace('"', "") for word in words]
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        name = _name(name)
        if _FLAG.match(name):
            found.append(name)
        elif name in _WITH_VALUE and (has_value or rest):
            found.append(name + "=" + (value if has_value else rest.pop(0)))
    # One with a blank in it would be two.
    return [word for word in found if not re.search(r"\s", word)]


def _name(word):
    return word[:2] + word[2:].replace("_", "-")


def modules(_host, interpreter):
    """Return what brings OpenSSL to Node where it has none inside: Debian's has it in a library."""
    return [interpreter]


def version(host, interpreter):
    """Return the version as it stands inside the program, or None."""
    [found] = elf.find_bytes(host, interpreter, _VERSION, _MAX_PROGRAM)
    return found.decode("ascii") if found else None
