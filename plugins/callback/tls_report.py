# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records a run: each host as it finishes, the whole report at the end. Hooks note and hand on; the work is in plugin_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tls_report
type: aggregate
short_description: Write and print the report of an audit
version_added: 0.1.0
author:
  - mailtls.fleet contributors (@mailtls)
description:
  - Records the result of M(mailtls.fleet.tls_audit) for each host as soon as it is there, in a run folder, writes C(results.json)
    at the end and prints the report below the recap.
  - Every host of a play that audits is in the report exactly once, also one that was unreachable, failed, or was never audited
    because the play ended before. Of a host that is audited twice in a run, the last result counts.
  - Playbooks that audit nothing are left alone, so it can stay enabled for all of them.
  - When the report can't be written, the run ends with an error even where every play succeeded.
requirements:
  - To be enabled, with C(callbacks_enabled = mailtls.fleet.tls_report) in the section C([defaults]) of C(ansible.cfg).
options:
  reports:
    description:
      - Directory that gets a folder for each run, and a link C(latest) to the newest one.
      - Change it to collect reports in one place, or where the current directory can't be written to.
      - Relative to C(ansible.cfg) where it is set there, else to the current directory.
    type: path
    default: ./reports
    env:
      - name: MAILTLS_REPORTS
    ini:
      - section: callback_tls_report
        key: reports
  formats:
    description:
      - What the report is rendered in at the end, beside C(results.json), which is always written.
      - Leave out those that nobody reads. O(mailtls.fleet.tls_run#module:formats) goes before this.
      - V(html) is C(report.html), V(csv) C(hosts.csv), V(markdown) C(summary.md), V(junit) C(junit.xml) and V(prometheus)
        C(metrics.prom). An empty list leaves C(results.json) alone.
    type: list
    elements: str
    default: [html, csv, markdown, junit, prometheus]
    env:
      - name: MAILTLS_FORMATS
    ini:
      - section: callback_tls_report
        key: formats
  store:
    description:
      - The database that the run goes into when it ends, from which reports tell what changed and how it went over time.
      - C(postgresql://USER:PASSWORD@HOST/DATABASE), or C(sqlite:///FILE). V(none) for no store. The password is never printed.
      - Without it, C(history.sqlite) beside the run folders where Python has sqlalchemy, else none.
      - The variable C(mailtls_store) goes before this, of the play or given with C(-e), not of a host.
      - A database that is away costs nothing of the report; C(playbooks/report.yml) puts the run in later.
    type: str
    env:
      - name: MAILTLS_STORE
    ini:
      - section: callback_tls_report
        key: store
  progress:
    description:
      - After how many seconds a line tells how many hosts are finished, how many of these fail, and about how long the rest takes;
        then the same again, and the longer the run, the more seldom. V(0) switches it off.
      - Told on a terminal only.
    type: int
    default: 30
    env:
      - name: MAILTLS_PROGRESS
    ini:
      - section: callback_tls_report
        key: progress
  detail:
    description:
      - Whether the report on the terminal names hosts, with reason and fix.
      - Switch it off where only coverage and counts should stand in a log that many can read.
    type: bool
    default: true
    env:
      - name: MAILTLS_DETAIL
    ini:
      - section: callback_tls_report
        key: detail
notes:
  - Colour follows Ansible's own settings (C(nocolor), C(force_color), E(NO_COLOR)) and is left out where the output is no terminal.
seealso:
  - module: mailtls.fleet.tls_audit
  - module: mailtls.fleet.tls_run
"""

import atexit
import datetime
import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.template import Templar
from ansible.utils import color

from ansible_collections.mailtls.fleet.plugins.plugin_utils import ansible_objects, closing, hand_on, remedy, run, saved_run, task_result
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import formats
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.progress import Progress
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

AUDIT = "mailtls.fleet.tls_audit"
RUN = "mailtls.fleet.tls_run"
STORE = "mailtls_store"
REMEDY = "mailtls.fleet.tls_remedy"
_MIN_WIDTH = 80
_MAX_WIDTH = 100


def _guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """Note what goes wrong in a hook. Ansible would warn and end green; a noted problem fails the run's last task, or the run."""

    @functools.wraps(hook)
    def guarded(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        try:
            hook(self, *args, **kwargs)
        except Exception as error:  # pylint: disable=broad-except
            self._trouble(error)

    return guarded


class CallbackModule(CallbackBase):
    """The recorder of a run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "mailtls.fleet.tls_report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._play: Any = None
        self._expecting = False
        self._progress = Progress(0)
        # Phases of a run whose task has begun and not ended.
        self._asked: set[str] = set()

    @_guarded
    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note the play; where it holds an audit, its hosts are owed an answer from now on, whatever happens before their turn."""
        self._play, self._expecting = play, False
        actions = {ansible_objects.action(task) for task in ansible_objects.tasks(play.compile())}
        if actions & {AUDIT, RUN}:
            self._begin()
        if AUDIT in actions:
            self._expect()

    @_guarded
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Catch what was included while the play ran, and so could not be seen at its start."""
        if ansible_objects.action(task) in (AUDIT, RUN):
            self._begin()
        if ansible_objects.action(task) == RUN:
            self._asked.add(str(task.args.get("phase")))
            self._stop_feed(str(task.args.get("phase")))
        if ansible_objects.action(task) == AUDIT:
            self._expect()

    @_guarded
    def v2_runner_on_ok(self, result: Any) -> None:
        """Record a finished host; take over the policy from the task that opens the run."""
        if ansible_objects.action(ansible_objects.part(result, "task")) == RUN:
            self._opened(ansible_objects.part(result, "result"))
        if ansible_objects.action(ansible_objects.part(result, "task")) == REMEDY:
            self._remedied(result)
        self._answered(result)
        self._finished(result)

    @_guarded
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Record a host whose audit failed, also where the play ignores that."""
        self._answered(result)
        self._finished(result)

    @_guarded
    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note that a task was skipped on purpose."""
        self._answered(result)

    @_guarded
    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Record a host that was lost in its audit, or in a task before it."""
        self._answered(result)
        current, host = run.current(), ansible_objects.part(result, "host").get_name()
        if current is None:
            return
        lost_before = host in current.expected and host not in current.verdicts
        if lost_before or ansible_objects.action(ansible_objects.part(result, "task")) == AUDIT:
            current.record(task_result.to_unreachable(host, ansible_objects.part(result, "result")))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Complete and write the report. Only leaving Ansible ends the run red here: it would turn an exception into a warning."""
        # Ansible that can't start another process leaves a task out, without a word.
        for phase in sorted(self._asked) if run.current() else ():
            run.problem(f"the task of mailtls.fleet.tls_run with phase: {phase} was never run")
        self._report(run.now())
        problems = run.problems()
        run.end()
        if problems:
            self._display.error(f"The report of this run is missing or incomplete: {'; '.join(problems)}", wrap_text=False)
            raise SystemExit(1)

    def _begin(self) -> None:
        if run.current() is None and not run.problems():
            formats.check(self._formats())
            store = saved_run.store_url(self.get_option("reports"), self._asked_store())
            run.begin(RunFolder.create(self.get_option("reports"))).store = store
            atexit.register(self._cut_short, os.getpid())
            self._progress = Progress(self.get_option("progress"))

    def _asked_store(self) -> str | None:
        """Return the store that the play's variables or our option name. No task hands it on: its result would show a password."""
        variables = self._play.get_variable_manager().get_vars(play=self._play, include_hostvars=False)
        templar = Templar(loader=self._play.get_loader(), variables=variables)
        given = templar.template(variables[STORE]) if STORE in variables else None
        return str(given or self.get_option("store") or "") or None

    def _formats(self) -> list[str]:
        return [name for name in self.get_option("formats") if name]

    def _expect(self) -> None:
        current = run.current()
        if current is not None and not self._expecting:
            variables = self._play.get_variable_manager().get_vars(play=self._play, include_hostvars=False)
            current.expected.update(str(host) for host in variables["ansible_play_hosts_all"])
            current.plan()
            self._expecting = True

    def _opened(self, result: dict[str, Any]) -> None:
        current = run.current()
        if current is not None and "policy" in result:
            current.judged_by(result["policy"], "the run")
            run.warm(result["policy_files"], result["waiver_files"])
            current.waivers = result["waivers"]
            current.formats = result["formats"]
            current.keep = result["keep"]
            current.slice = result["slice"]
            current.hand_on = result["hand_on"] and run.HandOn(**result["hand_on"])
            current.plan()
            current.feed = hand_on.feed(current)

    @staticmethod
    def _stop_feed(phase: str) -> None:
        current = run.current()
        if current is not None and phase == hand_on.PHASE:
            current.stop_feed()  # the task hands the whole on

    def _finished(self, result: Any) -> None:
        current = run.current()
        if current is None or ansible_objects.action(ansible_objects.part(result, "task")) != AUDIT:
            return
        host, returned = ansible_objects.part(result, "host").get_name(), ansible_objects.part(result, "result")
        current.record(task_result.to_record(host, returned))
        if "policy" in returned:
            current.judged_by(returned["policy"], host)
        self._tell_progress(current)

    def _tell_progress(self, current: run.Run) -> None:
        if not sys.stdout.isatty():
            return
        line = self._progress.line(len(current.verdicts), len(current.expected), current.failing)
        if line:
            self._display.display(line)

    def _remedied(self, result: Any) -> None:
        current, host = run.current(), ansible_objects.part(result, "host").get_name()
        line = remedy.audit_trail(host, ansible_objects.part(result, "result"), run.now())
        if current is not None and line is not None:
            current.folder.append_remedy(line)

    def _cut_short(self, process: int) -> None:
        """Write the report of a run that Ansible gave up: for Ctrl-C, say, it calls no hook."""
        if os.getpid() == process and run.current() is not None:
            # Who presses Ctrl-C twice still gets it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._report(None)
            run.end()

    def _answered(self, result: Any) -> None:
        if ansible_objects.action(ansible_objects.part(result, "task")) == RUN:
            self._asked.discard(str(ansible_objects.part(result, "task").args.get("phase")))

    @_guarded
    def _report(self, finished: datetime.datetime | None) -> None:
        current = run.current()
        if current is None:
            return
        width = min(max(self._display.columns, _MIN_WIDTH), _MAX_WIDTH)
        look = closing.Look(self._formats(), self.get_option("detail"), color.ANSIBLE_COLOR, width)
        # Line by line: AWX keeps each as an event, and cuts an event off after a kilobyte.
        for line in closing.close(current, finished, look):
            self._display.display(line)

    def _trouble(self, error: Exception) -> None:
        run.problem(str(error) or error.__class__.__name__)
        self._display.vvv(f"mailtls.fleet.tls_report: {error!r}")
