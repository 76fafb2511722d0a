"""The API's error answers, with DynamoDB's names."""

from __future__ import annotations

NAMESPACE = "com.amazonaws.dynamodb.v20120810#"


class ApiError(Exception):
    """An error that becomes a response: `__type`, a message, and the HTTP status. Contains no secret and no
    item."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def invalid_parameter(message: str) -> ApiError:
    return invalid(f"One or more parameter values were invalid: {message}")


def malformed(message: str) -> ApiError:
    return ApiError("SerializationException", message)


def not_implemented(what: str) -> ApiError:
    """The error for an unsupported parameter. If it were ignored, a test could pass for the wrong reason."""
    return invalid(f"The PolarDB stand-in does not implement {what}. See local/standin/README.md.")


def internal(message: str) -> ApiError:
    return ApiError("InternalServerError", message, status=500)
