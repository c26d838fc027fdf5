# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making the planned changes on this host, and taking them back."""

import collections
import os
import stat

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, files, plan, restarts, trust, written_anew

# What files.replace takes of an os.stat_result.
_Metadata = collections.namedtuple("_Metadata", "st_mode st_uid st_gid")
_CHANGE_KEYS = ("client", "file", "line", "key", "from", "to", "findings", "accounts", "harden")

APPLIED, PRESENT, REFUSED, RESTORED, WOULD_CHANGE = "applied", "present", "refused", "restored", "would_change"
_CHANGES = (APPLIED, RESTORED, WOULD_CHANGE)


def apply(changes, directory, run, check=False, hashes=None, keep=0, restart=restarts.NEVER):
    """Make *changes* (see plan.make) on this host, each file in one step, behind a backup set of all of them.

    Args:
        changes: what findings ask for.
        directory: the backups directory.
        run: id of the run, which names the backup set.
        check: only say what would change.
        hashes: SHA-256 by path of the files that a saved plan was made from; one that differs now is refused.
        keep: how many backup sets stay; 0 for all.
        restart: restarts.NEVER, restarts.ALL, or a list of names of services.

    Returns:
        {changed, items: [{path, target, sha256, state, why, changes}], refused: [{change, why}],
        restarts: [{name, manager, client, program, user, files, findings, state, why}]}.

    Raises:
        backup.BackupError: no backup can be made, so nothing was changed.
    """
    if check:
        planned, refused = _checked_plan(changes, hashes)
        running = restarts.find([change for file_plan in planned for change in file_plan.changes])
        return dict(_made(planned, refused, {}), restarts=restarts.told(running, restart))
    with backup.locked(directory):
        _clear(directory)
        planned, refused = _checked_plan(changes, hashes)
        running = restarts.find([change for file_plan in planned for change in file_plan.changes])
        made = make(planned, directory, run, running) if planned else {}
        if keep and planned:
            backup.keep(directory, keep, run)
        outcome = _made(planned, refused, made)
        return dict(outcome, restarts=restarts.carry_out(heeding(running, outcome), restart))


def roll_back(directory, run, check=False, restart=restarts.NEVER, failed=()):
    """Take back what the *run* changed on this host; what somebody changed since stays as it is, and is named.

    Args:
        directory, run, check, restart: as of `apply`.
        failed: the `restarts` of the run, of which those that failed are tried again.

    Returns:
        As `apply`, and `found`: whether there is a backup set of that run, as there is where it changed something, and
        `upgraded`: whether it upgraded packages, which upgrade.roll_back takes back.

    Raises:
        backup.BackupError: the set is damaged, or somebody else is at work.
    """
    with backup.locked_for(directory, check):
        saved = backup.load(directory, run)
        changes = [change for item in saved or () for change in item.changes]
        running = restarts.find(changes)
        items = [(item, _restore(directory, run, item, check)) for item in saved or ()]
        told = [_item_told(item, state, why, _reversed(item.changes)) for item, (state, why) in items]
        upgraded = backup.packages(directory, run) is not None
        outcome = dict(summary(told, []), found=saved is not None or upgraded, upgraded=upgraded)
        running = heeding(running + restarts.failed_before(failed, changes), outcome)
        said = restarts.told(running, restart) if check else restarts.carry_out(running, restart)
        return dict(outcome, restarts=said)


def heeding(running, outcome):
    """Return of what runs, *running* from restarts.find, that which has to do with something that did change in the *outcome*."""
    changed = {change["file"] for item in outcome["items"] if item["state"] in _CHANGES for change in item["changes"]}
    return [item for item in running if not changed.isdisjoint(change["file"] for change in item.changes)]


def _checked_plan(changes, hashes):
    """Return (list of FilePlan, list of Refusal). A finding that can't be mended as a whole is not half mended."""
    refused = []
    while True:
        planned, more = _plan_once(changes, hashes)
        refused += more
        hopeless = {finding for refusal in refused for finding in refusal.change["findings"]}
        left = [change for change in changes if not hopeless.issuperset(change["findings"])]
        if len(left) == len(changes):
            return planned, refused
        changes = left


def _plan_once(changes, hashes):
    planned, refused = plan.make(changes)
    good = []
    for file_plan in planned:
        why = _forbids(file_plan, hashes)
        if why:
            refused.extend(plan.Refusal(change, why) for change in file_plan.changes)
        else:
            good.append(file_plan)
    return good, refused


def _forbids(file_plan, hashes):
    """Return why this file is not to be touched, or None."""
    if hashes is not None and hashes.get(file_plan.path) != files.digest(file_plan.before):
        return "it changed since the plan was made: audit again"
    host = Host("/")
    why = written_anew.by_a_package(host, file_plan.target) or written_anew.by_a_program(file_plan.path, file_plan.changes)
    if why:
        return why
    return trust.forbids(host, file_plan)


def make(planned, directory, run, running=()):
    """Back up and replace the files of *planned*, a list of plan.FilePlan, under the lock; return (Item, state, why) by target.

    *running*: from restarts.find, what has read them as they are now.

    Raises:
        backup.BackupError: no backup can be made, so nothing was changed.
    """
    items = [_item(number, file_plan, run) for number, file_plan in enumerate(planned)]
    backup.create(directory, run, items, [file_plan.before for file_plan in planned], [restarts.noted(item) for item in running])
    made = {}
    for item, file_plan in zip(items, planned):
        try:
            made[item.target] = (item,) + _swap(item, item.before, file_plan.after, None)
        except files.FileError as error:
            made[item.target] = (item, REFUSED, str(error))
    return made


def _clear(directory):
    """Remove the half-written files of runs that were killed."""
    for run in backup.names(directory):
        for item in backup.load(directory, run) or ():
            try:
                with files.directory_of(item.target) as (parent, _name):
                    files.remove(parent, item.temporary)
            except files.FileError:
                continue


def _item(number, file_plan, run):
    try:
        status = files.status_of(file_plan.target)
    except files.FileError:
        # It has gone or moved in the meantime, which _swap tells.
        status = os.stat_result([0] * 10)
    return backup.Item(
        path=file_plan.path,
        target=file_plan.target,
        before=files.digest(file_plan.before),
        after=files.digest(file_plan.after),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        atime_ns=status.st_atime_ns,
        mtime_ns=status.st_mtime_ns,
        temporary=f".mailtls-{run}-{number}",
        content=f"{number:04}",
        changes=[_told(change) for change in file_plan.changes],
    )


def _swap(item, expected, new, times):
    """Put *new* in the place of the file whose hash is *expected*; another content, owner or mode is somebody's, and stays.

    What the backup set notes of the file is what a rollback makes of it, so it has to be of this very file.
    """
    with files.directory_of(item.target) as (directory, name):
        seen = files.look(directory, name)
        mode, uid, gid = stat.S_IMODE(seen.status.st_mode), seen.status.st_uid, seen.status.st_gid
        if files.digest(seen.content) != expected or (mode, uid, gid) != (item.mode, item.uid, item.gid) or seen.status.st_nlink > 1:
            return REFUSED, "somebody changed it in the meantime"
        files.replace(directory, name, item.temporary, seen._replace(content=new), times)
    return APPLIED, None


def _restore(directory, run, item, check):
    """Return (state, why) of taking one item back."""
    try:
        with files.directory_of(item.target) as (parent, name):
            seen = files.look(parent, name)
            if not check:
                files.remove(parent, item.temporary)
            if files.digest(seen.content) == item.before:
                return PRESENT, None
            if files.digest(seen.content) != item.after:
                return REFUSED, "somebody changed it since: what it was before stands in the backup"
            why = written_anew.by_a_program(item.path, item.changes)
            if why:
                return REFUSED, why
            if not check:
                saved = backup.content(directory, run, item)
                was = files.Seen(saved, _Metadata(item.mode, item.uid, item.gid), seen.attributes)
                files.replace(parent, name, item.temporary, was, (item.atime_ns, item.mtime_ns))
    except (files.FileError, backup.BackupError) as error:
        return REFUSED, str(error)
    return (WOULD_CHANGE if check else RESTORED), None


def _told(change):
    return {key: change[key] for key in _CHANGE_KEYS if key in change}


def _reversed(changes):
    return [dict(change, **{"from": change["to"], "to": change["from"]}) for change in changes]


def _made(planned, refused, made):
    items = []
    for file_plan in planned:
        item, state, why = made.get(file_plan.target) or (_item(0, file_plan, ""), WOULD_CHANGE, None)
        items.append(_item_told(item, state, why, item.changes))
    return summary(items, [{"change": _told(refusal.change), "why": refusal.why} for refusal in refused])


def _item_told(item, state, why, changes):
    """What the controller keeps of a file: the manifest without contents, and what became of it."""
    return {
        "path": item.path,
        "target": item.target,
        "sha256": item.before,
        "sha256_after": item.after,
        "metadata": {"mode": f"{item.mode:04o}", "uid": item.uid, "gid": item.gid, "mtime_ns": item.mtime_ns},
        "state": state,
        "why": why,
        "changes": changes,
    }


def summary(items, refused):
    """Return what is told of *items* and refusals, and whether anything changed."""
    changed = any(item["state"] in _CHANGES for item in items)
    return {"changed": changed, "items": items, "refused": refused}
