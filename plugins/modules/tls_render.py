#!/usr/bin/python
# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of this name, which does the work on the controller."""

DOCUMENTATION = r"""
module: tls_render
short_description: Make a report of saved runs
version_added: 0.1.0
author:
  - mailtls.fleet contributors (@mailtls)
description:
  - Renders a saved run again, merges several into one, compares two, and assesses saved evidence under another policy or as of
    another day. Puts the run into the store, where it may be missing because the database was away.
  - A run that was killed is rendered as incomplete, and the hosts that it lost are named.
  - One run as it is is rendered into its own folder. Runs that are merged or assessed anew get a new folder, and no other changes.
  - Runs on the controller and connects to no host.
options:
  reports:
    description:
      - Directory with the run folders.
    type: path
    default: ./reports
  runs:
    description:
      - What to report. The id of a run, V(latest), or the path of a run folder. Several are merged.
      - Of a host in several, the run that finished last counts, which the report says.
    type: list
    elements: str
    default: []
  artifacts:
    description:
      - Whether the variables C(mailtls_fleet_*), what M(mailtls.fleet.tls_run) handed on from other jobs, are merged, too, and the slices
        in the store that they lead to.
      - A store that can't be used is told in the report and by RV(gate) then, where there is a report without it.
      - One that is empty or damaged is named in the report, and its hosts are ERROR where O(expected) has them.
    type: bool
    default: false
  slices:
    description:
      - How many slices there were. Where fewer left something, the report says so. V(0) where that is not known.
    type: int
    default: 0
  workflow:
    description:
      - With O(artifacts), a divided run whose slices in the store are merged, too, whether an artifact leads there or not.
    type: str
    default: ""
  expected:
    description:
      - Hosts that the report has to name. One that is in no run is ERROR there, because its run or slice left nothing of it.
      - Give V({{ groups.all }}) with the inventory of the runs to find what slices lost.
    type: list
    elements: str
    default: []
  compare:
    description:
      - The run to compare with, as in O(runs), or by the id of one whose folder is gone and that the store has.
      - Without it, the run before in the store.
    type: str
  policy:
    description:
      - YAML files that add to or override the policy that ships with the collection. The saved evidence is judged by them.
    type: list
    elements: path
    default: []
  waivers:
    description:
      - YAML files with what may fail for a while. The saved evidence is judged anew under them.
      - Waivers by group need the inventory of the run.
    type: list
    elements: path
    default: []
  today:
    description:
      - The day, as C(YYYY-MM-DD), as of which the saved evidence is judged anew. Without it, and with O(policy) or O(waivers), today.
    type: str
  formats:
    description:
      - What is rendered.
    type: list
    elements: str
    choices: [html, csv, markdown, junit, prometheus]
    default: [html, csv, markdown, junit, prometheus]
  store:
    description:
      - The store's URL, V(none), or nothing for C(history.sqlite) in O(reports), as the callback has it.
    type: str
  detail:
    description:
      - Whether hosts are named on the terminal.
    type: bool
    default: true
  keep_runs:
    description:
      - How many runs the store keeps, the latest of them. V(0) keeps any number.
    type: int
    default: 0
  keep_days:
    description:
      - For how many days the store keeps a run. The latest stays whatever its age. V(0) keeps them for ever.
    type: int
    default: 0
  remove_folders:
    description:
      - Whether the folder of a run goes with it.
    type: bool
    default: false
  fail_on:
    description:
      - From which verdict on RV(gate) says why this should fail, as in M(mailtls.fleet.tls_run).
    type: str
    choices: [none, fail, at_risk, unknown]
    default: none
  min_coverage:
    description:
      - Per cent of the hosts of which the answer has to be known, or RV(gate) says so.
    type: float
    default: 0
attributes:
  check_mode:
    description: Is skipped in check mode.
    support: none
  diff_mode:
    description: There is never a difference to show.
    support: none
seealso:
  - plugin: mailtls.fleet.tls_report
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Render the last run again, as a page
  mailtls.fleet.tls_render:
    runs: [latest]
    formats: [html]

- name: Merge the slices of a job, and find the hosts that none of them has
  mailtls.fleet.tls_render:
    runs: [20261124T040500Z-1f3a, 20261124T040502Z-77aa]
    expected: "{{ groups.all }}"

- name: See what the saved evidence comes to on the day after the deadline
  mailtls.fleet.tls_render:
    runs: [latest]
    today: "2027-01-01"
"""

RETURN = r"""
run:
  description: The id of the run that was rendered.
  returned: success
  type: str
  sample: 20261124T040500Z-1f3a
folder:
  description: Where the renderings are.
  returned: success
  type: str
  sample: /srv/audit/reports/20261124T040500Z-1f3a
summary:
  description: Number of hosts, of each verdict, and the coverage.
  returned: success
  type: dict
  sample: {"hosts": 2, "fail": 1, "pass": 1, "coverage": 1.0}
notes:
  description: What has to be known of a document that was merged or assessed anew.
  returned: success
  type: list
  elements: dict
changes:
  description: What moved since the run O(compare), finding by finding. Null without it.
  returned: success
  type: dict
  contains:
    since:
      description: The run that it was compared with.
      type: str
    findings:
      description: Lists of host and finding, for newly_failing, fixed, still_failing, appeared and disappeared.
      type: dict
removed:
  description: Ids of the runs that were removed from the store.
  returned: success
  type: list
  elements: str
files:
  description: Names of the files in RV(folder) that make up the report.
  returned: success
  type: list
  elements: str
  sample: [results.json, report.html]
markdown:
  description: The report in short, at most 4000 characters, for a chat or a mail.
  returned: success
  type: str
gate:
  description: Why this should not end as a success, by the store, O(fail_on) and O(min_coverage); null where it may.
  returned: success
  type: str
"""
