"""When a failed import may be sent again."""

from __future__ import annotations

import httpx
import pytest
from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.push import may_be_sent_again


@pytest.mark.parametrize("status", [408, 504])
def test_a_time_out_on_the_way_is_not_sent_again_for_the_server_may_still_commit(
    status: int,
) -> None:
    assert not may_be_sent_again(ApiError(status_code=status))


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.WriteTimeout("slow")])
def test_a_time_out_on_our_side_is_not_sent_again(error: httpx.TransportError) -> None:
    assert not may_be_sent_again(error)


@pytest.mark.parametrize(
    "error",
    [
        httpx.RemoteProtocolError("gone"),
        httpx.ConnectError("refused"),
        ApiError(status_code=429),
        ApiError(status_code=502),
    ],
)
def test_what_has_ended_for_the_server_too_is_sent_again(
    error: httpx.TransportError | ApiError,
) -> None:
    assert may_be_sent_again(error)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_that_will_not_change_is_not_sent_again(status: int) -> None:
    assert not may_be_sent_again(ApiError(status_code=status))
