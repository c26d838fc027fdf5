#!/usr/bin/python
# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: tls_audit
short_description: Find the mail clients of a host that stop working when old TLS goes
version_added: 0.1.0
author:
  - mailtls.fleet contributors (@mailtls)
description:
  - Collects, reading only, the TLS libraries of a host, the ClientHello that they really write, the system's TLS settings,
    and the mail accounts of every user with the settings that act on them.
  - The matching action plugin then judges this evidence on the controller against the policy, and returns one verdict for the host
    with a finding for each mail account.
  - No password, token or mail content is read into the evidence.
options:
  policy:
    description:
      - YAML files on the controller that add to or override the policy that ships with the collection.
      - Use it to correct a fact, to add an endpoint of your own, or to judge for another deadline.
    type: list
    elements: path
    default: []
  waivers:
    description:
      - YAML files on the controller with what may fail for a while, by host, group, check or finding, each with reason, owner and end.
      - A finding under one has the verdict V(WAIVED); once that is over it fails again, and says so. C(docs/report.md) has the form.
    type: list
    elements: path
    default: []
  restarts:
    description:
      - What M(mailtls.fleet.tls_remedy) returned as C(restarts), for the audit after it.
      - Findings that pass only once something of it is restarted are V(AT_RISK), with what that is.
    type: list
    elements: dict
    default: []
  timeout:
    description:
      - Seconds that the questions to all TLS libraries of the host may take together.
      - Raise it on hosts that are slow or busy.
    type: int
    default: 10
  host_timeout:
    description:
      - Seconds that the whole audit of the host may take, and O(watch) and the time of O(probe) on top of it; one that is not through by
        then is an ERROR. V(0) sets no end.
      - A C(timeout) of the task's own takes its place.
      - Raise it for hosts behind very slow connections, so that one that never answers does not hold up all others for ever.
    type: int
    default: 300
  reach:
    description:
      - How the host's evidence is obtained.
      - V(auto) takes V(windows) where the connection or the shell type of the host is one of Windows, else V(python) where the host has
        Python 3.6 or later, else V(shell).
      - V(python) runs this module on the host. V(shell) needs nothing there but C(sh). V(windows) needs nothing but what Windows has.
      - Force one to leave out the look for a Python, or to see what another one sees.
    type: str
    choices: [auto, python, shell, windows]
    default: auto
  root:
    description:
      - Directory on the host that stands for C(/), to audit a mounted tree (golden image, chroot, container root, backup).
      - Nothing of that tree is run, so its TLS libraries are judged by their versions.
    type: str
    default: /
  watch:
    description:
      - How long to look, again and again, for programs that are connected to a mail server, such as V(10m); V(0) looks once.
      - Seconds, or a number with V(s), V(m) or V(h). It takes at most a twentieth of one processor's time.
      - Give it to find fetchers that run for a moment only, and that nothing on the disk tells of. The task then takes that long.
      - Only by O(reach=python), and only where a running system is audited.
    type: str
    default: "0"
  bundled:
    description:
      - Whether copies of TLS libraries, and Javas, are searched for that programs bring along and no mail client is known to use,
        in C(/opt), C(/usr/local), C(/srv), snaps, flatpaks, AppImages, roots of containers and what users have installed.
      - An old one makes the host V(AT_RISK) at most. The search takes at most five seconds, at the lowest priority.
      - Switch it off where that is too much to read, or where nobody would act on the answer.
      - Only by O(reach=python).
    type: bool
    default: true
  probe:
    description:
      - Servers, each as C(host:port), with which the host's own TLS libraries really shake hands, under the host's own settings.
      - By the port, 993 and 995 is TLS from the start, 143 and 110 STARTTLS. An IPv6 address stands in brackets.
      - No certificate is verified, nobody signs in, and nothing is sent after the handshake.
      - Give it to see what the network and the service say to a sample of hosts. It mends no verdict, and makes none worse than AT_RISK.
      - OpenSSL and GnuTLS, by O(reach=python), and only where a running system is audited.
    type: list
    elements: str
    default: []
  probe_jitter:
    description:
      - Up to how many seconds, chosen at random on each host, pass before the first handshake of O(probe).
      - Raise it, so that many hosts don't knock at once; V(0) waits for nothing.
    type: int
    default: 30
  probe_hosts:
    description:
      - How many hosts of the play at most shake hands with the servers of O(probe). A hash of their names chooses them, so that they are
        the same in every run.
      - Raise it for a larger sample. In a divided run it counts for each slice.
    type: int
    default: 20
  windows_load_hives:
    description:
      - Whether, on Windows, the registry of users who are not signed in is loaded, and unloaded again by the same command.
      - Without it, what these users have in Outlook is not seen, and the report says so.
    type: bool
    default: false
  evidence:
    description:
      - Whether the result carries the evidence itself.
      - In a run that is being recorded the evidence is saved in the run folder anyway.
    type: bool
    default: false
  cache_facts:
    description:
      - Whether what the host came to is kept as its fact C(mailtls), and so in Ansible's fact cache where there is one. No other fact is.
      - Switch it on to have other playbooks, or an inventory, choose hosts by it; the cache then holds a word about every host's weakness.
    type: bool
    default: false
attributes:
  check_mode:
    description: The audit only reads, so it does the same in check mode.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
notes:
  - The module itself needs Python 3.6 or later on the host; where that is not there a POSIX shell is enough.
  - On Windows it needs neither that nor PowerShell's modules, only C(reg.exe) and C(cmd).
seealso:
  - module: mailtls.fleet.tls_run
"""

EXAMPLES = r"""
- name: Audit this host
  mailtls.fleet.tls_audit:
  register: audit

- name: Audit with a policy of our own, and keep the evidence
  mailtls.fleet.tls_audit:
    policy:
      - policy/our-endpoints.yml
    evidence: true

- name: Audit, and let some hosts shake hands with the service
  mailtls.fleet.tls_audit:
    probe:
      - outlook.office365.com:993
      - outlook.office365.com:995
    probe_hosts: 10

- name: Audit a golden image that is mounted on this host
  mailtls.fleet.tls_audit:
    root: /mnt/golden
"""

RETURN = r"""
mailtls:
  description: The host's record, as it stands in hosts.jsonl and results.json.
  returned: always
  type: dict
  contains:
    host:
      description: The host's name in the inventory.
      type: str
    verdict:
      description: PASS, FAIL, AT_RISK, UNKNOWN or ERROR.
      type: str
    why:
      description: The reason, one sentence.
      type: str
    reach:
      description: How the evidence was obtained.
      type: str
    platform:
      description: Operating system, release and architecture.
      type: dict
    findings:
      description: One finding for each mail account, each system library, and each other thing that was judged.
      type: list
      elements: dict
    clients:
      description: The mail clients that were found.
      type: list
      elements: dict
    stacks:
      description: The TLS libraries that were found, and what they offer.
      type: list
      elements: dict
    gaps:
      description: What could not be read, and why.
      type: list
      elements: dict
policy:
  description: What the host was judged by.
  returned: always
  type: dict
  contains:
    name:
      description: Name of the policy.
      type: str
    requirement:
      description: The lowest protocol that the service will accept.
      type: str
    deadline:
      description: The day from which it does.
      type: str
evidence:
  description: What was collected.
  returned: when O(evidence=true)
  type: dict
ansible_facts:
  description: What is kept as a fact.
  returned: when O(cache_facts=true)
  type: dict
  contains:
    mailtls:
      description: What the host came to, in short.
      type: dict
      sample:
        audited: "2026-11-24T04:05:00Z"
        causes: [pinned]
        collection: 0.1.0
        deadline: "2026-12-31"
        policy: shipped
        verdict: FAIL
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailtls.fleet.plugins.module_utils import audit


def main():
    """Collect the evidence of this host; the action plugin judges it."""
    module = AnsibleModule(argument_spec=audit.ARGUMENT_SPEC, supports_check_mode=True)
    answer = audit.answer({name: module.params[name] for name in audit.ARGUMENTS})
    if "evidence" not in answer:
        module.fail_json(**answer)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
