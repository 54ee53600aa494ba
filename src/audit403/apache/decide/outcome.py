"""What a hook hands back: httpd's own numbers, so that its source can be read beside ours.

A status is an error or a redirect as it stands. Truth: include/httpd.h.
"""

OK = 0
"""The hook has done its work; in a phase whose first hook decides, the others are not asked."""
DECLINED = -1
"""Not this hook's business."""
DONE = -2
"""The answer has been sent, whatever comes later."""

BAD_REQUEST = 400
FORBIDDEN = 403
SERVER_ERROR = 500

SENT_TO = "sent-to"
"""The operator of the step that says where a redirect leads; its value is the URL."""


def is_redirect(status: int) -> bool:
    """Whether a status sends the client elsewhere."""
    return 300 <= status < 400


def is_error(status: int) -> bool:
    """Whether a status is an error of the client's or the server's."""
    return 400 <= status < 600
