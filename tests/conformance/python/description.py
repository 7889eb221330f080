"""Checks requests and responses against Google's published API description (the discovery document)."""

import datetime
import json
import pathlib
import re
import urllib.parse

import googleapiclient

DOCUMENT = pathlib.Path(googleapiclient.__file__).parent / "discovery_cache/documents/calendar.v3.json"
# What the clients add to every call beside the parameters of the description.
CLIENT_PARAMETERS = {"trace"}


def load():
    """The document that ships with the Python client."""
    return json.loads(DOCUMENT.read_text())


class Description:
    """One API description, able to judge calls."""

    def __init__(self, document):
        self.schemas = document["schemas"]
        self.common = document["parameters"]
        self.root = "/" + document["servicePath"]
        self.methods = []
        for resource in document["resources"].values():
            for method in resource["methods"].values():
                names = re.findall(r"{(\w+)}", method["path"])
                pattern = re.sub(r"{\w+}", "([^/]+)", method["path"])
                self.methods.append((method["httpMethod"], re.compile(pattern + "$"), names, method))

    def method_of(self, verb, path):
        """The method that a verb and a path name; literal paths win over ids."""
        if not path.startswith(self.root):
            return None
        rest = path[len(self.root):]
        hits = [m for v, pattern, _, m in self.methods if v == verb and pattern.match(rest)]
        return min(hits, key=lambda m: m["path"].count("{"), default=None)

    def judge_request(self, verb, target, body):
        """Faults of one request, and the method it called."""
        url = urllib.parse.urlsplit(target)
        method = self.method_of(verb, url.path)
        if method is None:
            return None, [f"no method {verb} {url.path}"]
        faults = []
        parameters = {**self.common, **method.get("parameters", {})}
        given = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        for name, value in given:
            if name in CLIENT_PARAMETERS:
                continue
            if name not in parameters:
                faults.append(f"unknown parameter {name}")
            elif parameters[name].get("location") == "query":
                faults += self.judge_text(parameters[name], value, name)
        names = {name for name, _ in given}
        for name, parameter in method.get("parameters", {}).items():
            if parameter.get("required") and parameter["location"] == "query" and name not in names:
                faults.append(f"parameter {name} is missing")
        if "request" in method:
            try:
                faults += self.judge(method["request"], json.loads(body or b"{}"), "body")
            except ValueError:
                faults.append("the body is not JSON")
        elif body:
            faults.append("a body where none belongs")
        return method, faults

    def judge_response(self, method, status, content_type, body):
        """Faults of one response."""
        if status in (204, 304):
            return ["a body where none belongs"] if body else []
        if not (content_type or "").startswith("application/json"):
            return [f"content type {content_type}"]
        try:
            answer = json.loads(body)
        except ValueError:
            return ["the answer is not JSON"]
        if status >= 400:
            return judge_error(status, answer)
        if method is None or "response" not in method:
            return [f"status {status} where the description has no answer"]
        faults = self.judge(method["response"], answer, "answer")
        kind = self.schemas[method["response"]["$ref"]]["properties"].get("kind", {}).get("default")
        if kind and answer.get("kind") != kind:
            faults.append(f"kind is {answer.get('kind')}, not {kind}")
        return faults

    def judge_text(self, schema, text, where):
        """Faults of a query parameter."""
        kind = schema.get("type")
        value = text
        if kind == "integer":
            if not re.fullmatch(r"-?\d+", text):
                return [f"{where}: {text!r} is no integer"]
            value = int(text)
            low, high = int(schema.get("minimum", -2**63)), int(schema.get("maximum", 2**63))
            if not low <= value <= high:
                return [f"{where}: {text} is out of range"]
        elif kind == "boolean":
            if text not in ("true", "false"):
                return [f"{where}: {text!r} is no boolean"]
            value = text == "true"
        return self.judge({k: v for k, v in schema.items() if k != "default"}, value, where)

    def judge(self, schema, value, where):
        """Faults of a JSON value."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type")
        if kind == "object":
            return self.judge_object(schema, value, where)
        if kind == "array":
            if not isinstance(value, list):
                return [f"{where}: no array"]
            return [f for at, item in enumerate(value) for f in self.judge(schema["items"], item, f"{where}[{at}]")]
        right = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "any": object}[kind]
        if not isinstance(value, right) or (kind == "integer" and isinstance(value, bool)):
            return [f"{where}: {value!r} is no {kind}"]
        faults = []
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{where}: {value!r} is none of {schema['enum']}")
        if isinstance(value, str):
            faults += judge_format(schema.get("format"), value, where)
        return faults

    def judge_object(self, schema, value, where):
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        faults = []
        known = schema.get("properties", {})
        for name, inner in value.items():
            if inner is None and where.startswith("body"):
                continue  # a patch removes with null
            if name in known:
                faults += self.judge(known[name], inner, f"{where}.{name}")
            elif "additionalProperties" in schema:
                faults += self.judge(schema["additionalProperties"], inner, f"{where}.{name}")
            else:
                faults.append(f"{where}.{name}: not in the description")
        return faults


def judge_format(form, value, where):
    """Faults of a string with a format."""
    try:
        if form == "date-time":
            datetime.datetime.fromisoformat(value)
        elif form == "date":
            datetime.date.fromisoformat(value)
        elif form in ("int64", "uint64"):
            int(value)
    except ValueError:
        return [f"{where}: {value!r} is no {form}"]
    return []


def judge_error(status, answer):
    """Faults of Google's error body."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return ["no error object"]
    faults = [] if error.get("code") == status else [f"error.code is {error.get('code')}, not {status}"]
    if not isinstance(error.get("message"), str):
        faults.append("error.message is missing")
    first = (error.get("errors") or [{}])[0]
    faults += [f"error.errors[0].{name} is missing" for name in ("domain", "reason", "message") if not first.get(name)]
    return faults
