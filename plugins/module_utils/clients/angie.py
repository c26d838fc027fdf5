# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Angie, a fork of nginx (en.angie.software: "Building Angie from Source", and "Migrating from nginx to Angie" on its packages).

Its own releases are counted otherwise; nginx's, of which it has the defaults, stands in the program as well: `angie -V` tells both.
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import nginx

NAME = "angie"

_PRODUCT = nginx.Product(
    NAME,
    (NAME,),
    ("/usr/local/angie/sbin/angie",),
    (NAME,),
    ("/etc/angie/angie.conf", "/usr/local/etc/angie/angie.conf", "/usr/local/angie/conf/angie.conf"),
    "conf/angie.conf",
    rb"nginx/(\d+\.\d+\.\d+)",
)


def read(host):
    """Return the evidence of Angie on *host*, or None when it relays nothing."""
    return nginx.read_product(host, _PRODUCT)
