# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The system's settings of its TLS libraries: which files count, and what they say about protocols and cipher suites."""

import stat

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import (
    crypto_policies,
    environment,
    gnutls_config,
    nss_policy,
    openssl_cnf,
    openssl_ssl_conf,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.openssl_cnf_lines import ConfigError
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import registry as runtimes

# The path that the GnuTLS manual (chapter 8) has, for copies that do not tell theirs.
_GNUTLS_FILE = "/etc/gnutls/config"


def read(host):
    """Return the settings of *host* as the evidence has them: {stack, config, file, line, section, key, value}."""
    variables = {name: item for name, item in environment.variables(host).items() if item.value is not None}
    found = [_setting("environment", None, item.file, item.line, None, item.name, item.value) for item in _shown(variables)]
    for path, config in _openssl_files(host, variables):
        found.extend(_openssl(host, path, config, variables.get("OPENSSL_CONF_INCLUDE")))
    for path, config in _gnutls_files(host, variables):
        found.extend(_gnutls(host, path, config))
    for path in _nss_files(host, variables):
        found.extend(_nss(host, path))
    for path in host.stacks.configs("java"):
        found.extend(_java(host, path))
    return found + _crypto_policies(host) + host.stacks.settings


def _shown(variables):
    """The variables with what of their values acts on TLS: options of a runtime may hold passwords."""
    for item in variables.values():
        runtime = next((runtime for runtime in runtimes.ALL if item.name in runtime.VARIABLES), None)
        value = runtime.environment({item.name: item.value}).get(item.name) if runtime else item.value
        if value is not None:
            yield item._replace(value=value)


def _of_programs(host, variable):
    """The files that single programs are started with, by that environment variable."""
    return [(path, path) for path in host.stacks.environments(variable)]


def _openssl_files(host, variables):
    """The openssl.cnf of each copy of OpenSSL; OPENSSL_CONF stands in for them all, and an empty one for none (config(5ssl))."""
    if "OPENSSL_CONF" in variables:
        everyones = [(variables["OPENSSL_CONF"].value, None)] if variables["OPENSSL_CONF"].value else []
        return everyones + _of_programs(host, "OPENSSL_CONF")
    return [(path, path) for path in host.stacks.configs("openssl")]


def _gnutls_files(host, variables):
    if "GNUTLS_SYSTEM_PRIORITY_FILE" in variables:
        everyones = [(variables["GNUTLS_SYSTEM_PRIORITY_FILE"].value, None)]
        return everyones + _of_programs(host, "GNUTLS_SYSTEM_PRIORITY_FILE")
    return [(path, path) for path in host.stacks.configs("gnutls")] or [(_GNUTLS_FILE, None)]


def _nss_files(host, variables):
    """The policy file that copies of NSS were built with, unless the variable holds exactly "1" (lib/nss/nssinit.c)."""
    ignored = variables.get("NSS_IGNORE_SYSTEM_POLICY")
    return [] if ignored and ignored.value == "1" else host.stacks.configs("nss")


def _openssl(host, path, config, include_directory):
    text = host.text(path, "stack:openssl")
    if text is None:
        return []
    try:
        document = openssl_cnf.parse(text, path, _include(host), include_directory.value if include_directory else None)
    except ConfigError as error:
        host.gap(path, f"OpenSSL can't read it, and goes on without it: {error}", "stack:openssl")
        return []
    for file, line, why in openssl_ssl_conf.doubts(document):
        host.gap(f"{file}, line {line}", why, "stack:openssl")
    commands = openssl_ssl_conf.commands(document)
    return [_setting("openssl", config, command.file, command.line, command.section, command.key, command.value) for command in commands]


def _gnutls(host, path, config):
    text = host.text(path, "stack:gnutls")
    if text is None:
        return []
    try:
        settings = gnutls_config.effective(gnutls_config.parse(text))
    except GrammarError as error:
        host.gap(path, f"GnuTLS can't read it, and goes on without it: {error}", "stack:gnutls")
        return []
    return [_setting("gnutls", config, path, item.line, item.section, item.key, item.value) for item in settings]


def _nss(host, path):
    text = host.text(path, "stack:nss")
    if text is None:
        return []
    try:
        settings = nss_policy.parse(text)
    except GrammarError as error:
        host.gap(path, f"NSS can't read it: {error}", "stack:nss")
        return []
    return [_setting("nss", path, path, item.line, None, item.key, item.value) for item in settings]


def _java(host, path):
    # Few hosts have one.
    from ansible_collections.mailtls.fleet.plugins.module_utils import java_settings

    return [_setting("java", path, file, line, None, key, value) for file, line, key, value in java_settings.read(host, path)]


def _crypto_policies(host):
    found = []
    for key, path in crypto_policies.FILES.items():
        policy = crypto_policies.parse(host.text(path) or "", key)
        if policy is not None:
            found.append(_setting("crypto-policies", None, path, policy.line, None, policy.key, policy.value))
    return found


def _include(host):
    """What openssl_cnf.parse asks for: the text of a file, the names in a directory, or None."""

    def include(path):
        status = host.status(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            return host.names(path, "stack:openssl")
        try:
            return host.read(path).decode("utf-8", "replace")
        except Absent:
            return None
        except Unreadable as error:
            host.gap(path, str(error), "stack:openssl")
            return None

    return include


def _setting(stack, config, file, line, section, key, value):
    """*config*: the file by which a copy of the library comes to this setting; None: whatever file it was built with."""
    return {"stack": stack, "config": config, "file": file, "line": line, "section": section, "key": key, "value": value}
