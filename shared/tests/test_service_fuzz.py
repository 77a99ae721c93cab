"""Requests made from the service's own description: none may end in a mistake of ours."""

from __future__ import annotations

import pytest

from shared.service.application import create_app
from shared.service.problems import CONTENT_TYPE
from shared.tests.service_support import encoded, settings, written, written_page

schemathesis = pytest.importorskip("schemathesis")
hypothesis = pytest.importorskip("hypothesis")
positive_data_acceptance = pytest.importorskip(
    "schemathesis.specs.openapi.checks"
).positive_data_acceptance


def images():
    """Return bytes that are an image, whole or damaged, or nothing of the kind."""
    from hypothesis import strategies as some

    real = [encoded(written("a b", 1)), encoded(written_page(zoom=1.0).image, "JPEG")]
    lengths = some.tuples(some.sampled_from(real), some.integers(0, 400))
    cut = lengths.map(lambda one: one[0][: one[1]])
    return some.one_of(some.sampled_from(real), cut, some.binary(max_size=64))


for media_type in ("image/png", "image/jpeg", "image/webp", "application/octet-stream"):
    schemathesis.openapi.media_type(media_type, images())


ADDRESSES = ("POST /v1/line", "POST /v1/page", "POST /v1/corrections", "GET /health",
             "GET /health/live", "GET /health/ready", "GET /v1/drift")  # fmt: skip


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    app = create_app(settings(tmp_path_factory.mktemp("fuzz"), hosts=("*",)))
    description = schemathesis.openapi.from_asgi("/openapi.json", app)
    found = (result.ok() for result in description.get_all_operations())
    return {f"{one.method.upper()} {one.path}": one for one in found}


def fuzz(operation, examples, repeat):
    """Send made-up requests; each answer has to be one that the description lists."""

    @hypothesis.settings(
        max_examples=examples, deadline=None, derandomize=repeat, database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())
    def ask(case):
        answer = case.call()
        assert answer.status_code < 500, answer.text
        # Status, content type and schema; a schema cannot say which bytes are an image
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == [CONTENT_TYPE]

    ask()


def test_every_address_is_asked(operations):
    assert set(operations) == set(ADDRESSES)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_request_is_a_mistake_of_ours(operations, address):
    fuzz(operations[address], 12, repeat=True)


@pytest.mark.nightly
@pytest.mark.parametrize("address", ADDRESSES)
def test_many_requests_are_no_mistake_of_ours(operations, address):
    fuzz(operations[address], 400, repeat=False)
