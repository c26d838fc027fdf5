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

# Options that act on TLS; what else stands there may be a program of the user (node(1), --require).
_OPTION = re.compile(r"--(?:tls-(?:min|max)-v1\.\d|tls-cipher-list=\S+|openssl-legacy-provider|openssl-shared-config)$")
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
        found["NODE_OPTIONS"] = " ".join(word for word in found["NODE_OPTIONS"].split() if _OPTION.match(word))
    return found


def modules(_host, interpreter):
    """Return what brings OpenSSL to Node where it has none inside: Debian's has it in a library."""
    return [interpreter]


def version(host, interpreter):
    """Return the version as it stands inside the program, or None."""
    [found] = elf.find_bytes(host, interpreter, _VERSION, _MAX_PROGRAM)
    return found.decode("ascii") if found else None
