# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Upgrades of packages that are too old, each to the version that the distribution has, and how they are taken back."""

import collections
import hashlib
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.base import upstream_version
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, restarts
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.change import (
    APPLIED,
    PRESENT,
    REFUSED,
    RESTORED,
    WOULD_CHANGE,
    heeding,
    summary,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers import registry
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers.base import PackageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*\Z")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:_^-]*\Z")

NO_MANAGER = "this host has none of the package managers that are asked (apt, dnf, yum): follow the written fix"
MOVED = "another version is installed now: audit again"
NONE_NEWER = "its distribution has no newer one than {}: upgrade or replace the system, or have the mailbox fetched from another host"
TOO_OLD = "its distribution has {}, and {} or later is needed: upgrade or replace the system, or have the mailbox fetched from another host"
OTHER_THAN_PLANNED = "its distribution has {} by now, not the one that was planned: make a new plan"
REMOVES = "the package manager would remove {} for it: upgrade it by hand"
STAYS = "it came with the upgrade and stays: remove it by hand where nothing needs it"
GONE = "{} can't be had any more ({}): what is installed stays"

# change: what findings ask for; before, after: versions; steps: [name, before, after] of all that changes with it.
Upgrade = collections.namedtuple("Upgrade", "change before after steps")


def apply(changes, directory, run, check=False, keep=0, restart=restarts.NEVER):
    """Upgrade the packages that *changes* name, each in a transaction of its own, behind a record of all versions.

    Args:
        changes: {client, file, line, key, from, to, findings, accounts, package: {name, at_least}}; `to` is None, or the version
            of a saved plan.
        directory, run, check, keep, restart: as of change.apply.

    Returns:
        As change.apply; an item is a package, and its changes are all packages that change with it.

    Raises:
        backup.BackupError: no record can be made, so nothing was changed.
    """
    if check:
        planned, refused = _planned(changes)
        running = restarts.find([upgrade.change for upgrade in planned])
        items = [_told(_item(upgrade), WOULD_CHANGE, None) for upgrade in planned]
        return dict(summary(items, refused), restarts=restarts.told(running, restart))
    with backup.locked(directory):
        planned, refused = _planned(changes)
        running = restarts.find([upgrade.change for upgrade in planned])
        items = [_item(upgrade) for upgrade in planned]
        if items:
            backup.note_packages(directory, run, items)
        told = [_told(item, *_upgraded(item)) for item in items]
        if keep and items:
            backup.keep(directory, keep, run)
        return _with_restarts(summary(told, refused), running, restart)


def roll_back(directory, run, check=False, restart=restarts.NEVER):
    """Bring the packages that the *run* upgraded back to their versions, where the distribution still has these.

    Returns:
        As change.roll_back. What can't be brought back is refused, each with the reason.

    Raises:
        backup.BackupError: the record is damaged, or somebody else is at work.
    """
    with backup.locked_for(directory, check):
        saved = backup.packages(directory, run)
        running = restarts.find([change for item in saved or () for change in item["changes"][:1]])
        told = [entry for item in saved or () for entry in _taken_back(item, check)]
        outcome = dict(summary(told, []), found=saved is not None)
        if check:
            return dict(outcome, restarts=restarts.told(heeding(running, outcome), restart))
        return _with_restarts(outcome, running, restart)


def _with_restarts(outcome, running, restart):
    """Packages often restart their own services: what is left is named, or restarted."""
    left = restarts.not_restarted(heeding(running, outcome))
    return dict(outcome, restarts=restarts.carry_out(left, restart))


# Planning


def _planned(changes):
    """Return (list of Upgrade, list of {change, why})."""
    manager, planned, refused = registry.of_host(), [], []
    for change in _distinct(changes):
        why = NO_MANAGER
        try:
            found = _plan_of(manager, change) if manager else why
        except PackageError as error:
            found = str(error)
        if isinstance(found, Upgrade):
            planned.append(found)
        else:
            refused.append({"change": change, "why": found})
    return planned, refused


def _distinct(changes):
    found = collections.OrderedDict()
    for change in changes:
        known = found.setdefault(change["package"]["name"], dict(change, findings=[], accounts=[]))
        known["findings"] = known["findings"] + change["findings"]
        known["accounts"] = known["accounts"] + change.get("accounts", [])
        known["package"] = _stricter(known["package"], change["package"])
    return list(found.values())


def _stricter(first, second):
    return max(first, second, key=lambda package: _numbers(package["at_least"] or "0"))


def _plan_of(manager, change):
    """Return an Upgrade, or why there is none. Raises PackageError."""
    name, before = change["package"]["name"], change["from"]
    if not _NAME.match(name) or not _VERSION.match(before):
        return "no package is called so: follow the written fix"
    if manager.installed(name) != before:
        return MOVED
    after = manager.newest(name)
    why = _not_enough(change, after)
    if why:
        return why
    steps = manager.upgrade(name, after, simulate=True)
    removed = sorted(step.name for step in steps if step.after is None)
    if removed:
        return REMOVES.format(", ".join(removed))
    if not any(step.name == name and step.after == after for step in steps):
        return NONE_NEWER.format(before)
    return Upgrade(dict(change, to=after, package=dict(change["package"], manager=manager.NAME)), before, after, steps)


def _not_enough(change, after):
    """Return why the version *after*, the newest that can be had, is none to upgrade to, or None."""
    at_least = change["package"]["at_least"]
    if after is None or after == change["from"]:
        return NONE_NEWER.format(change["from"])
    if at_least and _numbers(upstream_version(after) or "0") < _numbers(at_least):
        return TOO_OLD.format(after, at_least)
    if change["to"] not in (None, after):
        return OTHER_THAN_PLANNED.format(after)
    return None


def _numbers(version):
    """The numbers of a version, without zeros at its end: 6.4 and 6.4.0 are one."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


# Upgrading


def _item(upgrade):
    """What the record on the host keeps: the package that was asked for first, then those that change with it."""
    change = upgrade.change
    name = change["package"]["name"]
    others = [_companion(change, step) for step in upgrade.steps if step.name.partition(":")[0] != name]
    return {"name": name, "before": upgrade.before, "after": upgrade.after, "changes": [change] + others}


def _companion(change, step):
    package = {"name": step.name, "manager": change["package"]["manager"], "at_least": None, "with": change["package"]["name"]}
    return dict(change, file=f"package {step.name}", accounts=[], package=package, **{"from": step.before, "to": step.after})


def _upgraded(item):
    """Return (state, why) of the upgrade of one item. What counts is what is installed then."""
    manager, why = registry.of_host(), None
    try:
        manager.upgrade(item["name"], item["after"], simulate=False)
    except PackageError as error:
        why = str(error)
    installed = manager.installed(item["name"])
    if installed == item["after"]:
        return APPLIED, why
    return REFUSED, why or f"{installed} is installed after it"


# Taking back


def _taken_back(item, check):
    """Yield what is told of each package of an *item*: those with a version before are brought back together."""
    had = [change for change in item["changes"] if change["from"] is not None]
    manager = registry.of_host()
    if manager is None:
        yield _told(_back(item, had), REFUSED, NO_MANAGER)
        return
    versions = {change["package"]["name"]: (change["from"], change["to"]) for change in had}
    yield _told(_back(item, had), *_brought_back(manager, versions, check))
    for change in item["changes"]:
        if change["from"] is None:
            there = manager.installed(change["package"]["name"]) == change["to"]
            yield _told(_back(item, [change]), REFUSED if there else PRESENT, STAYS if there else None)


def _back(item, changes):
    back = [dict(change, **{"from": change["to"], "to": change["from"]}) for change in changes]
    return dict(item, before=item["after"], changes=back)


def _brought_back(manager, versions, check):
    """Return (state, why). *versions*: (before, after) the upgrade, by name."""
    now = {name: manager.installed(name) for name in versions}
    away = {name: before for name, (before, _after) in versions.items() if now[name] != before}
    if not away:
        return PRESENT, None
    changed = sorted(name for name in away if now[name] != versions[name][1])
    if changed:
        return REFUSED, f"somebody changed {', '.join(changed)} since: before, it was {', '.join(away[name] for name in changed)}"
    try:
        manager.downgrade(away, simulate=True)
        if not check:
            manager.downgrade(away, simulate=False)
    except PackageError as error:
        return REFUSED, GONE.format(" and ".join(f"{name} {version}" for name, version in sorted(away.items())), error)
    if check:
        return WOULD_CHANGE, None
    left = sorted(name for name, version in away.items() if manager.installed(name) != version)
    return (REFUSED, f"{', '.join(left)} did not come back") if left else (RESTORED, None)


def _told(item, state, why):
    digest = hashlib.sha256(f"{item['name']} {item['before']}".encode()).hexdigest()
    path = f"package {item['name']}"
    return {"path": path, "target": path, "sha256": digest, "state": state, "why": why, "changes": item["changes"]}
