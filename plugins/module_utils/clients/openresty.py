# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenResty, a distribution of nginx (openresty.org: "Installation", and "RPM Packages" on where these have what).

Its release is nginx's and one number more.
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import nginx

NAME = "openresty"

_PRODUCT = nginx.Product(
    NAME,
    (NAME,),
    ("/usr/local/openresty/nginx/sbin/nginx",),
    (NAME,),
    ("/usr/local/openresty/nginx/conf/nginx.conf", "/etc/openresty/nginx.conf"),
    "conf/nginx.conf",
    rb"(?:nginx|openresty)/(\d+\.\d+\.\d+)",
)


def read(host):
    """Return the evidence of OpenResty on *host*, or None when it relays nothing."""
    return nginx.read_product(host, _PRODUCT)
