"""Validates the YAML documents on standard input: Kubernetes' own kinds by kubernetes-validate, others by the CRD schemas in a folder.

Arguments: the version of Kubernetes, the folder. Prints one line for each thing that is wrong, and at last how many documents there
were. What has no schema is wrong. Unknown fields are wrong.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

VERSION, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])


class UniqueKeys(yaml.SafeLoader):
    """The last of two equal keys would win in silence."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"{', '.join(sorted(twice))} stands twice{node.start_mark}")
        return super().construct_mapping(node, deep)


def strict(schema):
    """The schema as an API server with strict field validation reads it."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {
        key: {name: strict(one) for name, one in value.items()} if key == "properties" else strict(value)
        for key, value in schema.items()
        if not key.startswith("x-")
    }
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    keeps_others = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("type") == "object" and "properties" in schema and not keeps_others:
        made["additionalProperties"] = False
    return made


def core(document):
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.SchemaNotFoundError as error:
        yield error.message
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(str(part) for part in error.path)}: {error.message}"


def custom(document):
    group, version = document["apiVersion"].split("/")
    path = FOLDER / f"{document['kind'].lower()}-{group}-{version}.json"
    if not path.exists():
        yield "it is no kind of Kubernetes, and there is no schema for it"
        return
    schema = strict(json.loads(path.read_text()))
    # CRDs leave what is common to all objects out of theirs.
    schema["properties"]["metadata"] = {"type": "object"}
    yield from core({"apiVersion": "v1", "kind": "ConfigMap", "metadata": document["metadata"]})
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        yield f"{'.'.join(str(part) for part in error.path)}: {error.message}"
    yield from inner(document)


def inner(document):
    """What a CRD's schema only sketches, but becomes an object of Kubernetes' own."""
    spec = document.get("spec", {})
    if document["kind"] == "Rollout":
        made = {key: spec[key] for key in ("selector", "template") if key in spec}
        yield from core({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": document["metadata"], "spec": made})
    for metric in spec.get("metrics", []) if document["kind"] == "AnalysisTemplate" else []:
        made = metric.get("provider", {}).get("job", {}).get("spec")
        if made is not None:
            yield from core({"apiVersion": "batch/v1", "kind": "Job", "metadata": document["metadata"], "spec": made})


def is_of_kubernetes(api_version):
    group = api_version.split("/")[0]
    return "." not in group or group.endswith(".k8s.io") and group != "gateway.networking.k8s.io"


count = 0
for document in yaml.load_all(sys.stdin, UniqueKeys):
    count += 1
    if not isinstance(document, dict) or "kind" not in document or "apiVersion" not in document:
        print(f"document {count}: it has no kind")
        continue
    name = f"{document['kind']} {document.get('metadata', {}).get('name')}"
    check = core if is_of_kubernetes(document["apiVersion"]) else custom
    for complaint in check(document):
        print(f"{name}: {complaint}")
print(f"documents: {count}")
