"""codemeta.json: what catalogues of software read, written from `pyproject.toml` and `CITATION.cff`."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from convac.files import naming

PROJECT, CITATION = Path("pyproject.toml"), Path("CITATION.cff")
CONTEXT = "https://w3id.org/codemeta/3.0"


def codemeta() -> str:
    """The text of the file; raises FileError where one of its sources can't be read."""
    with naming(PROJECT, "a project's metadata"):
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    with naming(CITATION, "a citation file"):
        citation = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    found = {
        "@context": CONTEXT,
        "@type": "SoftwareSourceCode",
        "name": project["name"],
        "alternateName": citation["title"],
        "description": project["description"],
        "version": project["version"],
        "license": f"https://spdx.org/licenses/{project['license']}",
        "keywords": project["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": project["dependencies"],
        "author": [author(each) for each in citation["authors"]],
        "referencePublication": [paper(each) for each in citation["references"]],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def author(entry: Mapping[str, str]) -> dict[str, str]:
    """A person by their names, or an organisation by its one.

    >>> author({"name": "The maintainers"}), author({"family-names": "Cohen", "given-names": "Nadav"})["@type"]
    ({'@type': 'Organization', 'name': 'The maintainers'}, 'Person')
    """
    if "name" in entry:
        return {"@type": "Organization", "name": entry["name"]}
    return {"@type": "Person", "givenName": entry["given-names"], "familyName": entry["family-names"]}


def paper(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A paper with its authors, year and number."""
    return {
        "@type": "ScholarlyArticle",
        "name": entry["title"],
        "author": [author(each) for each in entry["authors"]],
        "datePublished": str(entry["year"]),
        "identifier": [each["value"] for each in entry["identifiers"]],
    }
