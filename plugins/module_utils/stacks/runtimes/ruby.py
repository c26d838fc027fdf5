# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ruby: what its openssl extension offers to Net::IMAP and Net::POP3."""

import re

KIND = "ruby"
NAMES = re.compile(r"ruby(?P<version>\d\.?\d)?$")
STANDS_ALONE = False
VARIABLES = ("OPENSSL_CONF", "OPENSSL_CONF_INCLUDE")
BARE = {"OPENSSL_CONF": ""}

_EXTENSION = "/openssl.so"
_VERSION = re.compile(r"\d\.\d\.\d$")
# As net/imap.rb and net/pop.rb do: a context with the defaults of set_params.
_PROGRAM = r"""
require "socket"
require "openssl"
puts "version #{RUBY_VERSION}"
near, far = UNIXSocket.pair
context = OpenSSL::SSL::SSLContext.new
context.set_params(:verify_mode => OpenSSL::SSL::VERIFY_NONE)
begin
  OpenSSL::SSL::SSLSocket.new(near, context).connect_nonblock
rescue OpenSSL::SSL::SSLError, IOError => error
end
begin
  hello = far.read_nonblock(65536)
rescue SystemCallError, IOError
  hello = ""
end
puts hello.unpack("C").first == 22 ? "hello #{hello.unpack("H*").first}" : "error #{error && error.message.tr("\n", " ")}"
"""


def command(interpreter, _is_bare):
    """Return the command by which the *interpreter* tells its hello, without gems."""
    return [interpreter, "--disable=gems", "-e", _PROGRAM]


def environment(variables):
    """Return what of the *variables* acts on TLS."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def modules(host, interpreter):
    """Return the libraries that bring OpenSSL to Ruby: PREFIX/lib[/ARCH]/ruby/VERSION[/ARCH]/openssl.so."""
    prefix = interpreter.rpartition("/")[0].rpartition("/")[0]
    parents = [prefix + "/lib64/ruby", prefix + "/lib/ruby"]
    parents += [prefix + "/lib/" + name + "/ruby" for name in host.names(prefix + "/lib") if "-linux-" in name]
    releases = [parent + "/" + name for parent in parents for name in host.names(parent) if _VERSION.match(name)]
    below = [release + "/" + name for release in releases for name in host.names(release) if "linux" in name]
    return [path + _EXTENSION for path in releases + below if host.is_file(path + _EXTENSION)]


def version(_host, _interpreter):
    """Return None: no file of it tells its version in a word."""
    return
