# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""imapsync: the two servers of each command line. It is a script in Perl and reads no configuration (its --help)."""

import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, interpreters, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Launch, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import services

NAME = "imapsync"

_VERSION = rb"imapsync,v (\d+\.\d+)"
# Of these, --office1 and --office2 stand for a server as well.
_OFFICE = "outlook.office365.com"
_SIDES = ("1", "2")
# All options of 2.x with an argument, and then those without, which may stand behind "no" or "no-".
_OF_A_SIDE = (
    "host port sslargs user password passfile authuser authmech domain subfolder prefix sep oauthdirect oauthaccesstoken"
    " oauthrefreshcmd search timeout split reconnectretry"
)
_OTHERS = (
    "ssl1_ssl_version ssl2_ssl_version debugssl f1f2 f1f2h folder folderrec include exclude folderfirst folderlast regextrans2"
    " regexmess skipmess pipemess regexflag search minsize maxsize minage maxage useheader skipheader timeout tmpdir pidfile logfile"
    " logdir errorsmax buffersize maxbytespersecond maxmessagespersecond maxbytesafter maxsleep maxlinelength exitwhenover"
    " emailreportfrom var extra simulong delete2foldersonly delete2foldersbutnot appendlimit truncmess sigexit sigreconnect sigignore"
    " fetch_hash_set debugsleep testsunit"
)
_SWITCHES_OF_A_SIDE = (
    "ssl tls dry compress gmail office exchange domino delete expunge uidexpunge emailreport debugimap authmd5 fastio uid proxyauth"
    " keepalive abletosearch"
)
_SWITCHES = (
    "abort abortbyfile dry justbanner justlogin justconnect addheader automap justautomap testslive testslive2 testslive6"
    " releasecheck justfolders justfoldersizes expunge delete2duplicates delete1emptyfolders delete2folders tail exitonload"
    " syncduplicates skipcrossduplicates debugcrossduplicates log loglogfile debug debuglist debugcontent debugflags debugimap"
    " debugmemory debugfolders debugenv debugsig debuglabels inet4 ipv4 inet6 ipv6 authmd5 trylogin sanitize exclude fixslash2"
    " fixinboxinbox mixfolders skipemptyfolders regexmess pipemesscheck disarmreadreceipts regexflag filterflags filterbuggyflags"
    " flagscase syncflagsaftercopy resyncflags synclabels resynclabels syncinternaldates idatefromheader syncacls foldersizes"
    " foldersizesatend subscribed subscribe subscribeall subscribe_all wholeheaderifneeded messageidnodomain skipsize"
    " allowsizemismatch sslcheck tests testsdebug pidfilelocking modulesversion usecache cacheaftercopy debugcache useuid"
    " checkselectable checkfoldersexist checkmessageexists expungeaftereach abletosearch showpasswords fixcolonbug create_folder_old"
    " errorsdump id f1f2 justfolderlists checknoabletosearch dockercontext memorystress version help"
)
_WITHOUT = [name + side for name in _SWITCHES_OF_A_SIDE.split() for side in _SIDES] + _SWITCHES.split()
_LONG = {no + name: "" for no in ("no", "no-", "") for name in _WITHOUT}
_LONG.update(dict.fromkeys([name + side for name in _OF_A_SIDE.split() for side in _SIDES] + _OTHERS.split(), REQUIRED))
_KEPT = {name + side: name + side for name in ("host", "port", "sslargs", "ssl", "tls", "office") for side in _SIDES}
_KEPT.update({no + name + side: "no" + name + side for no in ("no", "no-") for name in ("ssl", "tls") for side in _SIDES})
_KEPT.update({"ssl1_ssl_version": "version1", "ssl2_ssl_version": "version2", "version": "ends", "help": "ends"})
_TABLE = Table("", _LONG, _KEPT)
# Getopt::Long takes one dash or two, and names in any case.
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w-]*)")
_PINS = {"ssl_version": "SSL_version", "ssl_cipher_list": "SSL_cipher_list"}
_DEFAULT_SINCE = (2,)


def read(host):
    """Return the evidence of imapsync on *host*, or None when nothing of it is there."""
    launches = [launch for launch in host.launches.of(NAME) if launch.program]
    named = [host.realpath(path) for launch in launches for path in [launch.path(launch.program)] if path and host.is_file(path)]
    installs = [_install(host, path) for path in dict.fromkeys(host.programs(NAME) + named)]
    accounts = launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, base.release(installs)), {})
    return base.evidence(NAME, installs, accounts)


def _install(host, path):
    script = interpreters.script(host, path)
    return dict(base.install(host, path, (NAME,), _VERSION), stacks=host.stacks.of_interpreter(script.interpreter) if script else [])


def _of_launch(release, launch):
    """Return no files, and the accounts of both sides of a command."""
    words = [_in_one_way(word) for word in launch.argv]
    options = launched.Options(Launch(words, launch.context, launch.interpreter), _TABLE)
    if "ends" in options:
        return None
    return (), [_account(launch, options, side, release) for side in _SIDES if "host" + side in options or "office" + side in options]


def _in_one_way(word):
    match = _OPTION.match(word.text)
    return Word("--" + match.group("name").lower() + word.text[match.end() :], word.is_decided, word.may_be_many) if match else word


def _account(launch, options, side, release):
    undecided = options.undecided(
        {"host" + side: "server", "port" + side: "port", "version" + side: "SSL_version", "sslargs" + side: "SSL"}
    )
    server = options.text("host" + side) if "host" + side in options else _OFFICE
    port = services.port(options.text("port" + side) or "")
    security = _security(options, side, port, release)
    if security is None:
        undecided.append(options.note("security", "releases before 2 begin TLS only where they are told to"))
    pins = [("SSL_version", options.text("version" + side))]
    for text in options.texts("sslargs" + side):
        key, _equals, value = (text or "").partition("=")
        pins.append((_PINS.get(key.lower()), value))
    words = [
        (key, word) for key, value in pins if key and value for word in (value.split(":") if key == "SSL_version" else [value]) if word
    ]
    return base.account(
        launch.user or "",
        launch.file,
        launch.line,
        name="host" + side,
        server=server,
        port=port or (None if "port" + side in options else endpoints.default_port("imap", security)),
        protocol="imap",
        security=security,
        settings=([options.setting("host" + side, server)] if server else []) + [options.setting(key, word) for key, word in words],
        undecided=undecided,
    )


def _security(options, side, port, release):
    """--help: implicit TLS, else STARTTLS, are on by default if the server has them."""
    if "ssl" + side in options or "office" + side in options:
        return "implicit"
    if "tls" + side in options:
        return "starttls"
    if "nossl" + side in options and "notls" + side in options:
        return "none"
    if release is None or release < _DEFAULT_SINCE:
        return None
    return "starttls" if "nossl" + side in options or port == 143 else "implicit"
