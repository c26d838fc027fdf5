#!/usr/bin/python
# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of this name, which does the work on the controller."""

DOCUMENTATION = r"""
module: tls_run
short_description: Open and close the run that an audit is part of
version_added: 0.1.0
author:
  - mailtls.fleet contributors (@mailtls)
description:
  - Frames the audit of a fleet, so that a run that could not work, or did not, never ends as a success.
  - With O(phase=open), fails when the run would leave no report (the callback P(mailtls.fleet.tls_report#callback) is not loaded or
    can't write), when the inventory has no host, and when the policy or a waiver is not valid.
  - With O(phase=close), fails when the report is incomplete, when no host at all could be audited, when a host has a verdict
    that O(fail_on) does not let pass, and when the coverage is below O(min_coverage). The report is written and printed all the same.
  - Runs on the controller and connects to no host. Run it once, with C(run_once).
options:
  phase:
    description:
      - Which end of the run this is. Open it before the first host is audited, and close it after the last one.
      - V(hand_on), between them, gives the run to the job that merges, where O(hand_on) was not V(none) when it was opened.
    type: str
    choices: [open, hand_on, close]
    required: true
  policy:
    description:
      - YAML files on the controller that add to or override the policy that ships with the collection; the same as O(policy) of
        M(mailtls.fleet.tls_audit).
      - Used with O(phase=open), which reads them once, before any host is connected to.
    type: list
    elements: path
    default: []
  waivers:
    description:
      - YAML files on the controller with what may fail for a while; the same as O(waivers) of M(mailtls.fleet.tls_audit).
      - Used with O(phase=open), which reads them once, and notes them for the report.
    type: list
    elements: path
    default: []
  formats:
    description:
      - What the report is rendered in, beside C(results.json), which is always written.
      - Used with O(phase=open). Without it, the callback's own option counts, which is all of them.
    type: list
    elements: str
    choices: [html, csv, markdown, junit, prometheus]
  probe:
    description:
      - The same as O(probe) of M(mailtls.fleet.tls_audit). Used with O(phase=open), which only checks it.
    type: list
    elements: str
    default: []
  probe_jitter:
    description:
      - The same as O(probe_jitter) of M(mailtls.fleet.tls_audit). Used with O(phase=open), which only checks it.
    type: int
    default: 30
  probe_hosts:
    description:
      - The same as O(probe_hosts) of M(mailtls.fleet.tls_audit). Used with O(phase=open), which only checks it.
    type: int
    default: 20
  min_coverage:
    description:
      - Per cent of the hosts of which the answer has to be known (PASS, FAIL, AT_RISK or WAIVED), for O(phase=close) not to fail.
      - V(0) asks for none.
    type: float
    default: 0
  fail_on:
    description:
      - From which verdict on O(phase=close) fails. Each choice includes the ones before it.
      - V(none) fails for no verdict; the report tells.
      - V(fail) fails when a host is FAIL.
      - V(at_risk) fails when a host is AT_RISK, too.
      - V(unknown) fails when of a host the answer is not known, too, that is, at UNKNOWN, ERROR and UNREACHABLE.
    type: str
    choices: [none, fail, at_risk, unknown]
    default: none
  slice:
    description:
      - The part of a divided run that this is, as V(2/5) or by any name. Without it, the run is a whole.
      - Used with O(phase=open).
    type: str
    default: ""
  hand_on:
    description:
      - How the run gets to the job that merges. Used with O(phase=open), which fails at once where that can't work.
      - V(artifact) sets the variable C(mailtls_fleet_ARTIFACT) for the next job, as M(ansible.builtin.set_stats) does.
      - V(store) puts the hosts into the store, each as it finishes, and the artifact only says so. A job that is killed leaves what was
        finished.
      - V(auto) is V(store) where the store is a PostgreSQL, else V(artifact). V(none) hands nothing on.
      - A run that is handed on is no run of the store by itself.
    type: str
    choices: [none, auto, artifact, store]
    default: none
  artifact:
    description:
      - What names the slice and its artifact. Up to 64 letters, digits and C(_). Used with O(phase=open).
    type: str
    default: ""
  artifact_limit:
    description:
      - How many bytes the artifact may have. Where the records do not fit, they are handed on in short. No host is left out.
      - Used with O(phase=open) to fail at once where the hosts are too many, and with O(phase=hand_on).
    type: int
    default: 600000
  artifact_hosts:
    description:
      - How many hosts all O(slices) together may have to go by artifacts, which the job that merges gets all at once.
      - Used with O(phase=open).
    type: int
    default: 20000
  slices:
    description:
      - How many slices of about this size there are. Used with O(phase=open).
    type: int
    default: 1
  workflow:
    description:
      - What names the divided run that this is a slice of, by which the job that merges finds it in the store. Used with O(phase=open).
    type: str
    default: ""
  keep_runs:
    description:
      - How many runs the store keeps once this one is in it, the latest of them. V(0) keeps any number.
      - Used with O(phase=open), which fails where there is no store. A run that is handed on removes none; the job that merges may.
    type: int
    default: 0
  keep_days:
    description:
      - For how many days the store keeps a run. V(0) keeps them for ever. Used with O(phase=open), as O(keep_runs) is.
    type: int
    default: 0
  remove_folders:
    description:
      - Whether the folder of a run goes with it, evidence and all. Used with O(phase=open).
    type: bool
    default: false
attributes:
  check_mode:
    description: Changes nothing on any host, so it does the same in check mode.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
seealso:
  - module: mailtls.fleet.tls_audit
  - plugin: mailtls.fleet.tls_report
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Audit the hosts of a group, and fail when one of them has a client that stops working
  hosts: office
  gather_facts: false
  tasks:
    - name: Open the run
      mailtls.fleet.tls_run:
        phase: open
      run_once: true
      delegate_to: localhost

    - name: Audit this host
      mailtls.fleet.tls_audit:
      ignore_unreachable: true

    - name: Close the run
      mailtls.fleet.tls_run:
        phase: close
        fail_on: fail
        min_coverage: 95
      run_once: true
      delegate_to: localhost
"""

RETURN = r"""
run:
  description: The name of the run, and of its folder.
  returned: success
  type: str
  sample: 20261124T040500Z-1f3a
policy:
  description: What hosts will be judged by.
  returned: when O(phase=open)
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
policy_files:
  description: The files that add to or override the policy.
  returned: when O(phase=open)
  type: list
  elements: str
waivers:
  description: The waivers that hold or held, each with the file and line it stands in.
  returned: when O(phase=open)
  type: list
  elements: dict
waiver_files:
  description: The files that they stand in.
  returned: when O(phase=open)
  type: list
  elements: str
formats:
  description: What the report is rendered in; null for what the callback says.
  returned: when O(phase=open)
  type: list
  elements: str
keep:
  description: How long older runs are kept.
  returned: when O(phase=open)
  type: dict
  contains:
    keep_runs:
      description: How many runs the store keeps; 0 for any number.
      type: int
    keep_days:
      description: For how many days it keeps them; 0 for ever.
      type: int
    remove_folders:
      description: Whether their folders go with them.
      type: bool
slice:
  description: The part of a divided run that this is; null for a whole run.
  returned: when O(phase=open)
  type: str
hand_on:
  description: How the run gets to the job that merges; null where it is no part of another.
  returned: when O(phase=open)
  type: dict
  contains:
    way:
      description: V(artifact) or V(store).
      type: str
    name:
      description: What names the slice.
      type: str
    workflow:
      description: What names the divided run.
      type: str
ansible_stats:
  description: The artifact, in the form in which Ansible collects it for the end of the job.
  returned: when O(phase=hand_on) and the run is handed on
  type: dict
verdicts:
  description: How many hosts have each verdict.
  returned: when O(phase=close)
  type: dict
  sample:
    FAIL: 2
    PASS: 38
"""
