# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What inetd and xinetd start for who connects, and init by its table."""

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import inetd_conf

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_INETD = "/etc/inetd.conf"
_XINETD = "/etc/xinetd.conf"
_XINETD_DIRECTORY = "/etc/xinetd.d"
_INITTAB = "/etc/inittab"


def commands(host):
    """Yield (words, Context) of each service."""
    for service in inetd_conf.parse(host.text(_INETD, _AFFECTS) or ""):
        yield _of_service(service, _INETD)
    # xinetd takes no name with a dot, and none that ends in a tilde (xinetd.conf(5), includedir).
    names = [name for name in host.names(_XINETD_DIRECTORY, _AFFECTS) if "." not in name and not name.endswith("~")]
    for path in [_XINETD] + [_XINETD_DIRECTORY + "/" + name for name in names]:
        for service in inetd_conf.parse_xinetd(host.text(path, _AFFECTS) or ""):
            yield _of_service(service, path)


def texts(host):
    """Yield (text for the shell, Context) of each process of init's table."""
    for process in inetd_conf.parse_inittab(host.text(_INITTAB, _AFFECTS) or ""):
        yield process.command, Context("init", _INITTAB, process.line, "root", {}, "/")


def _of_service(service, path):
    return [Word(word) for word in service.words], Context("inetd", path, service.line, service.user, service.environment, "/")
