# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Perl: what IO::Socket::SSL offers, on which Net::IMAP::Simple, Mail::IMAPClient, Net::POP3 and the like rest."""

import re

KIND = "perl"
NAMES = re.compile(r"c?perl(?P<version>5\.\d+\.\d+)?$")
# Without an answer, only the libssl below tells what it offers.
STANDS_ALONE = False
VARIABLES = ("OPENSSL_CONF", "OPENSSL_CONF_INCLUDE")
BARE = {"OPENSSL_CONF": ""}

_DIRECTORIES = ("/usr/lib64/perl5", "/usr/lib/perl5", "/usr/local/lib64/perl5", "/usr/local/lib/perl5")
_MODULE = "/auto/Net/SSLeay/SSLeay.so"
# start_SSL would wait for the answer, so the handshake is begun on its own (IO::Socket::SSL, "SSL_startHandshake").
_PROGRAM = r"""
use strict; use IO::Socket; use IO::Socket::SSL;
print "version ", sprintf("%vd", $^V), "\n";
my ($near, $far) = IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
my %set = (SSL_verify_mode => 0, SSL_hostname => "outlook.office365.com", SSL_startHandshake => 0);
IO::Socket::SSL->start_SSL($near, %set) or die "error $SSL_ERROR";
$_->blocking(0) for $near, $far;
$near->connect_SSL;
my $error = $SSL_ERROR;
sysread($far, my $hello, 65536);
print defined $hello && $hello =~ /^\x16/ ? "hello " . unpack("H*", $hello) : "error $error", "\n";
"""


def command(interpreter, _is_bare):
    """Return the command by which the *interpreter* tells its hello; -f leaves out the site's own start (perlrun(1))."""
    return [interpreter, "-f", "-e", _PROGRAM]


def environment(variables):
    """Return what of the *variables* acts on TLS."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def modules(host, _interpreter):
    """Return the libraries that bring OpenSSL to Perl."""
    parents = _DIRECTORIES + tuple("/usr/lib/" + name + "/perl5" for name in host.names("/usr/lib") if "-linux-" in name)
    places = [parent + "/" + name for parent in parents for name in ["vendor_perl", *host.names(parent)]]
    return [path + _MODULE for path in dict.fromkeys(list(parents) + places) if host.is_file(path + _MODULE)]


def version(_host, interpreter):
    """Return the version that the *interpreter*'s name tells, or None."""
    return NAMES.match(interpreter.rpartition("/")[2]).group("version")
