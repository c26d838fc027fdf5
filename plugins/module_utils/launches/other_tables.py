# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that have commands started, each in a language of its own: of these, a line's mail client is taken, and the words behind it.

incrontab(5), fcrontab(5), logrotate.conf(5), init(5) of Upstart, monit(1), interfaces(5), udev(7), the manuals of window managers,
tmux(1) and screen(1): all have a command stand on one line, as a shell or execve(2) would take it.
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import mentions
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import OWN_VARIABLES, TLS_VARIABLES, Context

SOURCE = "table"
_AFFECTS = "accounts"
_FILES = ("/etc/logrotate.conf", "/etc/monitrc", "/etc/monit/monitrc", "/etc/network/interfaces")
_DIRECTORIES = (
    "/etc/acpi/events",
    "/etc/dinit.d",
    "/etc/incron.d",
    "/etc/init",
    "/etc/logrotate.d",
    "/etc/monit.d",
    "/etc/monit/conf.d",
    "/etc/monit/conf-enabled",
    "/etc/network/interfaces.d",
    "/etc/udev/rules.d",
    "/var/spool/fcron",
    "/var/spool/incron",
)
_OWN = (
    "/.config/awesome/rc.lua",
    "/.config/bspwm/bspwmrc",
    "/.config/herbstluftwm/autostart",
    "/.config/hypr/hyprland.conf",
    "/.config/i3/config",
    "/.config/openbox/autostart",
    "/.config/sway/config",
    "/.config/tmux/tmux.conf",
    "/.fluxbox/startup",
    "/.i3/config",
    "/.screenrc",
    "/.tmux.conf",
)


def texts(host):
    """Yield (text, Context) of each such file of *host*."""
    common = [*_FILES, *(directory + "/" + name for directory in _DIRECTORIES for name in host.names(directory, _AFFECTS))]
    own = [(user.home + name, user.name, user.home) for user in host.users for name in _OWN]
    for path, user, home in [*((path, None, None) for path in common), *own]:
        text = host.text(path, _AFFECTS) if host.is_file(path) else None
        if text:
            yield text, Context(SOURCE, path, 1, user, dict(_variables(text), **({"HOME": home} if home else {})), home)


def _variables(text):
    """Of what the language does to a command's environment, only that it names a variable is known."""
    return {name: None for name in TLS_VARIABLES + OWN_VARIABLES if name in text}


def commands(text, context):
    """Yield (text for the shell, Context) of each command of a *text* that `texts` yielded, from the client's name on."""
    is_changed = any(name in context.environment for name in TLS_VARIABLES + OWN_VARIABLES)
    for number, line in enumerate(text.splitlines(), 1):
        command = mentions.command(line, is_changed)
        if command is not None:
            yield command, context.but(line=number)
