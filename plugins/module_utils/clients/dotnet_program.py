# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs for .NET and Mono that cron, systemd and the like start, with MailKit or another library for mail beside them."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import compiled_programs

NAME = ".NET program"

_RUNNERS = ("dotnet", "mono", "mono-sgen")
_LIBRARIES = ("MailKit.dll", "S22.Imap.dll", "AE.Net.Mail.dll", "OpenPop.dll", "Mail.dll", "MimeKit.dll", "ImapX.dll", "EAGetMail.dll")


def read(host):
    """Return the evidence of such programs on *host*, or None when there is none."""

    def library_of(launch):
        path = _program(host, launch)
        directory = path.rpartition("/")[0] if path else ""
        library = next((directory + "/" + name for name in _LIBRARIES if directory and host.is_file(directory + "/" + name)), None)
        return (path, library) if library else None

    def stacks_of(launch):
        return (host.programs(*_RUNNERS) or [None])[0], []

    return compiled_programs.read(host, NAME, host.launches.all(), library_of, stacks_of)


def _program(host, launch):
    """The path of the assembly that a command runs: by a runner, or as a program with the assembly beside it."""
    name = (launch.program or "").rpartition("/")[2]
    if name in _RUNNERS:
        named = [word.text for word in launch.argv[1:] if word.is_decided and word.text.lower().endswith((".dll", ".exe"))]
        return launch.path(named[0]) if named else None
    path = launch.path(launch.program) if launch.program and "/" in launch.program else None
    return path if path and (path.endswith((".exe", ".dll")) or host.is_file(path + ".dll")) else None
