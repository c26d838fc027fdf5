"""A stand-in for AWX's API, for tests of what is set up in it: no AWX, and no job ever runs here.

It holds requests to the field descriptions that a live AWX gave (awx_fields.json), and is stricter than AWX in one thing: AWX ignores
a field that it does not know. What is not in those descriptions follows AWX's source; a comment says so.
"""

from __future__ import annotations

import json
import re
import threading
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FIELDS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "awx_fields.json").read_text())["endpoints"]
# Not among the recorded ones: it is made below a node.
FIELDS["workflow_approval_templates"] = {
    "name": {"type": "string", "required": True},
    "description": {"type": "string"},
    "timeout": {"type": "integer", "min_value": 0},
}
TOKEN = "only-of-the-stand-in"
# What a field of the type `id` points to, where its name does not say it.
POINTS_TO = {
    "default_environment": "execution_environments",
    "inventory": "inventories",
    "source_project": "projects",
    "unified_job_template": "unified_job_templates",
}
UNIFIED = {
    "project": "projects",
    "inventory_source": "inventory_sources",
    "job_template": "job_templates",
    "workflow_job_template": "workflow_job_templates",
    "workflow_approval_template": "workflow_approval_templates",
}
# Within what a name may be there only once.
UNIQUE_WITHIN = {
    "inventory_sources": "inventory",
    "schedules": "unified_job_template",
    "workflow_job_template_nodes": "workflow_job_template",
}
# AWX ignores what is sent of these; a job template has the organization of its project.
READ_ONLY = {"job_templates": ("organization",), "workflow_job_template_nodes": ("type",)}
# With what an object can be associated.
NOTIFIES = ("notification_templates_started", "notification_templates_success", "notification_templates_error")
RELATIONS = {
    "inventories": ("input_inventories", "instance_groups"),
    "job_templates": ("credentials", "instance_groups", *NOTIFIES),
    "workflow_job_template_nodes": ("always_nodes", "success_nodes", "failure_nodes"),
    "workflow_job_templates": NOTIFIES,
}
# What a node sets for its job has to be asked for by the template of that job.
PROMPTS = ("diff_mode", "inventory", "job_type", "limit", "verbosity", "forks", "job_slice_count", "timeout")
EMPTY = {"string": "", "boolean": False, "integer": 0, "choice": "", "id": None, "json": {}}
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "id": (int,),
    "json": (dict, list, str),
    "choice": (str, int),
}
QUESTIONS = {"text": str, "textarea": str, "multiplechoice": str, "multiselect": str, "integer": int, "float": float}
RRULE = r"DTSTART(?:;TZID=([^:]+):\d{8}T\d{6}|:\d{8}T\d{6}Z) RRULE:FREQ=[A-Z]+;INTERVAL=\d+(;[A-Z]+=[\w,+-]+)*"
WEBHOOK = {"url", "headers", "http_method", "disable_ssl_verification", "username", "password"}


class Refused(Exception):
    """The request is answered with this status and body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


class StandIn:
    """The objects of one AWX, by endpoint and id, and the requests that changed them."""

    def __init__(self, playbooks: Iterable[str]) -> None:
        self.objects: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in FIELDS}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Any] = {}
        self.changes: list[tuple[str, str, Any]] = []
        self._playbooks = set(playbooks)
        self._last = 0

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Return status and body of the answer. Raises Refused."""
        if method != "GET":
            self.changes.append((method, path, body))
        endpoint, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if endpoint == "project_updates":
            return 200, {"status": "successful"}
        if endpoint not in self.objects and endpoint != "unified_job_templates":
            raise Refused(404, {"detail": "Not found."})
        if not rest:
            return (200, self._listed(endpoint, query)) if method == "GET" else (201, self._create(endpoint, body))
        item = self.objects[endpoint].get(int(rest[0]))
        if item is None:
            raise Refused(404, {"detail": "Not found."})
        if len(rest) == 1:
            return 200, self._shown(endpoint, item if method == "GET" else self._update(endpoint, item, body))
        return self._below(method, endpoint, item, rest[1], body)

    def seed(self, endpoint: str, **fields: Any) -> int:
        """Make an object that is there from the beginning; return its id."""
        return self._store(endpoint, fields)["id"]

    def _everything(self) -> Iterable[dict[str, Any]]:
        return (item for items in self.objects.values() for item in items.values())

    def _listed(self, endpoint: str, query: Mapping[str, str]) -> dict[str, Any]:
        names = UNIFIED.values() if endpoint == "unified_job_templates" else (endpoint,)
        shown = [self._shown(name, item) for name in names for item in self.objects[name].values()]
        for field in query:
            if shown and not any(field in item for item in shown):
                raise Refused(400, {"detail": f"no field named {field}"})
        found = [item for item in shown if all(str(item.get(field)) == value for field, value in query.items())]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _create(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if endpoint == "unified_job_templates":
            raise Refused(405, {"detail": "Method not allowed."})
        missing = {
            name: ["This field is required."] for name, field in FIELDS[endpoint].items() if field.get("required") and name not in body
        }
        if missing:
            raise Refused(400, missing)
        self._check(endpoint, body, {})
        self._check_unique(endpoint, body)
        return self._shown(endpoint, self._store(endpoint, body))

    def _store(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._last += 1
        empty = {name: EMPTY[field["type"]] for name, field in FIELDS[endpoint].items()}
        item = {**empty, **self._writable(endpoint, body), "id": self._last}
        self.objects[endpoint][self._last] = item
        # AWX does this by itself, and takes no other source for such an inventory.
        if endpoint == "inventories" and item["kind"] == "constructed":
            name = f"Auto-created source for: {item['name']}"
            self._store("inventory_sources", {"name": name, "inventory": item["id"], "source": "constructed", "update_on_launch": True})
        return item

    def _update(self, endpoint: str, item: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        self._check(endpoint, body, item)
        item.update(self._writable(endpoint, body))
        return item

    def _writable(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name not in READ_ONLY.get(endpoint, ())}

    def _shown(self, endpoint: str, item: Mapping[str, Any]) -> dict[str, Any]:
        kind = {"inventories": "inventory"}.get(endpoint, endpoint[:-1])
        url = f"/api/v2/{endpoint}/{item['id']}/"
        related: dict[str, str] = {}
        summary: dict[str, Any] = {}
        shown = dict(item)
        if endpoint in ("job_templates", "workflow_job_templates"):
            related["survey_spec"] = f"{url}survey_spec/"
        if endpoint == "job_templates":
            shown["organization"] = self.objects["projects"].get(item["project"], {}).get("organization")
        if endpoint == "projects":
            # A project is fetched as soon as it is made.
            shown["scm_revision"] = ""
            summary["current_update"] = {"id": item["id"]}
        template = item.get("unified_job_template")
        if endpoint == "workflow_job_template_nodes" and template in self.objects["workflow_approval_templates"]:
            related["unified_job_template"] = f"/api/v2/workflow_approval_templates/{template}/"
        if isinstance(item.get("notification_configuration"), dict):
            secret = {"password": "$encrypted$"} if item["notification_configuration"].get("password") else {}
            shown["notification_configuration"] = {**item["notification_configuration"], **secret}
        return {**shown, "type": kind, "url": url, "related": related, "summary_fields": summary}

    def _below(self, method: str, endpoint: str, item: dict[str, Any], name: str, body: Any) -> tuple[int, Any]:
        if name == "survey_spec":
            if method == "GET":
                return 200, self.surveys.get((endpoint, item["id"]), {})
            _check_survey(body)
            self.surveys[endpoint, item["id"]] = body
            return 200, None
        if name == "create_approval_template":
            approval = {field: body.get(field, "") for field in ("name", "description")}
            item["unified_job_template"] = self._store("workflow_approval_templates", {**approval, "timeout": body.get("timeout", 0)})["id"]
            return 201, self._shown(
                "workflow_approval_templates", self.objects["workflow_approval_templates"][item["unified_job_template"]]
            )
        if name not in RELATIONS.get(endpoint, ()):
            raise Refused(404, {"detail": "Not found."})
        linked = self.links.setdefault((endpoint, item["id"], name), [])
        if method == "GET":
            found = {other["id"]: other for other in self._everything()}
            results = [{name: found[number][name] for name in ("id", "name", "identifier") if name in found[number]} for number in linked]
            return 200, {"count": len(results), "next": None, "previous": None, "results": results}
        if not any(other["id"] == body["id"] for other in self._everything()):
            raise Refused(400, {"msg": f"{name} {body['id']} does not exist"})
        if body.get("disassociate"):
            linked.remove(body["id"])
        elif body["id"] not in linked:
            linked.append(body["id"])
        return 204, None

    def _check(self, endpoint: str, body: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        errors = {}
        for name, value in body.items():
            field = FIELDS[endpoint].get(name)
            if field is None and name not in READ_ONLY.get(endpoint, ()):
                errors[name] = ["no such field"]
            elif field is not None and (problem := self._problem(name, field, value)):
                errors[name] = [problem]
        if errors:
            raise Refused(400, errors)
        check: Callable[[Mapping[str, Any]], str | None] | None = getattr(self, f"_check_{endpoint}", None)
        problem = check({**old, **body}) if check else None
        if problem:
            raise Refused(400, {"__all__": [problem]})

    def _problem(self, name: str, field: Mapping[str, Any], value: Any) -> str | None:
        if value is None:
            # The descriptions do not say what may be null.
            return "may not be null" if field.get("required") else None
        kind = field["type"]
        if not isinstance(value, PYTHON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            return f"expected {kind}, found {type(value).__name__}"
        if kind == "choice" and value not in field["choices"]:
            return f"{value!r} is not a valid choice"
        if kind == "string" and len(value) > field.get("max_length", len(value)):
            return f"no more than {field['max_length']} characters"
        if kind == "integer" and not field.get("min_value", value) <= value <= field.get("max_value", value):
            return "out of range"
        target = POINTS_TO.get(name, f"{name}s")
        if kind == "id" and not any(
            value in self.objects[part] for part in (UNIFIED.values() if target not in self.objects else (target,))
        ):
            return f"invalid pk {value}: object does not exist"
        return None

    def _check_unique(self, endpoint: str, body: Mapping[str, Any]) -> None:
        name = "identifier" if endpoint == "workflow_job_template_nodes" else "name"
        within = UNIQUE_WITHIN.get(endpoint, "organization")
        for other in self.objects[endpoint].values():
            if other[name] == body.get(name) and other.get(within) == self._writable(endpoint, body).get(within):
                raise Refused(400, {"__all__": [f"{endpoint} with this {name} and {within} already exists"]})

    def _check_job_templates(self, body: Mapping[str, Any]) -> str | None:
        return None if body.get("playbook") in self._playbooks else f"Playbook {body.get('playbook')!r} not found for project."

    def _check_schedules(self, body: Mapping[str, Any]) -> str | None:
        found = re.fullmatch(
            r"DTSTART(?:;TZID=([^:]+):\d{8}T\d{6}|:\d{8}T\d{6}Z) RRULE:FREQ=[A-Z]+;INTERVAL=\d+(;[A-Z]+=[\w,+-]+)*", body["rrule"]
        )
        if not found:
            return f"rrule parsing failed: {body['rrule']!r}"
        return f"no time zone {found[1]}" if found[1] and found[1] not in zoneinfo.available_timezones() else None

    def _check_notification_templates(self, body: Mapping[str, Any]) -> str | None:
        unknown = set(body["notification_configuration"]) - WEBHOOK
        missing = {"url", "headers"} - set(body["notification_configuration"])
        return f"notification_configuration: unknown {unknown}, missing {missing}" if unknown or missing else None

    def _check_workflow_job_template_nodes(self, body: Mapping[str, Any]) -> str | None:
        template = self.objects["job_templates"].get(body.get("unified_job_template") or 0, {})
        refused = [name for name in PROMPTS if body.get(name) and not template.get(f"ask_{name}_on_launch")]
        return f"not configured to prompt on launch: {refused}" if refused else None


def _check_survey(survey: Mapping[str, Any]) -> None:
    """As AWX's view of a survey does. Raises Refused."""
    if not (isinstance(survey.get("name"), str) and isinstance(survey.get("description"), str) and survey.get("spec")):
        raise Refused(400, {"error": "name, description or spec is missing from survey spec."})
    variables = [question.get("variable") for question in survey["spec"]]
    problems = [problem for question in survey["spec"] if (problem := _question_problem(question))]
    if problems or len(set(variables)) < len(variables):
        raise Refused(400, {"error": problems[0] if problems else "variable duplicated in survey"})


def _question_problem(question: Mapping[str, Any]) -> str | None:
    texts = all(isinstance(question.get(name), str) for name in ("type", "question_name", "variable"))
    if not texts or not isinstance(question.get("required"), bool) or question["type"] not in QUESTIONS:
        return f"type, question_name, variable or required is missing or wrong: {question}"
    default = question.get("default", "")
    if default != "" and not isinstance(default, QUESTIONS[question["type"]]):
        return f"Default value {default} expected to be {QUESTIONS[question['type']].__name__}."
    if any(not isinstance(question.get(name, 0), int) for name in ("min", "max")):
        return "The limit is expected to be integer."
    if question["type"].startswith("multi") and not set(str(default).split("\n")) - {""} <= set(question.get("choices") or ()):
        return "Default choice must be answered from the choices listed."
    return "must specify choices" if question["type"].startswith("multi") and not question.get("choices") else None


class Server(ThreadingHTTPServer):
    """Serves a stand-in on loopback, until it is closed."""

    daemon_threads = True

    def __init__(self, api: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api, self.lock = api, threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place = urlsplit(self.path)
        try:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refused(401, {"detail": "Authentication credentials were not provided."})
            with self.server.lock:
                body = json.loads(text) if text else {}
                status, answer = self.server.api.answer(self.command, place.path, dict(parse_qsl(place.query)), body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""
