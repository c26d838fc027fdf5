# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the audit's own readers make of a host's configuration, and whether an edit changed that one thing and nothing else."""

import copy

from ansible_collections.mailtls.fleet.plugins.module_utils import system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry

ALL = frozenset(reader.NAME for reader in registry.READERS)


def read(host, clients):
    """Return what the readers of *clients* (names) and of the system's settings find on *host*."""
    accounts = []
    for reader in registry.READERS:
        found = reader.read(host) if reader.NAME in clients else None
        accounts.extend(dict(account, client=reader.NAME) for account in (found or {}).get("accounts", []))
    return {"accounts": accounts, "settings": system_settings.read(host), "gaps": list(host.gaps)}


def clients_with(reading, change):
    """Return the names of the clients that the setting which *change* names acts on."""
    return {reading["accounts"][index]["client"] for index in touched_accounts(reading, change)}


def accounts_with(reading, change):
    """Return {client, config, user} of the accounts that the setting which *change* names acts on by itself."""
    touched = [reading["accounts"][index] for index in touched_accounts(reading, change)]
    return [{key: account[key] for key in ("client", "config", "user")} for account in touched]


def users_of_server(reading, change):
    """Return the names of the users whose accounts have the setting that *change* names for their server."""
    touched = [reading["accounts"][index] for index in touched_accounts(reading, change)]
    return {account["user"] for account in touched if account["server"] == change["from"]}


def has(reading, change):
    """Tell whether the setting that *change* (file, line, key, from) names is in a *reading*."""
    return bool(touched_accounts(reading, change) or touched_settings(reading, change))


def changed_only(before, after, changes):
    """Tell whether *after* is *before* with these *changes*, of which no account has two, and with nothing else.

    Lines may have moved. Accounts that a setting acts on may differ in it, and in the server where it names that.
    """
    if len(before["accounts"]) != len(after["accounts"]) or len(before["gaps"]) < len(after["gaps"]):
        return False
    touched = {index: change for change in changes for index in touched_accounts(before, change)}
    for index, (old, new) in enumerate(zip(before["accounts"], after["accounts"])):
        if index in touched:
            if not _is_changed(old, new, touched[index]):
                return False
        elif _unplaced(old) != _unplaced(new):
            return False
    return _settings_changed_only(before, after, changes)


def touched_accounts(reading, change):
    """Return the numbers of the accounts of a *reading* that the setting which *change* names acts on."""
    return [index for index, account in enumerate(reading["accounts"]) if any(_names(setting, change) for setting in account["settings"])]


def touched_settings(reading, change):
    """Return the numbers of the system's settings in a *reading* that *change* names."""
    return [index for index, setting in enumerate(reading["settings"]) if _names(setting, change)]


def _names(setting, change):
    return all(setting[key] == change[key] for key in ("file", "line", "key")) and setting["value"] == change["from"]


def _is_changed(old, new, change):
    """Whether the account *new* is *old* with the change: the setting has its new value, and all else is as it was."""
    values, left = _values(new, change), _values(old, change)
    for setting in old["settings"]:
        if _names(setting, change):
            left.remove(setting["value"])
    if change["to"] is not None and change["to"] not in values:
        return False
    if values.count(change["from"]) > (left.count(change["from"]) if change["to"] is not None else 0):
        return False
    old, new = _unplaced(old), _unplaced(new)
    for account in (old, new):
        account["settings"] = [setting for setting in account["settings"] if setting["key"] != change["key"]]
        if account["server"] in (change["from"], change["to"]):
            account["server"] = None
        if account["name"] in (change["from"], change["to"]):
            account["name"] = None
    return old == new


def _values(account, change):
    return [setting["value"] for setting in account["settings"] if setting["key"] == change["key"] and setting["file"] == change["file"]]


def _settings_changed_only(before, after, changes):
    touched = {index: change for change in changes for index in touched_settings(before, change)}
    kept = [_unplaced_setting(item) for index, item in enumerate(before["settings"]) if index not in touched]
    left = [_unplaced_setting(item) for item in after["settings"]]
    for setting in kept:
        if setting not in left:
            return False
        left.remove(setting)
    # What is left is what the changes brought: each setting with its new value, once for each time that it was read.
    brought = [(change["key"], change["to"]) for change in touched.values() if change["to"] is not None]
    return sorted(((item["key"], item["value"]) for item in left), key=repr) == sorted(brought, key=repr)


def _unplaced(account):
    plain = copy.deepcopy(account)
    plain.pop("line")
    for item in plain["settings"] + plain["undecided"]:
        item.pop("line")
    return plain


def _unplaced_setting(setting):
    return {key: value for key, value in setting.items() if key != "line"}
