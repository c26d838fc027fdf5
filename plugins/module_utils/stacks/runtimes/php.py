# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PHP: what its streams offer to ssl:// and, since 7.2, tls://. Its imap extension speaks through the libssl that this loads."""

import re

KIND = "php"
NAMES = re.compile(r"php(?:-cli|-cgi|-fpm)?(?P<version>\d(?:\.\d)?)?$")
STANDS_ALONE = False
VARIABLES = ("OPENSSL_CONF", "OPENSSL_CONF_INCLUDE")
BARE = {"OPENSSL_CONF": ""}

_EXTENSIONS = ("openssl.so", "imap.so")
_API = re.compile(r"(?:20\d{6}|modules)")
# TLS can't be put on a pair of sockets here (main/streams/xp_socket.c), so this takes a port of the loopback for a moment.
_PROGRAM = r"""
echo "version ", PHP_VERSION, "\n";
$server = stream_socket_server("tcp://127.0.0.1:0");
$options = array("ssl" => array("peer_name" => "outlook.office365.com", "verify_peer" => false));
$name = "tcp://" . stream_socket_get_name($server, false);
$near = stream_socket_client($name, $code, $text, 1, STREAM_CLIENT_CONNECT, stream_context_create($options));
$far = stream_socket_accept($server, 1);
stream_set_blocking($near, false);
stream_set_blocking($far, false);
@stream_socket_enable_crypto($near, true, defined("STREAM_CRYPTO_METHOD_ANY_CLIENT")
    ? STREAM_CRYPTO_METHOD_ANY_CLIENT : STREAM_CRYPTO_METHOD_SSLv23_CLIENT);
$error = error_get_last();
$hello = (string) fread($far, 65536);
echo substr($hello, 0, 1) === "\x16" ? "hello " . bin2hex($hello)
    : "error " . (isset($error["message"]) ? strtr($error["message"], "\n", " ") : "it wrote no hello"), "\n";
"""


def command(interpreter, _is_bare):
    """Return the command by which the *interpreter* tells its hello; a file that its settings prepend to every script is left out."""
    return [interpreter, "-d", "auto_prepend_file=", "-d", "display_errors=stderr", "-r", _PROGRAM]


def environment(variables):
    """Return what of the *variables* acts on TLS."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def modules(host, interpreter):
    """Return what brings OpenSSL to PHP: the program itself, or its extensions; its imap extension too."""
    parents = ["/usr/lib/php", "/usr/lib64/php", "/usr/local/lib/php/extensions", "/usr/local/lib/php"]
    directories = [parent + "/" + name for parent in parents for name in host.names(parent) if _API.search(name)]
    extensions = [directory + "/" + name for directory in directories for name in _EXTENSIONS]
    return [interpreter] + [path for path in extensions if host.is_file(path)]


def version(_host, interpreter):
    """Return the version that the *interpreter*'s name tells, or None."""
    return NAMES.match(interpreter.rpartition("/")[2]).group("version")
