# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Windows host is asked: once for the machine, once for the users' hives, once for what the answers lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query

BOTH = ("64", "32")
_SCHANNEL, _WINHTTP, _DOTNET, _CLIENTS, _OUTLOOK = "stack:schannel", "stack:winhttp", "stack:dotnet", "clients", "client:outlook"


def machine() -> list[Query]:
    """Return what is asked of every host."""
    return [
        # What stands above the keys that matter: it tells which of them are absent.
        *(
            Query(key, "64")
            for key in (places.CONTROL, places.PROVIDERS, places.LSA, places.PRODUCT, places.ALL_SOFTWARE, places.ALL_POLICIES)
        ),
        *(Query(key, view) for key in (places.SOFTWARE, places.CURRENT) for view in BOTH),
        Query(places.SCHANNEL, "64", deep=True, affects=_SCHANNEL),
        Query(places.CONTROL + r"\Cryptography", "64", deep=True, affects=_SCHANNEL),
        Query(places.POLICIES, "64"),
        Query(places.INTERNET_POLICY, "64"),
        Query(places.POLICIES + r"\Cryptography", "64", deep=True, affects=_SCHANNEL),
        Query(places.FIPS, "64", affects=_SCHANNEL),
        *(Query(places.WINHTTP.rpartition("\\")[0], view, affects=_WINHTTP) for view in BOTH),
        *(Query(places.WINHTTP, view, affects=_WINHTTP) for view in BOTH),
        *(Query(f"{places.DOTNET}{below}", view, affects=_DOTNET) for below in ("", *_versions()) for view in BOTH),
        *(Query(places.UNINSTALL, view, affects=_CLIENTS) for view in BOTH),
        *_named(places.UNINSTALL, places.UNINSTALL_VALUES, BOTH, deep=True, affects=_CLIENTS),
        *(
            Query(key, "64")
            for key in (places.UPDATE_REBOOT, places.SERVICING, places.WINDOWS.rpartition("\\")[0], places.THUNDERBIRD_POLICY)
        ),
        *(Query(key, "64", affects=_OUTLOOK) for key in (places.OUTLOOK_PROGRAM.rpartition("\\")[0], places.OUTLOOK_PROGRAM)),
        Query(places.STORE_PROGRAMS, "64"),
        *_named(places.WINDOWS, places.WINDOWS_VALUES, ("64",)),
        *_named(places.CODE_PAGES, ("OEMCP",), ("64",)),
        *_named(places.CLICK_TO_RUN, places.CLICK_TO_RUN_VALUES, ("64",)),
        *_named(places.OFFICE, ("Bitness",), BOTH, deep=True),
        *_named(places.JAVA, ("JavaHome",), BOTH, deep=True),
        *_named(places.DOTNET_RELEASE, ("Release",), ("64",)),
        *_named(places.PROFILES, ("ProfileImagePath",), ("64",), deep=True, affects="accounts"),
        Query(places.USERS, affects="accounts"),
        Query(places.ADMINISTRATORS_ONLY),
    ]


def _versions() -> Iterator[str]:
    return (f"\\{version}" for version in places.DOTNET_VERSIONS)


def _named(key: str, names: Sequence[str], views: Sequence[str], deep: bool = False, affects: str | None = None) -> list[Query]:
    return [Query(key, view, name, deep, affects) for name in names for view in views]


def user(hive: str) -> list[Query]:
    """Return what is asked of one user's *hive*, the key below which it is loaded."""
    values = [
        Query(rf"{hive}\{profiles}", name=name, deep=True, affects=_OUTLOOK)
        for profiles in places.OUTLOOK_PROFILES
        for name in places.ACCOUNT_VALUES
    ]
    return [*_listings(hive), *values]


def _listings(hive: str) -> list[Query]:
    keys = [Query(rf"{hive}\{key}") for key in places.OUTLOOK_ABOVE]
    keys += [Query(rf"{hive}\{key}", affects=_OUTLOOK) for key in places.OUTLOOK_PROFILES]
    programs = [Query(rf"{hive}\{places.USER_UNINSTALL}", name=name, deep=True) for name in places.UNINSTALL_VALUES]
    return [*keys, *programs, Query(rf"{hive}\{places.USER_INTERNET}", name="SecureProtocols")]


def parts_of_machine(queries: Sequence[Query]) -> list[str]:
    """Return the parts of a command line that asks these."""
    return [*commands.loops(queries), "echo @N env&echo %PROCESSOR_ARCHITECTURE%&echo %PROCESSOR_ARCHITEW6432%&echo %SystemRoot%&echo @N+"]


def parts_of_users(hives: Sequence[str], homes: Sequence[str], offline: Mapping[str, str]) -> list[str]:
    """Return the parts of a command line that asks the hives of users, and finds their files.

    Args:
        hives: the keys below which they are loaded, those of *offline* among them.
        homes: the users' directories.
        offline: hives to load, and to unload again whatever happens between: the key, and the file of each.
    """
    parts = [f'reg load "{hive}" "{file}">nul' for hive, file in offline.items()]
    if homes:
        files = [commands.show(rf"%~H\{place}\profiles.ini") for place in places.MOZILLA.values()]
        files += [commands.find(rf"%~H\{place}", "*.oeaccount") for place in places.ACCOUNT_FILES.values()]
        parts.append(commands.loop("H", homes, files))
    if hives:
        parts.append(commands.loop("S", hives, [commands.ask(query) for query in _listings("%~S")]))
        value = commands.ask(Query(r"%~S\%~R", name="%~V", deep=True))
        of_root = commands.loop("R", places.OUTLOOK_PROFILES, [commands.loop("V", places.ACCOUNT_VALUES, [value])])
        parts.append(commands.loop("S", hives, [of_root]))
    return parts + [f'reg unload "{hive}">nul' for hive in offline]


def parts_of_files(profiles: Sequence[str], programs: Sequence[str], loaded: Sequence[str]) -> list[str]:
    """Return the parts of a command line that reads what the first answers led to.

    Args:
        profiles: directories of Mozilla profiles.
        programs: directories of Mozilla programs.
        loaded: keys of hives that the audit loaded, which have to be gone.
    """
    parts = [f'reg unload "{hive}">nul' for hive in loaded] + ([commands.ask(Query(places.USERS))] if loaded else [])
    if profiles:
        file = commands.show(r"%~P\%~W", places.PREFERENCES)
        parts.append(commands.loop("P", profiles, [commands.loop("W", ("prefs.js", "user.js"), [file])]))
    if programs:
        overlays = [r"distribution\policies.json", "*.cfg", r"defaults\pref\*.js"]
        parts.append(commands.loop("D", programs, [commands.names("%~D", overlays)]))
    return parts
