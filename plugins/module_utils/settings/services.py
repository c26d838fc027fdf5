# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""/etc/services, the names of ports (services(5))."""


def tcp_ports(text):
    """Return {name: TCP port} of all names in the services file *text*, official and alias; of a name's lines the first counts."""
    ports = {}
    for line in text.splitlines():
        fields = line.split("#", 1)[0].split()
        port = _tcp_port(fields[1]) if len(fields) >= 2 else None
        if port is not None:
            for name in fields[:1] + fields[2:]:
                ports.setdefault(name, port)
    return ports


def _tcp_port(field):
    number, _slash, protocol = field.partition("/")
    return port(number) if protocol == "tcp" else None


def port(number):
    """Return the text *number* as a port, or None when it is none."""
    return int(number) if number.isdecimal() and len(number) <= len("65535") and 0 < int(number) <= 65535 else None
