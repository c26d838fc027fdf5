#!/usr/bin/python
# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: tls_remedy
short_description: Mend the settings that keep mail clients from TLS 1.2, and take that back
version_added: 0.1.0
author:
  - mailtls.fleet contributors (@mailtls)
description:
  - Makes the changes that the findings of an audit name, and only those, in the files of a host. Each edit is confirmed by the code
    that read the file for the audit, the setting that changes and nothing else; what can't be confirmed is refused, with the reason.
  - Before the first change a backup set of all the files is made on the host, which only its owner can read. With it every change can
    be taken back to the byte, also after a run that was killed.
  - With O(part=packages) it upgrades packages that are too old instead, each to the version that the distribution has, by apt, dnf or yum.
  - On Windows values of the registry change in the same way, through C(reg.exe); what Group Policy sets is refused.
  - Mode, owner, extended attributes and line endings of a file stay. A symbolic link stays one, the file that it leads to is changed.
options:
  state:
    description:
      - V(applied) makes the changes of O(record), or of the saved O(plan).
      - V(verified) changes nothing. It fails where the audit O(after) the changes is not better than the one before, O(record).
      - V(rolled_back) takes back what O(run) changed. What somebody changed since stays as it is, and is named.
    type: str
    choices: [applied, verified, rolled_back]
    default: applied
  part:
    description:
      - V(settings) changes files, or values of a registry.
      - V(packages) upgrades the packages that are the cause of failing findings, where the distribution has a newer version, and nothing
        else but what that version needs. Where a package would have to be removed for it, or the newest one is too old, it is refused.
        The package lists are taken as they are. A rollback brings back the old versions as far as they can still be had.
    type: str
    choices: [settings, packages]
    default: settings
  harden:
    description:
      - Whether floors are raised to TLS 1.2, too, that somebody set lower in a file that O(record) names, as a step that is told apart.
        Without it only what fails is mended, and nothing loses an older version by it.
      - No finding fails by them. Old servers that such a program or library also speaks to are out of its reach then.
    type: bool
    default: false
  record:
    description: The host's record, as M(mailtls.fleet.tls_audit) returned it.
    type: dict
  after:
    description: The host's record after the changes, for O(state=verified).
    type: dict
  remedied:
    description: What O(state=applied) returned, of each part, for O(state=verified). Tasks that were skipped may be among them.
    type: list
    elements: dict
  plan:
    description:
      - A file C(remedies.jsonl) of an earlier run folder on the controller. Its changes are made instead of those of O(record).
      - A file that changed since that plan was made is refused.
    type: path
  changes:
    description:
      - What to change, as C(fix.changes) of findings have it, each with the client and the findings that it belongs to.
      - Taken from O(record) or O(plan), so that it need not be given.
    type: list
    elements: dict
  hashes:
    description:
      - SHA-256 by path of the files that O(changes) were planned for. A file that differs is refused.
      - Taken from O(plan), so that it need not be given.
    type: dict
  run:
    description:
      - Id of the run that a backup set is named after. Without it that of the run that is being recorded.
      - For O(state=rolled_back) the run to take back.
    type: str
  backups:
    description:
      - Directory on the host for backup sets.
      - Without it C(/var/lib/mailtls/backups) for root, C(~/.local/share/mailtls/backups) for others,
        and C(%ProgramFiles%\mailtls\backups) on Windows. Another one has to be where only administrators can make a directory.
    type: path
  restart:
    description:
      - Which services are restarted that go on with the settings that they read when they began. All of them are named in any case.
      - V(never), V(yes) for all that are named, or a list of names as they are given in RV(restarts), of units without C(.service), too.
      - Windows and its programs are never restarted.
    type: raw
    default: never
  restarts:
    description: What O(state=applied) returned as RV(restarts), for O(state=rolled_back), which restarts what did not come back then.
    type: list
    elements: dict
    default: []
  keep:
    description: How many backup sets stay on the host, the newest; 0 keeps them all.
    type: int
    default: 0
attributes:
  check_mode:
    description: Says what would change, having confirmed each edit, and writes nothing.
    support: full
  diff_mode:
    description: Shows each setting before and after. Lines of files are not shown, because passwords may stand in them.
    support: full
notes:
  - Needs Python 3.6 or later on the host, or Windows.
seealso:
  - module: mailtls.fleet.tls_audit
"""

EXAMPLES = r"""
- name: Audit this host
  mailtls.fleet.tls_audit:
  register: audit

- name: Mend what can be mended
  mailtls.fleet.tls_remedy:
    record: "{{ audit.mailtls }}"
    run: change-4711

- name: Show which packages would be upgraded
  mailtls.fleet.tls_remedy:
    part: packages
    record: "{{ audit.mailtls }}"
    run: change-4711
  check_mode: true

- name: Take it back
  mailtls.fleet.tls_remedy:
    state: rolled_back
    run: change-4711
"""

RETURN = r"""
items:
  description: The files or packages that are concerned.
  returned: for O(state=applied) and O(state=rolled_back)
  type: list
  elements: dict
  contains:
    path:
      description: The file, as the finding names it, or the word package and its name.
      type: str
    target:
      description: The same with its links resolved.
      type: str
    sha256:
      description: Hash of the file's content before the changes, or of the package's name and version.
      type: str
    sha256_after:
      description: Hash of the file's content with the changes.
      type: str
    metadata:
      description: Mode, owner, group and time of modification of a file before the changes.
      type: dict
    state:
      description: applied, restored, present (it is already so), would_change (in check mode) or refused.
      type: str
    why:
      description: The reason of a refusal.
      type: str
    changes:
      description: Settings, from which value to which, or packages, from which version to which.
      type: list
      elements: dict
found:
  description: Whether the host has a backup set of that run, as it has where the run changed something.
  returned: for O(state=rolled_back)
  type: bool
upgraded:
  description: Whether that run upgraded packages, which are taken back with O(part=packages).
  returned: for O(state=rolled_back) and O(part=settings), where the host is no Windows
  type: bool
refused:
  description: Changes that were not made, and why.
  returned: for O(state=applied) and O(state=rolled_back)
  type: list
  elements: dict
restarts:
  description: What runs on this host and goes on with what it read before the changes.
  returned: for O(state=applied) and O(state=rolled_back)
  type: list
  elements: dict
  contains:
    name:
      description: The unit or init script, or the program where no service is known to have started it.
      type: str
    manager:
      description: systemd, systemd of the user, init, or null where it has to be restarted by hand.
      type: str
    client:
      description: The mail client that it is.
      type: str
    program:
      description: Path of the program.
      type: str
    user:
      description: The user that it runs as.
      type: str
    files:
      description: The changed files that it has not read.
      type: list
      elements: str
    findings:
      description: Ids of the findings that pass only once it is restarted.
      type: list
      elements: str
    state:
      description: needed, would_restart (in check mode), restarted or failed.
      type: str
    why:
      description: Why it failed, or why nothing here can restart it.
      type: str
reboot_required:
  description: Whether Windows has to restart before all programs heed the changes. It is never restarted.
  returned: on Windows, for O(state=applied) and O(state=rolled_back)
  type: bool
run:
  description: Id of the run that the backup set is named after.
  returned: for O(state=applied) and O(state=rolled_back)
  type: str
state:
  description: What was asked for, O(state).
  returned: for O(state=applied) and O(state=rolled_back)
  type: str
by:
  description: Who ran it, as AWX says, or else the controller's user.
  returned: always
  type: str
worse:
  description: What the second audit says that is not better.
  returned: for O(state=verified)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, change, place, restarts, upgrade


def main():
    """Change this host's files, or take that back. What there is to change comes from the action plugin."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["applied", "verified", "rolled_back"], "default": "applied"},
            "part": {"type": "str", "choices": ["settings", "packages"], "default": "settings"},
            "harden": {"type": "bool", "default": False},
            "record": {"type": "dict"},
            "after": {"type": "dict"},
            "remedied": {"type": "list", "elements": "dict"},
            "plan": {"type": "path"},
            "changes": {"type": "list", "elements": "dict"},
            "hashes": {"type": "dict"},
            "run": {"type": "str"},
            "backups": {"type": "path"},
            "keep": {"type": "int", "default": 0},
            "restart": {"type": "raw", "default": restarts.NEVER},
            "restarts": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    directory = given["backups"] or place.default_directory()
    try:
        if given["part"] == "packages":
            outcome = _packages(given, directory, module.check_mode)
        elif given["state"] == "rolled_back":
            outcome = change.roll_back(directory, given["run"], module.check_mode, given["restart"], given["restarts"])
        else:
            told = (module.check_mode, given["hashes"], given["keep"], given["restart"])
            outcome = change.apply(given["changes"] or [], directory, given["run"], *told)
    except backup.BackupError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**outcome)


def _packages(given, directory, check):
    if given["state"] == "rolled_back":
        return upgrade.roll_back(directory, given["run"], check, given["restart"])
    return upgrade.apply(given["changes"] or [], directory, given["run"], check, given["keep"], given["restart"])


if __name__ == "__main__":
    main()
